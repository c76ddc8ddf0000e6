/**
 * A machine that dies at every step while journal files become segments, and segments better ones: whatever was
 * acknowledged is served afterwards, byte for byte, and conversion goes on.
 */
import assert from 'node:assert/strict';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { append, makeBatch, readAll } from '../../support/batches.ts';
import { CopiedCatalog } from '../../support/copied-catalog.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { testInOwnThread } from '../../support/own-thread.ts';
import { runUntil } from '../../support/run-clock.ts';
import { openSmallEngine } from '../../support/small-engine.ts';

const STREAMS = 5;
const APPENDS = 160;
/** Streams that are made only to be deleted: from this on. */
const SHORT_LIVED = 100;
const SEEDS = (process.env['SEEDS'] ?? '1').split(',').map(Number);

/** What was appended and promised. */
class History {
  readonly catalog = new CopiedCatalog(1000);
  readonly appended = new Map<number, Buffer[]>(Array.from({ length: STREAMS }, (_, i) => [i + 1, []]));
  /** Batches of each stream acknowledged as on the device. */
  readonly promised = new Map<number, number>();
  readonly trimmed = new Map<number, number>();
  nextStream = SHORT_LIVED;
}

interface Started {
  readonly engine: Engine;
  readonly merges: () => number;
}

async function started(disk: FaultyDisk, clock: ManualClock, history: History): Promise<Started> {
  const { witness } = history.catalog;
  const engine = await openSmallEngine(disk, 'fsync', clock, witness);
  await history.catalog.start(engine);
  return { engine, merges: () => Object.values(engine.stats().counters.merges).reduce((sum, count) => sum + count, 0) };
}

async function work(engine: Engine, clock: ManualClock, history: History, seed: number): Promise<void> {
  const random = seededRandom(seed);
  for (let stream = 1; stream <= STREAMS; stream++) engine.createStream(stream);
  for (let i = 0; i < APPENDS && engine.refusal === null; i++) {
    const stream = 1 + random.int(STREAMS);
    const batches = history.appended.get(stream) as Buffer[];
    const { logEndOffset, logStartOffset } = engine.state(stream);
    const bodyBytes = random.int(20) === 0 ? 9000 : random.int(900);
    batches.push(makeBatch({ baseOffset: logEndOffset, bodyBytes, seed: stream * 1_000_003 + logEndOffset }));
    const count = batches.length;
    await runUntil(clock, append(engine, stream, { bodyBytes }));
    history.promised.set(stream, count);
    if (random.int(12) === 0) {
      const to = logStartOffset + random.int(count - logStartOffset + 1);
      history.trimmed.set(stream, Math.max(to, history.trimmed.get(stream) ?? 0));
      await runUntil(clock, engine.trim(stream, to));
    }
    if (random.int(10) === 0) engine.writeSnapshot(stream, count, Buffer.from(`${stream}@${count}`));
    if (random.int(10) === 0) {
      const shortLived = history.nextStream++;
      engine.createStream(shortLived);
      await runUntil(clock, append(engine, shortLived, { bodyBytes: 2000 }));
      if (random.int(2) === 0) await runUntil(clock, engine.deleteStream(shortLived));
    }
    clock.advance(100);
  }
}

async function check(engine: Engine, history: History): Promise<void> {
  for (let stream = 1; stream <= STREAMS; stream++) {
    if (!engine.has(stream)) {
      assert.equal(history.promised.get(stream) ?? 0, 0);
      continue;
    }
    const { logStartOffset, logEndOffset, liveBytes } = engine.state(stream);
    const batches = history.appended.get(stream) as Buffer[];
    assert.ok(logEndOffset >= (history.promised.get(stream) ?? 0), `stream ${stream} ends at ${logEndOffset}`);
    assert.ok(logStartOffset <= (history.trimmed.get(stream) ?? 0), 'nothing is trimmed that nobody asked for');
    const expected = Buffer.concat(batches.slice(logStartOffset, logEndOffset));
    assert.ok((await readAll(engine, stream)).equals(expected), `stream ${stream} reads back`);
    assert.equal(liveBytes, expected.length);
    const snapshot = await engine.readSnapshot(stream);
    if (snapshot !== null) assert.equal(snapshot.bytes.toString(), `${stream}@${snapshot.offset}`);
    batches.length = logEndOffset;
    history.promised.set(stream, logEndOffset);
  }
}

interface Life {
  readonly disk: FaultyDisk;
  readonly history: History;
  readonly steps: number;
  readonly merges: number;
}

/** A first run, which dies at step `crashAt`, or is looked at after its end. */
async function live(seed: number, crashAt: number): Promise<Life> {
  const disk = new FaultyDisk(seededRandom(seed * 7919 + Math.min(crashAt, 1e6)));
  disk.crashAt = crashAt;
  const clock = new ManualClock();
  const history = new History();
  let merges = 0;
  try {
    const opened = await started(disk, clock, history);
    await work(opened.engine, clock, history, seed);
    merges = opened.merges();
    if (!disk.hasCrashed) await check(opened.engine, history);
  } catch (error) {
    if (!disk.hasCrashed) throw error;
  }
  return { disk, history, steps: disk.steps, merges };
}

/** A start on what was left, more work, an orderly stop, and another start. */
async function startAgain(disk: FaultyDisk, history: History, seed: number): Promise<void> {
  const clock = new ManualClock();
  const { engine } = await started(disk, clock, history);
  await check(engine, history);
  await work(engine, clock, history, seed + 1);
  await check(engine, history);
  await runUntil(clock, engine.close());
  assert.equal(disk.openFiles, 0);
  history.catalog.witness.end = engine.end;
  const last = await started(disk.afterKill(), clock, history);
  await check(last.engine, history);
  await runUntil(clock, last.engine.close());
}

for (const death of ['kill', 'power cut'] as const) {
  testInOwnThread(import.meta.url, `a ${death} at any step of conversion loses nothing`, async () => {
    for (const seed of SEEDS) {
      const whole = await live(seed, Number.POSITIVE_INFINITY);
      assert.ok(whole.merges > 5, `${whole.merges} merges`);
      const stride = process.env['EVERY_STEP'] === undefined ? 23 : 1;
      for (let crashAt = 1 + (seed % stride); crashAt <= whole.steps; crashAt += stride) {
        const { disk, history } = await live(seed, crashAt);
        try {
          await startAgain(death === 'kill' ? disk.afterKill() : disk.afterPowerCut(), history, seed);
        } catch (error) {
          throw new Error(`seed ${seed}, step ${crashAt}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
  });
}
