/** The log as a library: what it promises, and what it says to wrong use. */
import assert from 'node:assert/strict';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeBatch } from '../support/batches.ts';
import { type WalEntry, type WalStream, WriteAheadLog } from '../../src/wal.ts';

const root = mkdtempSync(join(tmpdir(), 'walka-wal-'));
after(() => rmSync(root, { recursive: true, force: true }));
let nextDirectory = 1;
const newDirectory = (): string => join(root, String(nextDirectory++));

async function all(stream: WalStream, options: Parameters<WalStream['read']>[0] = {}): Promise<WalEntry[]> {
  const entries: WalEntry[] = [];
  for await (const entry of stream.read(options)) entries.push(entry);
  return entries;
}

const texts = (entries: readonly WalEntry[]): string[] => entries.map(({ bytes }) => bytes.toString());

for (const kind of ['memory', 'directory'] as const) {
  const open = (): Promise<WriteAheadLog> =>
    WriteAheadLog.open(kind === 'memory' ? {} : { directory: newDirectory(), durability: 'fsync' });

  test(`entries of any bytes and size come back at their offsets (${kind})`, async () => {
    await using wal = await open();
    const a = wal.stream(7);
    const b = wal.stream(Number.MAX_SAFE_INTEGER);
    const large = Buffer.alloc(3_000_000, 'x');
    assert.equal(await a.append(Buffer.from('one')), 0);
    assert.equal(await b.append(new Uint8Array(0)), 0);
    assert.equal(await a.appendMany([Buffer.from('two'), large, Buffer.from('four')]), 1);
    assert.equal(await a.append(Buffer.from('ten in one'), { count: 10 }), 4);
    assert.deepEqual([a.startOffset, a.endOffset, b.endOffset], [0, 14, 1]);
    const entries = await all(a);
    assert.deepEqual(
      entries.map(({ offset, endOffset, bytes }) => [offset, endOffset, bytes.length]),
      [
        [0, 1, 3],
        [1, 2, 3],
        [2, 3, 3_000_000],
        [3, 4, 4],
        [4, 14, 10],
      ],
    );
    assert.ok(entries[2]?.bytes.equals(large));
    assert.deepEqual(texts(await all(a, { from: 9 })), ['ten in one']);
    assert.deepEqual(texts(await all(a, { from: 3, to: 13 })), ['four'], 'no entry reaches behind `to`');
    assert.deepEqual(texts(await a.readMany(0, 1)), ['one']);
    assert.deepEqual(await all(b, { from: 1 }), []);
    assert.deepEqual(await all(wal.stream(3)), [], 'nothing was appended there');
    assert.deepEqual(
      [...wal.streamIds()].sort((x, y) => x - y),
      [7, Number.MAX_SAFE_INTEGER],
    );
  });

  test(`a reader that follows gets each entry once it is appended, until it is told to stop (${kind})`, async () => {
    await using wal = await open();
    const stream = wal.stream(1);
    const stop = new AbortController();
    const got: string[] = [];
    const reading = (async () => {
      for await (const { bytes } of stream.read({ follow: true, signal: stop.signal })) {
        got.push(bytes.toString());
        if (got.length === 3) stop.abort();
      }
    })();
    for (const text of ['a', 'b', 'c']) await stream.append(Buffer.from(text));
    await reading;
    assert.deepEqual(got, ['a', 'b', 'c']);
    const second = all(stream, { from: 3, follow: true });
    const third = all(stream, { from: 2, to: 4, follow: true });
    await stream.append(Buffer.from('d'));
    assert.deepEqual(texts(await third), ['c', 'd']);
    await wal.close();
    assert.deepEqual(texts(await second), ['d'], 'the end of the log ends the loop');
  });

  test(`what is truncated is gone, and told to who reads there (${kind})`, async () => {
    await using wal = await open();
    const stream = wal.stream(1);
    await stream.appendMany(['0', '1', '2', '3'].map((text) => Buffer.from(text)));
    await stream.truncate({ before: 2 });
    assert.deepEqual([stream.startOffset, stream.byteLength], [2, 2]);
    assert.deepEqual(texts(await all(stream)), ['2', '3']);
    await assert.rejects(all(stream, { from: 1 }), { code: 'NOT_FOUND', message: /begins at offset 2, not 1$/ });
    await stream.truncate({ before: 100 });
    assert.deepEqual([stream.startOffset, stream.endOffset], [4, 4]);
    assert.equal(await stream.append(Buffer.from('4')), 4);
  });

  test(`limits take the oldest entries by age and by size; times find entries (${kind})`, async () => {
    await using wal = await open();
    const stream = wal.stream(1);
    const entry = Buffer.alloc(100);
    for (let hour = 0; hour < 20; hour++) await stream.append(entry, { timestampMs: hour * 3_600_000 });
    assert.equal(await stream.offsetOf(5 * 3_600_000 - 1), 5);
    assert.equal(await stream.offsetOf(50 * 3_600_000), null);
    assert.equal(await stream.retain({}), 0);
    assert.equal(await stream.retain({ retentionBytes: 1000 }), 10);
    assert.equal(await stream.retain({ retentionMs: 1000 }), 20);
  });

  test(`more appends than may be under way take effect in their order (${kind})`, async () => {
    const limits = { maxConcurrentWrites: 3 };
    await using wal = await WriteAheadLog.open(kind === 'memory' ? limits : { ...limits, directory: newDirectory() });
    const streams = [wal.stream(1), wal.stream(2)] as const;
    const offsets = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => streams[i % 2 === 0 ? 0 : 1].append(Buffer.from(String(i)))),
    );
    assert.deepEqual(
      offsets,
      Array.from({ length: 1000 }, (_, i) => Math.floor(i / 2)),
    );
    assert.deepEqual(
      texts(await all(streams[1])),
      Array.from({ length: 500 }, (_, i) => String(2 * i + 1)),
    );
    const flushed = Array.from({ length: 10 }, () => streams[1].append(Buffer.from('x')));
    await wal.flush();
    assert.equal(streams[1].endOffset, 510, 'also what had to wait for its turn');
    await Promise.all(flushed);
    const unfinished = Array.from({ length: 10 }, () => streams[0].append(Buffer.from('x')));
    let isWritable = false;
    const writable = wal.whenWritable().then(() => (isWritable = true));
    await Promise.resolve();
    assert.equal(isWritable, false);
    await writable;
    await wal.close();
    assert.deepEqual(await Promise.all(unfinished), [500, 501, 502, 503, 504, 505, 506, 507, 508, 509]);
    await assert.rejects(streams[0].append(Buffer.from('late')), { code: 'CLOSED' });
    await assert.rejects(all(streams[0]), { code: 'CLOSED' });
    await assert.rejects(streams[0].offsetOf(0), { code: 'CLOSED' });
    await assert.rejects(streams[0].truncate({ before: 1 }), { code: 'CLOSED' });
    await assert.rejects(wal.stream(9).retain({}), { code: 'CLOSED' });
  });
}

