/** Aborted transactions are found whichever files their records and markers are in, and whatever happened to the files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom, type Random } from '../../../src/base/random.ts';
import { type Engine, type EngineOptions, openEngine } from '../../../src/storage/open-engine.ts';
import type { AbortedTransaction } from '../../../src/storage/types.ts';
import { abortedBy, append, type AppendOptions, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { Lines } from '../../support/log-lines.ts';
import { runUntil } from '../../support/run-clock.ts';

const STREAMS = 3;
const clock = new ManualClock();

function open(disk: FaultyDisk | null, options: Partial<EngineOptions> = {}): Promise<Engine> {
  const files = disk === null ? { dataDir: null } : { dataDir: '/data', files: disk };
  return openEngine({ ...files, clusterId: 'aborts', clock, maxSegmentSize: 8 * 1024, deleteGraceMs: 0, ...options });
}

/** What a partition would know: open transactions, and those that were aborted. */
class Model {
  readonly aborted: AbortedTransaction[][] = Array.from({ length: STREAMS + 1 }, () => []);
  readonly batches: Buffer[][] = Array.from({ length: STREAMS + 1 }, () => []);
  readonly #open: number[][] = Array.from({ length: STREAMS + 1 }, () => []);

  /** Opens, continues or aborts a transaction of a stream, or appends something else. */
  async step(engine: Engine, random: Random): Promise<void> {
    // One stream has no transactions at all.
    const stream = 1 + random.int(STREAMS);
    const offset = engine.state(stream).logEndOffset;
    const open = this.#open[stream] as number[];
    let options: AppendOptions = { bodyBytes: random.int(400) };
    if (stream < STREAMS && open.length < 5 && random.int(3) === 0) open.push(offset);
    else if (stream < STREAMS && open.length > 0 && random.int(2) === 0) {
      const [abortedFrom] = open.splice(random.int(open.length), 1) as [number];
      const [openFrom] = open;
      options = { bodyBytes: 17, abortedFrom, ...(openFrom !== undefined && { openFrom }) };
      this.aborted[stream]?.push(abortedBy(options, offset));
    }
    this.batches[stream]?.push(await runUntil(clock, append(engine, stream, options)));
  }

  async fill(engine: Engine, random: Random, steps: number): Promise<void> {
    for (let stream = 1; stream <= STREAMS; stream++) engine.createStream(stream);
    for (let i = 0; i < steps; i++) await this.step(engine, random);
  }

  /** Compares what readers of any range are told, and what they read. */
  async check(engine: Engine): Promise<void> {
    for (let stream = 1; stream <= STREAMS; stream++) {
      const { logStartOffset, logEndOffset } = engine.state(stream);
      for (let from = logStartOffset; from <= logEndOffset; from += 5) {
        for (const end of [from + 1, from + 9, logEndOffset]) {
          const expected = this.aborted[stream]?.filter((a) => a.lastOffset >= from && a.firstOffset < end);
          const found = await runUntil(clock, Promise.resolve(engine.abortedTransactions(stream, from, end)));
          assert.deepEqual(found, expected, `stream ${stream}, ${from} to ${end}`);
        }
      }
      const expected = Buffer.concat((this.batches[stream] as Buffer[]).slice(logStartOffset));
      assert.ok((await runUntil(clock, readAll(engine, stream, logStartOffset, 3000))).equals(expected));
      const found = await engine.findByTimestamp(stream, 0, logEndOffset - 1, logEndOffset);
      assert.equal(found?.baseOffset, logEndOffset - 1, 'a note is no part of what a search looks at');
    }
  }
}

const FEW_IN_MEMORY = { indexCacheBytes: 1, cacheBytes: 1024 };

for (const [what, options] of [
  ['with every index in memory', {}],
  ['with one index in memory at a time', FEW_IN_MEMORY],
] as const) {
  test(`aborted transactions are found in any range, over many files and starts, ${what}`, async () => {
    let disk = new FaultyDisk(seededRandom(1));
    const model = new Model();
    const random = seededRandom(2);
    for (let round = 0; round < 4; round++) {
      const engine = await open(disk, options);
      if (round > 0) await model.check(engine);
      await model.fill(engine, random, 100);
      await model.check(engine);
      assert.ok(engine.stats().journalFiles > 2 * (round + 1));
      // Clean stops and kills take turns.
      if (round % 2 === 0) await runUntil(clock, engine.close());
      disk = disk.afterKill();
    }
  });
}

