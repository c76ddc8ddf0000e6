/**
 * A machine that dies at every step of a workload's input and output, and what the next start makes of it: always one
 * prefix of the journal, with everything in it that was acknowledged as durable.
 */
import assert from 'node:assert/strict';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import type { AbortedTransaction, Durability } from '../../../src/storage/types.ts';
import { abortedBy, append, makeBatch, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { testInOwnThread } from '../../support/own-thread.ts';
import { runUntil } from '../../support/run-clock.ts';
import { openSmallEngine } from '../../support/small-engine.ts';
import { Witness } from '../../support/witness.ts';

const STREAMS = 3;
const APPENDS = 60;
/** More seeds find more: `SEEDS=1,2,3`. */
const SEEDS = (process.env['SEEDS'] ?? '1').split(',').map(Number);

/** What a run appended and what it was promised. */
class History {
  readonly appended = new Map<number, Buffer[]>(Array.from({ length: STREAMS }, (_, i) => [i + 1, []]));
  /** Batches of each stream acknowledged: the first so many. */
  readonly acknowledged = new Map<number, number>();
  /** Log start offsets asked for, and those that were acknowledged. */
  readonly trimmed = new Map<number, number>();
  readonly trimAcknowledged = new Map<number, number>();
  /** Offset of the newest snapshot of each stream that is on its way to the journal or in it. */
  readonly snapshots = new Map<number, number>();
  /** Streams whose deletion was acknowledged. */
  readonly deleted = new Set<number>();
  /** What the catalog knows of the journal's end; all that it is told is on its device. */
  readonly witness = new Witness(null);
  /** The next stream to make, only to delete it. */
  nextStream = 100;
}

/** A start that is counted by the catalog. */
async function started(
  disk: FaultyDisk,
  durability: Durability,
  clock: ManualClock,
  { witness }: History,
): Promise<Engine> {
  const engine = await openSmallEngine(disk, durability, clock, witness);
  await witness.goesOnIn(engine.end.sequence);
  return engine;
}

/** Every fourth batch is the marker of a transaction that began with the second before it. */
function abortAt(offset: number): { readonly abortedFrom?: number } {
  return offset % 4 === 3 ? { abortedFrom: offset - 2 } : {};
}

/** The aborted transactions whose markers are in the stream. */
function abortsOf(engine: Engine, stream: number): AbortedTransaction[] {
  const { logStartOffset, logEndOffset } = engine.state(stream);
  const offsets = Array.from({ length: logEndOffset - logStartOffset }, (_, i) => logStartOffset + i);
  return offsets.filter((offset) => offset % 4 === 3).map((offset) => abortedBy(abortAt(offset), offset));
}

/** Appends, trims and snapshots until done or until the disk dies. */
async function work(engine: Engine, clock: ManualClock, history: History, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const pending: Array<Promise<unknown>> = [];
  for (let stream = 1; stream <= STREAMS; stream++) engine.createStream(stream);
  for (let i = 0; i < APPENDS && engine.refusal === null; i++) {
    const stream = 1 + random.int(STREAMS);
    const batches = history.appended.get(stream) as Buffer[];
    const { logEndOffset, logStartOffset } = engine.state(stream);
    const bodyBytes = random.int(8) === 0 ? 9000 : random.int(700);
    batches.push(makeBatch({ baseOffset: logEndOffset, bodyBytes, seed: stream * 1_000_003 + logEndOffset }));
    const count = batches.length;
    const outcome = append(engine, stream, { bodyBytes, ...abortAt(logEndOffset) }).then(
      () => void history.acknowledged.set(stream, count),
      () => undefined,
    );
    pending.push(outcome);
    if (random.int(10) === 0) {
      const committed = Math.max(logStartOffset, history.acknowledged.get(stream) ?? 0);
      const to = logStartOffset + random.int(committed - logStartOffset + 1);
      history.trimmed.set(stream, Math.max(to, history.trimmed.get(stream) ?? 0));
      const trim = engine.trim(stream, to).then(
        () => void history.trimAcknowledged.set(stream, Math.max(to, history.trimAcknowledged.get(stream) ?? 0)),
        () => undefined,
      );
      pending.push(trim);
    }
    if (random.int(15) === 0) {
      history.snapshots.set(stream, logEndOffset);
      engine.writeSnapshot(stream, logEndOffset, Buffer.from(`${stream}@${logEndOffset}`));
    }
    if (random.int(8) === 0) {
      const shortLived = history.nextStream++;
      engine.createStream(shortLived);
      pending.push(append(engine, shortLived, { bodyBytes: random.int(2000) }).catch(() => undefined));
      const deletion = engine.deleteStream(shortLived).then(
        () => void history.deleted.add(shortLived),
        () => undefined,
      );
      pending.push(deletion);
    }
    if (random.int(3) === 0) await pending.at(-1);
    if (random.int(4) === 0) clock.advance(300);
  }
  await runUntil(clock, Promise.all(pending));
}

/**
 * Checks that what was recovered is a prefix, with all that was promised, and still takes appends. After an orderly stop
 * snapshots are there, too.
 */
async function check(
  engine: Engine,
  history: History,
  clock: ManualClock,
  promised: boolean,
  wasStopped = false,
): Promise<void> {
  for (const stream of history.deleted) {
    if (promised) assert.equal(engine.has(stream), false, `stream ${stream} stays deleted`);
    else history.deleted.delete(stream);
  }
  for (let stream = 1; stream <= STREAMS; stream++) {
    if (!engine.has(stream)) {
      assert.equal(promised ? (history.acknowledged.get(stream) ?? 0) : 0, 0);
      engine.createStream(stream);
    }
    const { logStartOffset, logEndOffset, liveBytes } = engine.state(stream);
    const batches = history.appended.get(stream) as Buffer[];
    assert.ok(logEndOffset <= batches.length, `stream ${stream} ends at ${logEndOffset} of ${batches.length}`);
    if (promised) assert.ok(logEndOffset >= (history.acknowledged.get(stream) ?? 0), 'acknowledged batches are there');
    if (promised) assert.ok(logStartOffset >= (history.trimAcknowledged.get(stream) ?? 0), 'trims hold');
    assert.ok(logStartOffset <= (history.trimmed.get(stream) ?? 0));
    const expected = Buffer.concat(batches.slice(logStartOffset, logEndOffset));
    assert.ok((await readAll(engine, stream)).equals(expected), `stream ${stream} reads back`);
    assert.equal(liveBytes, expected.length);
    assert.deepEqual(await engine.abortedTransactions(stream, logStartOffset, logEndOffset), abortsOf(engine, stream));
    const snapshot = await engine.readSnapshot(stream);
    if (snapshot !== null) assert.equal(snapshot.bytes.toString(), `${stream}@${snapshot.offset}`);
    if (wasStopped) assert.equal(snapshot?.offset, history.snapshots.get(stream), `snapshot of stream ${stream}`);
    if (snapshot === null) history.snapshots.delete(stream);
    else history.snapshots.set(stream, snapshot.offset);
    batches.length = logEndOffset;
    history.acknowledged.set(stream, Math.min(logEndOffset, history.acknowledged.get(stream) ?? 0));
    history.trimmed.set(stream, logStartOffset);
    history.trimAcknowledged.set(stream, logStartOffset);
    batches.push(await runUntil(clock, append(engine, stream, abortAt(logEndOffset))));
    history.acknowledged.set(stream, batches.length);
  }
}

type Death = 'kill' | 'power';

interface Wreck {
  /** What the machine left. */
  readonly disk: FaultyDisk;
  readonly history: History;
  /** True when all that was acknowledged must be there. */
  readonly promised: boolean;
  readonly steps: number;
  /** Files renamed: dead ones to spares, and spares to journal files. */
  readonly renames: number;
}

function survivorOf(disk: FaultyDisk, death: Death): FaultyDisk {
  return death === 'kill' ? disk.afterKill() : disk.afterPowerCut();
}

/** A first run, which dies at step `crashAt`, or right after its end. */
async function live(seed: number, crashAt: number, death: Death, durability: Durability): Promise<Wreck> {
  const disk = new FaultyDisk(seededRandom(seed * 7919 + Math.min(crashAt, 1e6)));
  disk.crashAt = crashAt;
  const clock = new ManualClock();
  const history = new History();
  try {
    const engine = await started(disk, durability, clock, history);
    await work(engine, clock, history, seed);
    if (!disk.hasCrashed) await engine.flush();
  } catch (error) {
    if (!disk.hasCrashed) throw error;
  }
  // Without a sync on every acknowledgement a power cut may take the newest; a killed process takes nothing.
  const promised = death === 'kill' || durability === 'fsync' || !disk.hasCrashed;
  const renames = disk.counts.get('rename') ?? 0;
  return { disk: survivorOf(disk, death), history, promised, steps: disk.steps, renames };
}

/** A start on what was left, a second run, an orderly stop, and another start. */
async function startAgain(wreck: Wreck, seed: number, durability: Durability): Promise<void> {
  const clock = new ManualClock();
  const { disk, history, promised } = wreck;
  const again = await started(disk, durability, clock, history);
  await check(again, history, clock, promised);
  await work(again, clock, history, seed + 1);
  await again.close();
  history.witness.end = again.end;
  const last = await started(disk.afterKill(), durability, clock, history);
  await check(last, history, clock, true, true);
  await last.close();
}

/**
 * A seed whose workload makes a spare and uses it, as one in twenty does: the one given, or the first that follows from
 * it.
 */
async function seedWithSpare(given: number, death: Death, durability: Durability): Promise<number> {
  for (let at = 0; at < 500; at++) {
    const seed = at === 0 ? given : given * 1000 + at;
    const { renames } = await live(seed, Number.POSITIVE_INFINITY, death, durability);
    if (renames >= 2) return seed;
  }
  throw new Error(`no workload of seed ${given} makes and uses a spare`);
}

async function dieAndStartAgain(seed: number, crashAt: number, death: Death, durability: Durability): Promise<number> {
  const wreck = await live(seed, crashAt, death, durability);
  await startAgain(wreck, seed, durability);
  return wreck.steps;
}

/** Dies again at step `crashAgainAt` of the start; false when the start did not get that far. */
async function dieTwice(
  seed: number,
  crashes: readonly [first: number, second: number],
  death: Death,
  durability: Durability,
): Promise<boolean> {
  const wreck = await live(seed, crashes[0], death, durability);
  wreck.disk.crashAt = crashes[1];
  await openSmallEngine(wreck.disk, durability, new ManualClock(), wreck.history.witness).catch((error: unknown) => {
    if (!wreck.disk.hasCrashed) throw error;
  });
  const isDead = wreck.disk.hasCrashed;
  await startAgain({ ...wreck, disk: survivorOf(wreck.disk, death) }, seed, durability);
  return isDead;
}

for (const durability of ['os', 'fsync'] as const) {
  for (const death of ['kill', 'power'] as const) {
    testInOwnThread(
      import.meta.url,
      `a start after a ${death} at any step finds one prefix with all that was promised (${durability})`,
      async () => {
        for (const seed of SEEDS) {
          const steps = await dieAndStartAgain(seed, Number.POSITIVE_INFINITY, death, durability);
          assert.ok(steps > 30, `${steps} steps`);
          for (let crashAt = 1; crashAt <= steps; crashAt++) {
            try {
              await dieAndStartAgain(seed, crashAt, death, durability);
            } catch (error) {
              throw new Error(`seed ${seed}, step ${crashAt}: ${(error as Error).message}`, { cause: error });
            }
          }
        }
      },
    );

    testInOwnThread(
      import.meta.url,
      `a ${death} during the start after a ${death} loses no more (${durability})`,
      async () => {
        for (const given of SEEDS) {
          const seed = await seedWithSpare(given, death, durability);
          const { steps } = await live(seed, Number.POSITIVE_INFINITY, death, durability);
          for (let first = 3; first <= steps; first += 20) {
            for (let second = 1; ; second++) {
              try {
                if (!(await dieTwice(seed, [first, second], death, durability))) break;
              } catch (error) {
                throw new Error(`seed ${seed}, steps ${first}, ${second}: ${(error as Error).message}`, {
                  cause: error,
                });
              }
            }
          }
        }
      },
    );
  }
}

/** Starts on what the last life left, again and again; most end in the middle of something. */
async function liveManyTimes(seed: number, lives: number, durability: Durability): Promise<number> {
  const random = seededRandom(seed);
  const history = new History();
  let disk = new FaultyDisk(random);
  let promised = true;
  let renames = 0;
  for (let life = 1; life <= lives; life++) {
    const clock = new ManualClock();
    const engine = await started(disk, durability, clock, history);
    await check(engine, history, clock, promised);
    disk.crashAt = disk.steps + 1 + random.int(150);
    try {
      await work(engine, clock, history, seed * 1000 + life);
      if (!disk.hasCrashed && random.int(2) === 0) {
        await runUntil(clock, engine.close());
        if (engine.isClosedCleanly) history.witness.end = engine.end;
      } else if (!disk.hasCrashed) await engine.flush();
    } catch (error) {
      if (!disk.hasCrashed) throw error;
    }
    const death = random.int(2) === 0 ? 'kill' : 'power';
    promised = death === 'kill' || durability === 'fsync' || !disk.hasCrashed;
    renames += disk.counts.get('rename') ?? 0;
    disk = survivorOf(disk, death);
  }
  return renames;
}

testInOwnThread(
  import.meta.url,
  'a file that an unproven checkpoint left out is not missing to a later one (seed 6404)',
  async () => {
    await liveManyTimes(6404, 10, 'os');
  },
);

for (const durability of ['os', 'fsync'] as const) {
  testInOwnThread(
    import.meta.url,
    `ten lives that end anyhow lose nothing that was promised, and mix up nothing (${durability})`,
    async () => {
      let renames = 0;
      for (const seed of SEEDS.flatMap((first) => Array.from({ length: 12 }, (_, i) => first * 100 + i))) {
        try {
          renames += await liveManyTimes(seed, 10, durability);
        } catch (error) {
          throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
        }
      }
      assert.ok(renames > 10, `${renames} renames`);
    },
  );
}