test('a log is there again after it was closed, and open in one place only', async () => {
  const directory = newDirectory();
  {
    await using wal = await WriteAheadLog.open({ directory });
    await wal.stream(5).append(Buffer.from('kept'));
    await wal.stream(6).append(Buffer.from('too'));
    await assert.rejects(WriteAheadLog.open({ directory }), { code: 'LOCKED' });
  }
  await using wal = await WriteAheadLog.open({ directory });
  assert.deepEqual(texts(await all(wal.stream(5))), ['kept']);
  assert.equal(await wal.stream(6).append(Buffer.from('more')), 1);
});

test('bytes that look like a record batch and are none do no harm', async () => {
  const directory = newDirectory();
  const lookalike = makeBatch({ baseOffset: 0 });
  lookalike[70] = (lookalike[70] as number) ^ 1; // its own checksum is wrong now
  {
    await using wal = await WriteAheadLog.open({ directory });
    await wal.stream(1).append(lookalike);
    await wal.stream(1).append(Buffer.from('behind'));
  }
  await using wal = await WriteAheadLog.open({ directory });
  const [first, second] = await all(wal.stream(1));
  assert.ok(first?.bytes.equals(lookalike));
  assert.equal(second?.bytes.toString(), 'behind');
});

test('an entry that is damaged on the disk is refused by its place, and not given', async () => {
  const directory = newDirectory();
  await using wal = await WriteAheadLog.open({ directory, cacheBytes: 0 });
  const stream = wal.stream(1);
  await stream.appendMany(['first', 'second', 'third'].map((text) => Buffer.from(text.repeat(20))));
  const path = join(directory, 'journal/00000000000000000001.wal');
  const bytes = readFileSync(path);
  const at = bytes.indexOf('secondsecond');
  const file = openSync(path, 'r+');
  writeSync(file, 'S', at);
  closeSync(file);
  await assert.rejects(all(stream), { code: 'CORRUPT', message: /0001\.wal: the batch of stream 1 at \d+ is damaged/ });
});

test('bytes may be changed as soon as their append is done', async () => {
  await using wal = await WriteAheadLog.open({ directory: newDirectory() });
  for (const size of [10, 100_000]) {
    const stream = wal.stream(size);
    const bytes = Buffer.alloc(size, 'a');
    await stream.append(bytes);
    bytes.fill('b');
    assert.ok((await all(stream))[0]?.bytes.equals(Buffer.alloc(size, 'a')));
  }
});

