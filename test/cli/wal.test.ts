/** `walka wal`: what it prints, and how it ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ended, program, started } from './program.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-cli-wal-'));
const children = new Set<ReturnType<typeof program>>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});
cpSync(join(import.meta.dirname, '../golden/directories/0.1-journal/stopped'), join(directory, 'old'), {
  recursive: true,
});

function walka(...args: readonly string[]): ReturnType<typeof program> {
  const child = program(directory, args);
  children.add(child);
  return child;
}

test('a sound directory is shown, verified and dumped', async () => {
  const inspected = await ended(walka('wal', 'inspect', '--data-dir', 'old'));
  assert.deepEqual([inspected.code, inspected.err], [0, '']);
  assert.match(inspected.out, /^catalog\.db: catalog, whole, /m);
  assert.match(inspected.out, /^journal\/0+2\.wal: journal, sealed, format 1, 15744 bytes; sequence 2; /m);
  const verified = await ended(walka('wal', 'verify', '--data-dir', 'old'));
  assert.deepEqual([verified.code, verified.err], [0, '']);
  assert.match(verified.out, /^10 files, \d+ bytes: no damage\n$/);
  const dumped = await ended(walka('wal', 'dump', '--data-dir', 'old', '--stream', '3', '--from', '60', '--to', '63'));
  assert.equal(dumped.out.split('\n').length, 3);
  assert.match(dumped.out, /^journal\/0+10\.wal \d+ batch: stream 3, offset 59-61, epoch 1, .*181 bytes of records\n/);
  const file = join('old', 'journal', '00000000000000000010.wal');
  const json = await ended(walka('wal', 'dump', file, '--json', '--payload'));
  const entries = json.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(
    entries.some(({ kind, stream, payload }) => kind === 'batch' && stream === 3 && typeof payload === 'string'),
  );
});

test('what a merge left that was killed is no damage', async () => {
  cpSync(join(import.meta.dirname, '../golden/directories/0.2-segments/stopped'), join(directory, 'merging'), {
    recursive: true,
  });
  writeFileSync(join(directory, 'merging/segments/00000000000000000099-000000.seg'), Buffer.alloc(200, 1));
  const verified = await ended(walka('wal', 'verify', '--data-dir', 'merging'));
  assert.deepEqual([verified.code, verified.err], [0, '']);
  assert.match(verified.out, /^\d+ files, \d+ bytes: no damage\n$/);
});

test('damage is named with its place and the exit code says so; repair keeps what it cuts', async () => {
  const path = join(directory, 'old/journal/00000000000000000011.wal');
  const bytes = readFileSync(path);
  bytes[600] = (bytes[600] as number) ^ 1;
  writeFileSync(path, bytes);
  const verified = await ended(walka('wal', 'verify', '--data-dir', 'old'));
  assert.equal(verified.code, 4);
  assert.match(verified.out, /^journal\/0+11\.wal at \d+: no sound entry up to position \d+, where one follows\n/);
  assert.match(verified.out, /\na start would be refused: .*\n10 files, \d+ bytes: 1 places are damaged\n$/);
  const repaired = await ended(walka('wal', 'repair', '--data-dir', 'old'));
  assert.deepEqual([repaired.code, repaired.err], [0, '']);
  assert.match(repaired.out, /cut there: \d+ bytes are kept in 0+11\.wal\.broken\n/);
  const again = await ended(walka('wal', 'verify', '--data-dir', 'old', '--json'));
  assert.equal(again.code, 0);
  assert.deepEqual(JSON.parse(again.out).startRefused, null);
});

test('a catalog and a segment that are gone are told, and a repair says which records that cost', async () => {
  const golden = join(import.meta.dirname, '../golden/directories/0.2-segments/stopped');
  cpSync(golden, join(directory, 'lost'), { recursive: true });
  rmSync(join(directory, 'lost/catalog.db'));
  const verified = await ended(walka('wal', 'verify', '--data-dir', 'lost'));
  assert.equal(verified.code, 4);
  assert.match(verified.out, /^a start would be refused: lost\/catalog\.db is missing\. /);
  rmSync(join(directory, 'lost/segments/00000000000000000002-000000.seg'));
  const repaired = await ended(walka('wal', 'repair', '--data-dir', 'lost'));
  assert.deepEqual([repaired.code, repaired.err], [0, '']);
  assert.match(
    repaired.out,
    /^segments\/0+2-0+\.seg is missing\nlost: \S+, offsets 49 to 72\ncatalog\.db is made anew from what is left; there was no old one\n$/,
  );
  const again = await ended(walka('wal', 'verify', '--data-dir', 'lost'));
  assert.deepEqual([again.code, again.err], [0, '']);
});

test('a directory in use is looked at and not repaired; wrong arguments are told in one line', async () => {
  const broker = walka('--listen', '127.0.0.1:0', '--data-dir', 'data', '--topic', 'orders:2');
  await started(broker);
  const verified = await ended(walka('wal', 'verify', '--data-dir', 'data'));
  assert.deepEqual([verified.code, verified.err], [0, '']);
  assert.match(verified.out, /^\d+ files, \d+ bytes, in use: no damage\n$/);
  const repaired = await ended(walka('wal', 'repair', '--data-dir', 'data'));
  assert.deepEqual([repaired.code, repaired.out], [2, '']);
  assert.match(repaired.err, /^walka: Another broker has \S*catalog\.db open\.\n$/);
  broker.kill('SIGTERM');
  await once(broker, 'close');
  mkdirSync(join(directory, 'empty'));
  const wrong: ReadonlyArray<readonly [readonly string[], string]> = [
    [['check'], 'wal: unknown command check; there is inspect, verify, dump, repair'],
    [['verify', '--data-dir', 'nothing'], 'wal: there is no nothing'],
    [['verify', '--data-dir', 'empty'], 'wal: empty is no data directory: it has neither a catalog nor a journal'],
    [['dump', 'data'], 'wal: data is a directory; use --data-dir'],
    [['repair', 'old'], 'wal repair: unexpected argument old'],
    [['dump', '--data-dir', 'data', '--stream', 'x'], '--stream: "x" is not a whole number'],
  ];
  for (const [args, message] of wrong) {
    const { code, err } = await ended(walka('wal', ...args));
    assert.deepEqual([code, err], [1, `walka: ${message}\n`]);
  }
  const help = await ended(walka('wal'));
  assert.deepEqual([help.code, help.out.includes('verify [file...]')], [0, true]);
});
