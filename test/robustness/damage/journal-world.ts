/**
 * A journal with everything in it: many sealed files, recycled ones, streams that were trimmed and deleted, snapshots,
 * large batches, payloads that are no record batches; and what a start must bring back of it. Made from a seed.
 */
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { plainSlice } from '../../../src/base/counted.ts';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import type { AbortedTransaction, JournalEnd, StorageError } from '../../../src/storage/types.ts';
import { makeBatch } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil } from '../../support/run-clock.ts';
import { Witness } from '../../support/witness.ts';

export const FOLDER = '/data/journal/';

/** A batch that was acknowledged. */
export interface KnownBatch {
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly bytes: Buffer;
  /** The transaction that it ends, if any. */
  readonly aborted: AbortedTransaction | null;
}

/** What is known of a stream. */
export interface KnownStream {
  readonly batches: KnownBatch[];
  logStartOffset: number;
  snapshot: Buffer | null;
}

export interface World {
  readonly disk: FaultyDisk;
  readonly streams: ReadonlyMap<number, KnownStream>;
  readonly deleted: readonly number[];
  /** Contents of files at earlier times, by path. */
  readonly older: ReadonlyMap<string, readonly Buffer[]>;
  /** What the catalog remembers of the journal's end: after a clean stop the place, else the file. */
  readonly end: JournalEnd | null;
  /** Behind this, nothing in the journal says that the device had it. */
  readonly proven: { readonly path: string; readonly position: number };
}

export function openJournal(disk: FaultyDisk, clock: ManualClock, witness: Witness): Promise<Engine> {
  return openEngine({
    witness,
    dataDir: '/data',
    clusterId: 'damage',
    files: disk,
    clock,
    durability: 'fsync',
    maxSegmentSize: 16 * 1024,
    cacheBytes: 0,
    deleteGraceMs: 0,
    random: seededRandom(11),
  });
}

function abortedAt(stream: number, lastOffset: number): AbortedTransaction {
  return { producerId: BigInt(stream), firstOffset: Math.max(0, lastOffset - 7), lastOffset, lastStableOffset: 0 };
}

class Builder {
  readonly clock = new ManualClock();
  readonly disk: FaultyDisk;
  readonly random: Random;
  readonly streams = new Map<number, KnownStream>();
  readonly deleted: number[] = [];
  readonly older = new Map<string, Buffer[]>();
  engine!: Engine;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.disk = new FaultyDisk(this.random);
  }

  create(stream: number): void {
    this.engine.createStream(stream);
    this.streams.set(stream, { batches: [], logStartOffset: 0, snapshot: null });
  }

  async append(stream: number): Promise<void> {
    const { random } = this;
    const baseOffset = this.engine.state(stream).logEndOffset;
    const records = 1 + random.int(4);
    const isOpaque = stream === 6;
    const maxTimestampMs = random.int(4) === 0 ? -1 : this.clock.now() - random.int(30_000);
    const bodyBytes = random.int(60) === 0 ? 20_000 : 20 + random.int(600);
    const batch = makeBatch({ baseOffset, records, leaderEpoch: 3, maxTimestampMs, bodyBytes, seed: random.int(1e9) });
    const bytes = isOpaque ? batch.subarray(40) : batch;
    const aborted = isOpaque || baseOffset % 3 !== 0 ? null : abortedAt(stream, baseOffset);
    await runUntil(
      this.clock,
      new Promise<void>((resolve, reject) => {
        const onCommit = (error: StorageError | null): void => (error === null ? resolve() : reject(error));
        const payload = plainSlice(bytes);
        const fields = { stream, baseOffset, offsetCount: records, leaderEpoch: 3, maxTimestampMs, payload };
        this.engine.append({ ...fields, aborted, durability: 'fsync', onCommit });
      }),
    );
    this.streams.get(stream)?.batches.push({ baseOffset, endOffset: baseOffset + records, bytes, aborted });
  }

  /** One thing that happens. */
  async step(): Promise<void> {
    const { random, engine } = this;
    const streams = [...this.streams.keys()];
    const stream = streams[random.int(streams.length)] as number;
    const known = this.streams.get(stream) as KnownStream;
    const what = random.int(40);
    if (what === 0) {
      const snapshot = random.bytes(50);
      engine.writeSnapshot(stream, engine.state(stream).logEndOffset, snapshot);
      known.snapshot = snapshot;
    } else if (what === 1 && stream !== 1) {
      const to = known.batches.at(-1 - random.int(3))?.endOffset ?? 0;
      if (to <= known.logStartOffset) return;
      await runUntil(this.clock, engine.trim(stream, to));
      known.logStartOffset = to;
    } else await this.append(stream);
  }

  keepOlder(): void {
    for (const path of this.disk.paths()) {
      const copies = this.older.get(path) ?? [];
      copies.push(Buffer.from(this.disk.contents(path)));
      this.older.set(path, copies);
    }
  }
}

/** A journal after a kill, or a clean stop. */
export async function makeWorld(seed: number, ends: 'kill' | 'stop'): Promise<World> {
  const builder = new Builder(seed);
  const { clock, disk } = builder;
  const witness = new Witness(null);
  builder.engine = await openJournal(disk, clock, witness);
  for (let stream = 1; stream <= 6; stream++) builder.create(stream);
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 70; i++) await builder.step();
    builder.keepOlder();
    // What goes here makes files free, which are used again.
    const gone = 10 + round;
    builder.create(gone);
    for (let i = 0; i < 60; i++) await builder.append(gone);
    await runUntil(clock, builder.engine.deleteStream(gone));
    builder.streams.delete(gone);
    builder.deleted.push(gone);
    for (let i = 0; i < 30; i++) await runUntil(clock, Promise.resolve());
  }
  if (ends === 'stop') {
    await runUntil(clock, builder.engine.close());
    witness.end = builder.engine.end;
  } else {
    await runUntil(clock, builder.engine.flush());
    await builder.append(1);
  }
  const { streams, deleted, older } = builder;
  const last = (await newestEntry(disk)) ?? { path: '', position: 0 };
  return { disk: disk.afterKill(), streams, deleted, older, end: witness.end, proven: last };
}

/** Entries of a file as they lie in it, from its header on. */
export function* entriesOf(bytes: Buffer): Generator<{ position: number; length: number; kind: number }> {
  for (let at = 128; at + 56 <= bytes.length; ) {
    const kind = bytes.readUInt8(at + 8);
    const length = 56 + bytes.readUInt32LE(at + 4);
    if (kind === 0 || bytes.readUInt16LE(at + 10) === 0 || at + length > bytes.length) return;
    yield { position: at, length, kind };
    at = Math.ceil((at + length) / 8) * 8;
  }
}

/** The furthest place that an entry says was synced when it was written. */
async function newestEntry(disk: FaultyDisk): Promise<{ path: string; position: number } | null> {
  let newest: { path: string; position: number } | null = null;
  for (const path of disk.paths().filter((name) => name.endsWith('.wal'))) {
    const bytes = disk.contents(path);
    const sequence = Number(path.slice(FOLDER.length, -4));
    for (const { position } of entriesOf(bytes)) {
      const back = sequence - bytes.readUInt32LE(position + 44);
      const synced = bytes.readUInt32LE(position + 48) * 8;
      newest = { path: `${FOLDER}${String(back).padStart(20, '0')}.wal`, position: synced };
    }
  }
  return newest;
}