test('a snapshot of a log in use is a log of its own with all that was acknowledged', async () => {
  const copy = newDirectory();
  await using wal = await WriteAheadLog.open({ directory: newDirectory(), maxSegmentSize: 65_536 });
  const stream = wal.stream(1);
  const entry = (i: number): Buffer => Buffer.alloc(1000, String(i));
  for (let i = 0; i < 200; i++) await stream.append(entry(i));
  await stream.truncate({ before: 3 });
  const more = Array.from({ length: 200 }, (_, i) => stream.append(entry(200 + i)));
  await wal.snapshot(copy);
  await Promise.all(more);
  await assert.rejects(wal.snapshot(copy), /is not empty/);
  {
    await using other = await WriteAheadLog.open({ directory: copy });
    const copied = other.stream(1);
    assert.ok(copied.startOffset === 3 && copied.endOffset >= 200, `${copied.startOffset} to ${copied.endOffset}`);
    for (const { offset, bytes } of await all(copied)) assert.ok(bytes.equals(entry(offset)));
    await copied.append(Buffer.from('goes its own way'));
  }
  assert.equal(stream.endOffset, 400);
});

test('wrong use is told in one line', async () => {
  type Options = Parameters<typeof WriteAheadLog.open>[0];
  const refused = async (options: unknown, message: RegExp): Promise<void> => {
    await assert.rejects(WriteAheadLog.open(options as Options), { message });
  };
  await refused({ dir: '/x' }, /^WriteAheadLog\.open: unknown option dir/);
  await refused({ maxSegmentSiz: 1 }, /unknown option maxSegmentSiz; did you mean maxSegmentSize\?$/);
  await refused({ flushIntervalMs: -1 }, /: flushIntervalMs is a whole number from 0 to 60000, not -1$/);
  await refused({ durability: 'disk' }, /durability is 'os', 'fsync' or 'memory', not disk$/);
  await refused({ durability: 'fsync' }, /durability fsync needs a directory/);
  await refused({ directory: '' }, /directory is a path$/);
  await refused({ retention: { retentionDays: 1 } }, /unknown limit retentionDays/);
  await refused('/x', /takes an object of options$/);
  await using wal = await WriteAheadLog.open();
  assert.throws(() => wal.stream(0), { message: "A stream's number is a whole number from 1 on, not 0" });
  const stream = wal.stream(1);
  assert.throws(() => stream.read({ form: 1 } as never), { message: 'read: unknown option form; did you mean from?' });
  assert.throws(() => stream.read(null as never), { message: 'read: takes { from, to, follow, signal }' });
  await assert.rejects(stream.truncate(undefined as never), { message: 'truncate: takes { before }' });
  assert.throws(() => stream.append('text' as never), { message: /^An entry is a Uint8Array or Buffer, not string; / });
  assert.throws(() => stream.append({} as never), /not Object/);
  assert.throws(() => stream.append(Buffer.from('x'), { count: 0 }), /count is a whole number from 1 on, not 0$/);
  assert.throws(() => stream.appendMany([]), /at least one entry$/);
  assert.throws(() => stream.read({ from: -1 }), /from is an offset, a whole number from 0 on, not -1$/);
  await assert.rejects(wal.snapshot(newDirectory()), /a log in memory cannot be copied/);
});

test("a broker's directory, a foreign one and a file are refused by what they are", async () => {
  const foreign = newDirectory();
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'letter.txt'), 'x');
  await assert.rejects(WriteAheadLog.open({ directory: foreign }), { code: 'FOREIGN' });
  const { startBroker } = await import('../../src/index.ts');
  const broker = newDirectory();
  await (await startBroker({ dataDir: broker, topics: ['orders'] })).close();
  await assert.rejects(WriteAheadLog.open({ directory: broker }), { code: 'FOREIGN', message: /of a broker/ });
  const log = newDirectory();
  await (await WriteAheadLog.open({ directory: log })).close();
  await assert.rejects(startBroker({ dataDir: log }), { code: 'FOREIGN', message: /is a log of walka\/wal/ });
});

const page = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Runs what a page shows, in a directory of its own; gives its `offset`. */
async function offsetOf(example: string): Promise<unknown> {
  const directory = newDirectory();
  mkdirSync(directory);
  const file = join(directory, 'example.ts');
  const source = example
    .replace("'walka/wal'", JSON.stringify(new URL('../../src/wal.ts', import.meta.url).href))
    .replace("'./wal'", JSON.stringify(join(directory, 'wal')))
    .replace("'./wal-copy'", JSON.stringify(join(directory, 'copy')));
  writeFileSync(file, `${source}\nexport default offset;\n`);
  const { default: offset } = (await import(file)) as { default: unknown };
  return offset;
}

test('the example of the README runs as it is written there', async () => {
  const example = /```ts\n(import \{ WriteAheadLog \} from 'walka\/wal';\n[\s\S]*?)```/.exec(page('README.md'))?.[1];
  assert.ok(example !== undefined, 'there is an example');
  assert.equal(await offsetOf(example), 0);
  assert.equal(example.trimEnd().split('\n').length, 10);
});

test('the examples of docs/wal.md are a program that runs', async () => {
  const blocks = [...page('docs/wal.md').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  assert.ok(blocks.length >= 5);
  assert.equal(await offsetOf(blocks.join('')), 0);
});
