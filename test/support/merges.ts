/** Journals of many streams with a model of what is in them, and merges of their files, for tests of segments. */
import assert from 'node:assert/strict';
import { crc32c } from '../../protocol/crc32c.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { Random } from '../../src/base/random.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { LiveStarts } from '../../src/storage/convert/input.ts';
import type { MergeContext } from '../../src/storage/convert/merge.ts';
import { runMerge } from '../../src/storage/convert/merge.ts';
import { ReadMemory } from '../../src/storage/convert/read-memory.ts';
import { SegmentCursor } from '../../src/storage/convert/segment-cursor.ts';
import { openLayer } from '../../src/storage/convert/segment-input.ts';
import type {
  JournalInput,
  LayerInput,
  MergeInput,
  MergeOutcome,
  MergePlan,
  MergeResult,
} from '../../src/storage/convert/types.ts';
import type { Files } from '../../src/storage/files/files.ts';
import {
  decodeFileHeader,
  ENTRY_HEADER_BYTES,
  EntryKind,
  FILE_HEADER_BYTES,
  journalFileName,
} from '../../src/storage/format/format.ts';
import { scanEntries } from '../../src/storage/format/scan.ts';
import { decodeFooter, FOOTER_ENTRY_BYTES } from '../../src/storage/journal/seal.ts';
import type { Engine } from '../../src/storage/open-engine.ts';
import { segmentFileName } from '../../src/storage/segment/descriptor.ts';
import type { AbortedTransaction, StorageError } from '../../src/storage/types.ts';
import { text, textBatch } from './batches.ts';
import type { FaultyDisk } from './faulty-disk.ts';
import { runUntil } from './run-clock.ts';
import { openSmallEngine } from './small-engine.ts';

export const SEGMENTS = '/data/segments';

/** A batch as a test expects it back. */
export interface ModelBatch {
  readonly stream: number;
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
  readonly bytes: Buffer;
  readonly isRecordBatch: boolean;
  readonly aborted: AbortedTransaction | null;
}

/** A batch in one line: two are the same when their lines are. */
export function lineOf({ stream, baseOffset, endOffset, leaderEpoch, maxTimestampMs, ...rest }: ModelBatch): string {
  const { bytes, isRecordBatch, aborted } = rest;
  const end =
    aborted === null ? '' : ` aborts ${aborted.producerId} ${aborted.firstOffset} ${aborted.lastStableOffset}`;
  const kind = isRecordBatch ? 'records' : 'opaque';
  return `${stream}: ${baseOffset}-${endOffset} epoch ${leaderEpoch} at ${maxTimestampMs}, ${kind} ${bytes.length} ${crc32c(bytes)}${end}`;
}

/** Fails on the first batch that is not as expected. */
export function assertSame(found: readonly ModelBatch[], expected: readonly ModelBatch[]): void {
  for (let i = 0; i < Math.max(found.length, expected.length); i++) {
    const [is, wanted] = [found[i], expected[i]].map((batch) => (batch === undefined ? 'nothing' : lineOf(batch)));
    assert.equal(is, wanted, `batch ${i} of ${found.length}, ${expected.length} expected`);
  }
}

/** By stream, in order. */
export type Model = Map<number, ModelBatch[]>;

/** A journal being written, with the model of it. */
export class ModelJournal {
  readonly disk: FaultyDisk;
  readonly random: Random;
  readonly model: Model = new Map();
  readonly clock = new ManualClock();
  #engine: Engine | null = null;
  #leaderEpoch = 0;

  constructor(disk: FaultyDisk, seed: number) {
    this.disk = disk;
    this.random = seededRandom(seed);
  }

