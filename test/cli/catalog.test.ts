/** `walka catalog`: what it prints, and how it ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ended, program, started } from './program.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-cli-catalog-'));
const children = new Set<ReturnType<typeof program>>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function walka(...args: readonly string[]): ReturnType<typeof program> {
  const child = program(directory, args);
  children.add(child);
  return child;
}

const BROKER = ['--listen', '127.0.0.1:0', '--data-dir', 'data'];

test('a damaged catalog is refused in one line, made anew, kept aside, and the topics are there', async () => {
  const broker = walka(...BROKER, '--topic', 'orders:3:retention.ms=86400000');
  await started(broker);
  const locked = await ended(walka('catalog', 'rebuild', '--data-dir', 'data'));
  assert.deepEqual([locked.code, locked.out], [2, '']);
  assert.match(locked.err, /^walka: Another broker has \S*catalog\.db open\.\n$/);
  assert.ok(!existsSync(join(directory, 'data/catalog.db.broken')), 'nothing is left of an attempt');
  broker.kill('SIGTERM');
  await once(broker, 'close');

  writeFileSync(join(directory, 'data/catalog.db'), Buffer.alloc(8192, 7));
  const refused = await ended(walka(...BROKER));
  assert.deepEqual([refused.code, refused.out], [2, '']);
  assert.match(refused.err, /^walka: \S*catalog\.db is damaged [^\n]* walka catalog rebuild --data-dir \S*data\n$/);

  const rebuilt = await ended(walka('catalog', 'rebuild', '--data-dir', 'data'));
  assert.deepEqual([rebuilt.code, rebuilt.err], [0, '']);
  assert.equal(
    rebuilt.out,
    'catalog.db is made anew from the journal: 1 topic\nthe old one is kept: catalog.db.broken\n',
  );
  const again = walka(...BROKER);
  const { port } = await started(again);
  const { out } = await ended(walka('topics', 'describe', 'orders', '--bootstrap-server', `127.0.0.1:${port}`));
  assert.match(out, /^orders: 3 partitions, 0 records, 0 B\n {2}retention\.ms=86400000\n/);
  again.kill('SIGTERM');
  await once(again, 'close');
});

test('a directory without a journal, an unknown command and a strange argument are told in one line', async () => {
  mkdirSync(join(directory, 'empty'));
  const empty = await ended(walka('catalog', 'rebuild', '--data-dir', 'empty'));
  assert.deepEqual([empty.code, empty.err], [2, 'walka: empty has no journal to make a catalog from.\n']);
  const unknown = await ended(walka('catalog', 'repair'));
  assert.deepEqual([unknown.code, unknown.err], [1, 'walka: catalog: unknown command repair; there is rebuild\n']);
  const extra = await ended(walka('catalog', 'rebuild', 'data'));
  assert.deepEqual([extra.code, extra.err], [1, 'walka: catalog rebuild: unexpected argument data\n']);
  const help = await ended(walka('catalog'));
  assert.equal(help.code, 0);
  assert.match(help.out, /^ {2}rebuild /m);
});