test('aborted transactions of a journal in memory are found', async () => {
  const engine = await open(null);
  const model = new Model();
  await model.fill(engine, seededRandom(3), 200);
  await model.check(engine);
  await runUntil(clock, engine.close());
});

test('where indexes are damaged, aborted transactions are found again in the entries', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const model = new Model();
  const first = await open(disk);
  await model.fill(first, seededRandom(4), 200);
  await runUntil(clock, first.flush());
  await model.fill(first, seededRandom(5), 1);
  const damaged = disk.afterKill();
  const sealed = damaged
    .paths()
    .filter((path) => path.endsWith('.wal'))
    .toSorted()
    .slice(0, -1);
  for (const [i, path] of sealed.entries()) {
    const bytes = Buffer.from(damaged.contents(path));
    // The footer of every second, else the run index right in front of it.
    const at = bytes.length - (i % 2 === 0 ? 20 : 56 + 56 + 12);
    bytes[at] = (bytes[at] as number) ^ 4;
    damaged.put(path, bytes);
  }
  const log = new Lines();
  const engine = await open(damaged, { ...FEW_IN_MEMORY, logger: log });
  await model.check(engine);
  assert.ok(log.lines.length >= sealed.length / 2);
  await runUntil(clock, engine.close());
});

test('what a trim leaves of aborted transactions is told, whatever files went', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const model = new Model();
  let engine = await open(disk);
  await model.fill(engine, seededRandom(6), 200);
  const before = engine.stats().journalFiles;
  for (let stream = 1; stream <= STREAMS; stream++) await runUntil(clock, engine.trim(stream, 41));
  for (let i = 0; i < 100; i++) {
    clock.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(engine.stats().journalFiles < before);
  assert.ok(model.aborted[1]?.some(({ firstOffset, lastOffset }) => firstOffset < 41 && lastOffset >= 41));
  await model.check(engine);
  await runUntil(clock, engine.close());
  engine = await open(disk.afterKill());
  await model.check(engine);
  await runUntil(clock, engine.close());
});

test('a reader far before the next aborted transaction looks for it once', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  let engine = await open(disk);
  for (const stream of [1, 2]) engine.createStream(stream);
  // Others abort in every file, this one only in the end.
  for (let i = 0; i < 200; i++) {
    await runUntil(clock, append(engine, 1, { bodyBytes: 300 }));
    await runUntil(clock, append(engine, 2, { abortedFrom: i }));
  }
  await runUntil(clock, append(engine, 1, { abortedFrom: 100 }));
  await runUntil(clock, engine.close());
  engine = await open(disk.afterKill(), FEW_IN_MEMORY);
  // One index is in memory at a time: the answer comes at once where no other is needed.
  const isAtOnce = async (from: number): Promise<boolean> => {
    const found = engine.abortedTransactions(1, from, from + 5);
    await runUntil(clock, Promise.resolve(found));
    return !(found instanceof Promise);
  };
  assert.equal(await isAtOnce(2), false);
  for (const from of [2, 9, 150]) assert.ok(await isAtOnce(from), `from ${from}`);
  assert.equal(await isAtOnce(0), false, 'before that nothing is known');
  assert.deepEqual(await engine.abortedTransactions(1, 90, 201), [abortedBy({ abortedFrom: 100 }, 200)]);
  await runUntil(clock, append(engine, 1, { abortedFrom: 199 }));
  assert.equal((await engine.abortedTransactions(1, 90, 202)).length, 2);
  await runUntil(clock, engine.close());
});

test('where no transaction was aborted, or none that late, no index is loaded', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const model = new Model();
  const first = await open(disk);
  await model.fill(first, seededRandom(7), 200);
  await runUntil(clock, first.close());
  const engine = await open(disk.afterKill(), FEW_IN_MEMORY);
  const indexBytes = engine.stats().memoryBytes.indexes;
  const newest = model.aborted[1]?.at(-1)?.lastOffset ?? 0;
  assert.deepEqual(engine.abortedTransactions(STREAMS, 0, 1000), []);
  assert.deepEqual(engine.abortedTransactions(1, newest + 1, 1000), []);
  assert.ok(engine.abortedTransactions(1, 0, 1000) instanceof Promise);
  assert.equal(engine.stats().memoryBytes.indexes, indexBytes);
  await runUntil(clock, engine.close());
});