  get engine(): Engine {
    if (this.#engine === null) throw new Error('the journal is not open');
    return this.#engine;
  }

  /** Opens it, or opens it again under the next leader epoch. */
  async open(): Promise<void> {
    await this.close();
    this.#engine = await runUntil(this.clock, openSmallEngine(this.disk, 'os', this.clock));
    this.#leaderEpoch += 1;
  }

  async close(): Promise<void> {
    if (this.#engine !== null) await runUntil(this.clock, this.#engine.close());
    this.#engine = null;
  }

  /** Appends batches of random kinds and sizes to random streams. */
  async write(count: number, streams: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.append(1 + this.random.int(streams) * this.random.int(3));
  }

  async append(stream: number): Promise<void> {
    if (!this.engine.has(stream)) this.engine.createStream(stream);
    const batches = this.model.get(stream) ?? [];
    this.model.set(stream, batches);
    const { random } = this;
    const baseOffset = this.engine.state(stream).logEndOffset;
    const records = 1 + random.int(5);
    const maxTimestampMs = random.int(10) === 0 ? -1 : 1000 + random.int(3) * 20_000;
    const kind = random.int(12);
    const aborted =
      kind === 0
        ? {
            producerId: 7n,
            firstOffset: Math.max(0, baseOffset - 3),
            lastOffset: baseOffset,
            lastStableOffset: baseOffset + 1,
          }
        : null;
    const isRecordBatch = kind !== 1;
    const bodyBytes = random.int(20) === 0 ? 3000 : random.int(200);
    const fields = {
      baseOffset,
      records: aborted === null ? records : 1,
      leaderEpoch: this.#leaderEpoch,
      maxTimestampMs,
      bodyBytes,
      ...(kind < 4 && { codec: 4 }),
    };
    const bytes = isRecordBatch ? textBatch(random, fields) : text(random, 1 + bodyBytes);
    const endOffset = baseOffset + fields.records;
    const model = {
      stream,
      baseOffset,
      endOffset,
      leaderEpoch: this.#leaderEpoch,
      maxTimestampMs,
      bytes,
      isRecordBatch,
    };
    batches.push({ ...model, aborted });
    const appended = new Promise<void>((resolve, reject) => {
      this.engine.append({
        stream,
        baseOffset,
        offsetCount: fields.records,
        leaderEpoch: this.#leaderEpoch,
        maxTimestampMs,
        payload: plainSlice(Buffer.from(bytes)),
        aborted,
        durability: 'os',
        onCommit: (error: StorageError | null) => (error === null ? resolve() : reject(error)),
      });
    });
    await runUntil(this.clock, appended);
  }

  /** All sealed files, as inputs. */
  inputs(): JournalInput[] {
    return journalInputs(this.disk);
  }
}

/** End offset of each stream in journal files, by their entries. */
export async function endsIn(files: Files, inputs: readonly JournalInput[]): Promise<Map<number, number>> {
  const ends = new Map<number, number>();
  for (const { path, byteLength } of inputs) {
    const file = await files.open(path, 'read');
    const bytes = Buffer.alloc(FILE_HEADER_BYTES);
    await file.read(bytes, 0);
    const salt = decodeFileHeader(bytes, crc32c)?.salt ?? 0;
    await scanEntries(
      { file, salt, size: byteLength },
      FILE_HEADER_BYTES,
      ({ kind, stream, baseOffset, offsetCount }) => {
        if (kind === EntryKind.BATCH) ends.set(stream, baseOffset + offsetCount);
        return true;
      },
    );
    await file.close();
  }
  return ends;
}

/** The sealed files of a journal, oldest first. */
export function journalInputs(disk: FaultyDisk): JournalInput[] {
  const inputs: JournalInput[] = [];
  for (let sequence = 1; ; sequence++) {
    const path = `/data/journal/${journalFileName(sequence)}`;
    if (!disk.paths().includes(path)) return inputs;
    const bytes = disk.contents(path);
    const footer = decodeFooter(bytes.subarray(bytes.length - FOOTER_ENTRY_BYTES + ENTRY_HEADER_BYTES));
    if (footer === null) return inputs;
    inputs.push({ kind: 'journal', sequence, path, byteLength: bytes.length, seal: footer });
  }
}

/** Runs a merge on this thread; everything is live unless `context` says otherwise. */
/** As on the thread of merges, one follows the other. */
const memory = new ReadMemory();

export function merge(
  files: Files,
  plan: Pick<MergePlan, 'mergeId' | 'inputs'> & Partial<MergePlan>,
  context: Partial<MergeContext> = {},
): Promise<MergeOutcome> {
  return runMerge(
    {
      folder: SEGMENTS,
      clusterId: 'small',
      nowMs: 5000,
      maxSegmentBytes: 64 * 1024,
      largeStreamBytes: 16 * 1024,
      level: 3,
      bytesPerSecond: 0,
      ...plan,
    },
    {
      files,
      random: seededRandom(plan.mergeId),
      clock: new ManualClock(),
      ask: (streams) => ({ logStart: new Float64Array(streams.length), compacted: new Map() }),
      filters: null,
      pace: async () => {},
      isCancelled: () => false,
      memory,
      ...context,
    },
  );
}

/** What a merge that must go through made, as the input of another one. */
export function asInput({ firstSequence, lastSequence, segments }: MergeResult): LayerInput {
  return {
    kind: 'layer',
    firstSequence,
    lastSequence,
    segments: segments.map(({ descriptor }) => ({
      path: `${SEGMENTS}/${segmentFileName(descriptor)}`,
      descriptor,
      mustRewrite: false,
    })),
  };
}

export async function merged(
  files: Files,
  plan: { readonly mergeId: number; readonly inputs: readonly MergeInput[] } & Partial<MergePlan>,
  context: Partial<MergeContext> = {},
): Promise<MergeResult> {
  const outcome = await merge(files, plan, context);
  if (outcome.kind !== 'done') throw new Error(`the merge was ${outcome.kind}: ${JSON.stringify(outcome)}`);
  return outcome.result;
}

const ALL_LIVE: LiveStarts = { bound: Number.POSITIVE_INFINITY, logStart: () => 0 };

/** All batches of a layer. */
export async function batchesOf(files: Files, layer: LayerInput): Promise<ModelBatch[]> {
  const segments = await openLayer(files, layer);
  const found: ModelBatch[] = [];
  for (const cursor = new SegmentCursor(segments); cursor.stream !== Number.POSITIVE_INFINITY; cursor.next()) {
    const { writtenMs: _, bytes, ...rest } = cursor.batch(ALL_LIVE);
    found.push({ ...rest, bytes: Buffer.from(bytes), aborted: cursor.aborted() });
  }
  for (const { file } of segments) await file.close();
  return found;
}
