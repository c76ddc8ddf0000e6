/** So much at once that a commit is laid down while the one before it is written: what a crash and a full disk leave. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import type { Durability } from '../../../src/storage/types.ts';
import { append, makeBatch, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil, turns } from '../../support/run-clock.ts';
import { openSmallEngine } from '../../support/small-engine.ts';

const STREAMS = [1, 2];
const BODY_BYTES = 60_000;
const PER_TURN = 8;
const TURNS = 6;
/** Two turns' appends fill a file, so that some commits go into the next. */
const SEGMENT_BYTES = 1024 * 1024;

function open(disk: FaultyDisk, durability: Durability, clock: ManualClock): Promise<Engine> {
  return openSmallEngine(disk, durability, clock, null, { maxSegmentSize: SEGMENT_BYTES });
}

/** What became of the appends to each stream, in the order in which it was told. */
type Outcomes = ReadonlyMap<number, string[]>;

/** Appends turn after turn without waiting for any. */
async function flood(engine: Engine, clock: ManualClock): Promise<Outcomes> {
  const outcomes = new Map(STREAMS.map((stream) => [stream, [] as string[]]));
  const pending: Array<Promise<void>> = [];
  for (const stream of STREAMS) engine.createStream(stream);
  for (let turn = 0; turn < TURNS && engine.refusal === null; turn++) {
    for (let i = 0; i < PER_TURN; i++) {
      const stream = STREAMS[i % STREAMS.length] as number;
      const told = outcomes.get(stream) as string[];
      const outcome = append(engine, stream, { bodyBytes: BODY_BYTES }).then(
        () => void told.push('written'),
        (error: { readonly code: string }) => void told.push(error.code),
      );
      pending.push(outcome);
    }
    await turns(1);
  }
  await runUntil(clock, Promise.all(pending));
  return outcomes;
}

function writtenCount(outcomes: Outcomes, stream: number): number {
  return (outcomes.get(stream) as string[]).filter((outcome) => outcome === 'written').length;
}

/** Checks that the stream holds the batches that were appended first, at least so many, and nothing else. */
async function holdsPrefix(engine: Engine, stream: number, atLeast: number): Promise<void> {
  const { logEndOffset } = engine.state(stream);
  assert.ok(logEndOffset >= atLeast, `stream ${stream} ends at ${logEndOffset}; ${atLeast} were acknowledged`);
  const batches = Array.from({ length: logEndOffset }, (_, baseOffset) =>
    makeBatch({ baseOffset, bodyBytes: BODY_BYTES, seed: stream * 1_000_003 + baseOffset }),
  );
  assert.ok((await readAll(engine, stream)).equals(Buffer.concat(batches)), `stream ${stream} reads back`);
}

for (const durability of ['os', 'fsync'] as const) {
  test(`a crash at any step of many large writes leaves a prefix with all that was acknowledged (${durability})`, async () => {
    for (let crashAt = 1; ; crashAt++) {
      const disk = new FaultyDisk(seededRandom(crashAt));
      disk.crashAt = crashAt;
      disk.latencyTurns = 4;
      const clock = new ManualClock();
      let outcomes: Outcomes | null = null;
      try {
        const engine = await open(disk, durability, clock);
        outcomes = await flood(engine, clock);
      } catch (error) {
        if (!disk.hasCrashed) throw error;
      }
      const survivor = durability === 'fsync' ? disk.afterPowerCut() : disk.afterKill();
      const again = await open(survivor, durability, clock);
      for (const stream of STREAMS) {
        const atLeast = outcomes === null ? 0 : writtenCount(outcomes, stream);
        if (again.has(stream)) await holdsPrefix(again, stream, atLeast);
        else assert.equal(atLeast, 0);
      }
      await again.close();
      if (disk.hasCrashed) continue;
      assert.ok(crashAt > 20, `${crashAt} steps`);
      break;
    }
  });
}

test('a disk that is full in the middle of many large writes keeps what it acknowledged, and refuses all behind it', async () => {
  for (const seed of [1, 2, 3, 4]) {
    const disk = new FaultyDisk(seededRandom(seed));
    disk.latencyTurns = 4;
    const clock = new ManualClock();
    const engine = await open(disk, 'os', clock);
    disk.capacityBytes = disk.usedBytes + 700_000 + seed * 150_000;
    const outcomes = await flood(engine, clock);
    for (const stream of STREAMS) {
      const told = outcomes.get(stream) as string[];
      const written = writtenCount(outcomes, stream);
      assert.ok(written > 0 && written < told.length);
      assert.deepEqual(new Set(told.slice(written)), new Set(['DISK_FULL']));
      assert.equal(engine.state(stream).logEndOffset, written);
      await holdsPrefix(engine, stream, written);
    }
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 20 && engine.refusal !== null; i++) {
      clock.advance(500);
      await turns(20);
    }
    await runUntil(clock, append(engine, 1, { bodyBytes: BODY_BYTES }));
    const end = engine.state(1).logEndOffset;
    await engine.close();
    const again = await open(disk.afterKill(), 'os', clock);
    assert.equal(again.state(1).logEndOffset, end);
    await holdsPrefix(again, 1, end);
    await again.close();
  }
});
