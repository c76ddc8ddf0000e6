/** What the catalog said is stored is there after the process was killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, it } from 'node:test';
import { SqliteCatalog } from '../../../src/storage/catalog/sqlite.ts';
import { startCatalog } from '../../support/started-catalog.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-catalog-crash-'));

after(() => rmSync(directory, { recursive: true }));

/** Creates topics without end and prints the name and stream of each that is stored. */
const PROGRAM = `
  const { SqliteCatalog } = await import(process.argv[1]);
  const { startCatalog } = await import(process.argv[3]);
  const catalog = new SqliteCatalog(process.argv[2]);
  const { starts } = await startCatalog(catalog, 'cluster');
  for (let i = 0; ; i++) {
    const name = \`t-\${starts}-\${i}\`;
    const { partitions } = await catalog.createTopic(name, name, 1, new Map());
    process.stdout.write(\`\${name} \${partitions.at(0).stream}\\n\`);
  }
`;

async function createUntilKilled(count: number): Promise<Map<string, number>> {
  const source = new URL('../../../src/storage/catalog/sqlite.ts', import.meta.url).href;
  const support = new URL('../../support/started-catalog.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, source, directory, support]);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stored = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [name = '', stream = ''] = line.split(' ');
    stored.set(name, Number(stream));
    if (stored.size === count) child.kill('SIGKILL');
  }
  await exited;
  return stored;
}

it('keeps what was acknowledged through kills, and gives no stream out twice', async () => {
  const acknowledged = new Map<string, number>();
  for (const count of [1, 20, 57]) {
    for (const [name, stream] of await createUntilKilled(count)) acknowledged.set(name, stream);
  }
  await using catalog = new SqliteCatalog(directory);
  const { starts, topics } = await startCatalog(catalog, 'cluster');
  assert.equal(starts, 4);
  const stored = new Map(topics.map(({ name, partitions }) => [name, partitions.at(0)?.stream]));
  for (const [name, stream] of acknowledged) assert.equal(stored.get(name), stream);
  assert.equal(new Set(stored.values()).size, stored.size);
});
