/** docs/format.md says what there is: every kind, every version. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ROW_KINDS } from '../../../src/storage/catalog/rows.ts';
import { EntryKind, FORMAT_VERSION } from '../../../src/storage/format/format.ts';
import { SEGMENT_VERSION } from '../../../src/storage/segment/format.ts';

const root = new URL('../../../', import.meta.url);
const document = readFileSync(new URL('docs/format.md', root), 'utf8');

/** A constant that a file keeps to itself. */
function constantOf(path: string, name: string): string {
  const found = new RegExp(`const ${name} = (\\d+);`).exec(readFileSync(new URL(path, root), 'utf8'));
  assert.ok(found !== null, `${path} has ${name}`);
  return found[1] as string;
}

test('docs/format.md has every kind of entry and of row', () => {
  for (const [name, kind] of Object.entries(EntryKind)) {
    assert.ok(document.includes(`| ${kind} | \`${name.toLowerCase()}\` |`), name);
  }
  for (const kind of ROW_KINDS) assert.ok(document.includes(`| \`${kind}\` |`), kind);
});

test('docs/format.md is of the versions that are written', () => {
  assert.ok(document.includes(`## Journal files, version ${FORMAT_VERSION}\n`));
  assert.ok(document.includes(`## Segment files, version ${SEGMENT_VERSION}\n`));
  assert.ok(
    document.includes(`## The catalog, version ${constantOf('src/storage/catalog/sqlite-schema.ts', 'VERSION')}\n`),
  );
  const index = constantOf('src/storage/index/run-index.ts', 'INDEX_VERSION');
  assert.ok(document.includes(`(\`index/run-index.ts\`), version ${index}:`));
  const checkpoint = constantOf('src/storage/index/checkpoint.ts', 'CHECKPOINT_VERSION');
  assert.ok(document.includes(`(\`index/checkpoint.ts\`), version ${checkpoint},`));
  const producers = constantOf('src/partition/producer-snapshot.ts', 'VERSION');
  assert.ok(document.includes(`big-endian: u8 version (${producers})`));
});
