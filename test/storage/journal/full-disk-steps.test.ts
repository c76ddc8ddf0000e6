/**
 * A disk that is full from any step of a workload on, for a while: what was acknowledged is there, what was refused is
 * not, outcomes come in order, and everything goes on when there is space again.
 */
import assert from 'node:assert/strict';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import type { OpenFile, OpenMode } from '../../../src/storage/files/files.ts';
import { StorageError } from '../../../src/storage/types.ts';
import { append, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { testInOwnThread } from '../../support/own-thread.ts';
import { watched } from '../../support/invariants.ts';
import { runUntil } from '../../support/run-clock.ts';

const STREAMS = 3;
const ROUNDS = 40;
/** For how many writes the disk stays full. */
const LENGTHS = [1, 2, 25];
/** More seeds find more: `SEEDS=1,2,3`. */
const SEEDS = (process.env['SEEDS'] ?? '1').split(',').map(Number);

/** A disk with no room for anything from one write on up to another. */
class FullDisk extends FaultyDisk {
  writes = 0;
  readonly #from: number;
  readonly #until: number;

  constructor(seed: number, from: number, until: number) {
    super(seededRandom(seed));
    this.#from = from;
    this.#until = until;
  }

  override async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await super.open(path, mode);
    const refuse = (buffers: readonly Buffer[], position: number): void => {
      this.writes += 1;
      if (this.writes < this.#from || this.writes >= this.#until) return;
      const [first] = buffers;
      // Some of it may have arrived.
      if (first !== undefined && this.writes % 2 === 0) file.writeSync([first.subarray(0, first.length / 2)], position);
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    return {
      ...file,
      writeSync: (buffers, position) => {
        refuse(buffers, position);
        return file.writeSync(buffers, position);
      },
      write: async (buffers, position) => {
        await new Promise((resolve) => setImmediate(resolve));
        refuse(buffers, position);
        return await file.write(buffers, position);
      },
    };
  }
}

function openOn(disk: FaultyDisk, clock: ManualClock): Promise<Engine> {
  return watched(
    openEngine({
      dataDir: '/data',
      clusterId: 'full',
      maxSegmentSize: 24 * 1024,
      cacheBytes: 2048,
      deleteGraceMs: 0,
      files: disk,
      clock,
      random: seededRandom(7),
    }),
  );
}

/** One stream as its partition sees it. */
class Stream {
  readonly id: number;
  /** Committed, by offset. */
  readonly batches: Buffer[] = [];
  waiting = 0;
  /** Nothing is appended until all that was queued behind a failure failed too. */
  isRollingBack = false;
  refused = 0;

  constructor(id: number) {
    this.id = id;
  }

  append(engine: Engine, bodyBytes: number): Promise<void> {
    if (this.isRollingBack || engine.refusal !== null) return Promise.resolve();
    const offset = this.batches.length + this.waiting;
    assert.equal(engine.state(this.id).logEndOffset, offset, `stream ${this.id} ends where it should`);
    this.waiting += 1;
    return append(engine, this.id, { bodyBytes }).then(
      (bytes) => {
        this.waiting -= 1;
        assert.equal(this.isRollingBack, false, 'nothing succeeds behind what failed');
        assert.equal(Number(bytes.readBigInt64BE(0)), this.batches.length, 'outcomes come in order');
        this.batches.push(bytes);
      },
      (error: unknown) => {
        this.waiting -= 1;
        if (!(error instanceof StorageError) || error.code !== 'DISK_FULL') throw error;
        this.refused += 1;
        this.isRollingBack = this.waiting > 0;
      },
    );
  }

  async check(engine: Engine): Promise<void> {
    const { logStartOffset, logEndOffset } = engine.state(this.id);
    assert.equal(logEndOffset, this.batches.length, `stream ${this.id} ends with what was acknowledged`);
    const expected = Buffer.concat(this.batches.slice(logStartOffset));
    assert.ok((await readAll(engine, this.id)).equals(expected), `stream ${this.id} reads back`);
    assert.equal(engine.state(this.id).liveBytes, expected.length, `stream ${this.id} counts its bytes`);
  }
}

async function work(engine: Engine, clock: ManualClock, streams: readonly Stream[], seed: number): Promise<void> {
  const random = seededRandom(seed);
  const pending: Array<Promise<unknown>> = [];
  for (let round = 0; round < ROUNDS; round++) {
    const stream = streams[random.int(streams.length)] as Stream;
    for (let i = random.int(4); i >= 0; i--) {
      pending.push(stream.append(engine, random.int(12) === 0 ? 300_000 : random.int(900)));
    }
    if (random.int(6) === 0) pending.push(engine.trim(stream.id, random.int(stream.batches.length + 1)));
    if (random.int(6) === 0) pending.push(engine.trim(stream.id, stream.batches.length));
    if (random.int(6) === 0) {
      const isForTrim = stream.batches.length % 2 === 0;
      engine.writeSnapshot(stream.id, stream.batches.length, Buffer.alloc(random.int(300)), undefined, isForTrim);
    }
    if (random.int(3) === 0) await new Promise((resolve) => setImmediate(resolve));
    if (random.int(4) === 0) {
      for (let turn = 0; turn < 4; turn++) {
        clock.advance(75);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
  await runUntil(clock, Promise.all(pending));
}

async function spaceComesBack(engine: Engine, clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 400 && engine.refusal !== null; turn++) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(engine.refusal, null);
}

async function live(seed: number, from: number, until: number): Promise<{ writes: number; refused: number }> {
  const disk = new FullDisk(seed, from, until);
  const clock = new ManualClock();
  const engine = await openOn(disk, clock);
  const streams = Array.from({ length: STREAMS }, (_, i) => new Stream(i + 1));
  if (engine.refusal !== null) await spaceComesBack(engine, clock);
  for (const { id } of streams) engine.createStream(id);
  await work(engine, clock, streams, seed);
  await spaceComesBack(engine, clock);
  for (const stream of streams) await stream.check(engine);
  for (const stream of streams) await runUntil(clock, stream.append(engine, 100));
  const refused = streams.reduce((sum, stream) => sum + stream.refused, 0);
  const again = await openOn(disk.afterKill(), clock);
  for (const stream of streams) await stream.check(again);
  await runUntil(clock, engine.close());
  await runUntil(clock, again.close());
  const stopped = await openOn(disk.afterKill(), clock);
  for (const stream of streams) await stream.check(stopped);
  await runUntil(clock, stopped.close());
  return { writes: disk.writes, refused };
}

testInOwnThread(
  import.meta.url,
  'a disk that is full at any write refuses, in order, and loses and invents nothing',
  async () => {
    for (const seed of SEEDS) {
      const { writes } = await live(seed, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      assert.ok(writes > 50, `${writes} writes`);
      let refused = 0;
      for (let from = 2; from < writes; from++) {
        const length = LENGTHS[from % LENGTHS.length] as number;
        try {
          refused += (await live(seed, from, from + length)).refused;
        } catch (error) {
          throw new Error(`seed ${seed}, writes ${from} and ${length}: ${(error as Error).message}`, { cause: error });
        }
      }
      assert.ok(refused > writes);
    }
  },
);
