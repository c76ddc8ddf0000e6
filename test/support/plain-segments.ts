/**
 * The simplest segments there can be, for tests of what becomes of segments: a list of batches as JSON, and the batches.
 * Merged in one go, read as a whole.
 */
import type { Part } from '../../src/base/counted.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { crc32c } from '../../protocol/crc32c.ts';
import type { Segmenting } from '../../src/storage/convert/host.ts';
import type { SegmentSource } from '../../src/storage/convert/segment-source.ts';
import type {
  AskStreams,
  LayerSegment,
  MergeHandle,
  MergeInput,
  MergeOutcome,
  MergePlan,
  Merger,
} from '../../src/storage/convert/types.ts';
import type { Files, OpenFile } from '../../src/storage/files/files.ts';
import { isNoSpace, readFully, writeFully } from '../../src/storage/files/files.ts';
import { abortNote, noteBytes } from '../../src/storage/format/abort-note.ts';
import { decodeFileHeader, EntryKind, FILE_HEADER_BYTES } from '../../src/storage/format/format.ts';
import { scanEntries } from '../../src/storage/format/scan.ts';
import type { AbortSearch } from '../../src/storage/index/abort-index.ts';
import { type BatchCursor, NeedsIndex, type Pins, type RangeVisitor } from '../../src/storage/runs/run-source.ts';
import { type SegmentDescriptor, segmentFileName } from '../../src/storage/segment/descriptor.ts';
import type { AbortedTransaction } from '../../src/storage/types.ts';
import { SCANNED_BYTES, StorageError } from '../../src/storage/types.ts';

interface PlainBatch {
  readonly stream: number;
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
  readonly writtenMs: number;
  readonly aborted: AbortedTransaction | null;
  readonly bytes: Buffer;
}

const HEADER_BYTES = 8;

function encode(batches: readonly PlainBatch[]): Buffer {
  const rows = batches.map(({ bytes, aborted, ...rest }) => ({
    ...rest,
    length: bytes.length,
    aborted: aborted === null ? null : { ...aborted, producerId: String(aborted.producerId) },
  }));
  const text = Buffer.from(JSON.stringify(rows));
  const body = Buffer.concat([text, ...batches.map(({ bytes }) => bytes)]);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(text.length, 0);
  header.writeUInt32LE(crc32c(body), 4);
  return Buffer.concat([header, body]);
}

type Row = Omit<PlainBatch, 'bytes' | 'aborted'> & {
  readonly length: number;
  readonly aborted: (Omit<AbortedTransaction, 'producerId'> & { readonly producerId: string }) | null;
};

function decode(bytes: Buffer, path: string): PlainBatch[] {
  const body = bytes.subarray(HEADER_BYTES);
  if (bytes.length < HEADER_BYTES || crc32c(body) !== bytes.readUInt32LE(4)) {
    throw new StorageError('CORRUPT', `${path} is damaged`);
  }
  let at = bytes.readUInt32LE(0);
  const rows = JSON.parse(body.toString('utf8', 0, at)) as Row[];
  return rows.map(({ length, aborted, ...rest }) => {
    at += length;
    const known = aborted === null ? null : { ...aborted, producerId: BigInt(aborted.producerId) };
    return { ...rest, aborted: known, bytes: body.subarray(at - length, at) };
  });
}

async function readWhole(files: Files, path: string): Promise<Buffer> {
  const file = await files.open(path, 'read');
  try {
    const bytes = Buffer.alloc(await file.size());
    await readFully(file, bytes, 0);
    return bytes;
  } finally {
    await file.close();
  }
}

async function journalBatches(file: OpenFile): Promise<PlainBatch[]> {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  await readFully(file, header, 0);
  const salt = decodeFileHeader(header, crc32c)?.salt ?? 0;
  const batches: PlainBatch[] = [];
  await scanEntries({ file, salt, size: await file.size() }, FILE_HEADER_BYTES, (entry, payload) => {
    if (entry.kind !== EntryKind.BATCH) return true;
    const { stream, baseOffset, offsetCount, leaderEpoch, maxTimestampMs, writtenMs, flags } = entry;
    const endOffset = baseOffset + offsetCount;
    const bytes = Buffer.from(payload.subarray(0, payload.length - noteBytes(flags)));
    const aborted = abortNote(flags, payload, baseOffset);
    batches.push({ stream, baseOffset, endOffset, leaderEpoch, maxTimestampMs, writtenMs, aborted, bytes });
    return true;
  });
  return batches;
}

async function batchesOf(files: Files, input: MergeInput): Promise<PlainBatch[]> {
  if (input.kind === 'layer') {
    const all: PlainBatch[] = [];
    for (const { path } of input.segments) all.push(...decode(await readWhole(files, path), path));
    return all;
  }
  const file = await files.open(input.path, 'read');
  try {
    return await journalBatches(file);
  } finally {
    await file.close();
  }
}

/** One merge at a time, on this thread. Counts how many there were. */
export class PlainMerger implements Merger {
  readonly #files: Files;
  started = 0;

  constructor(files: Files) {
    this.#files = files;
  }

  start(plan: MergePlan, ask: AskStreams): MergeHandle {
    this.started += 1;
    let isCancelled = false;
    const outcome = this.#run(plan, ask, () => isCancelled);
    return { outcome, cancel: () => void (isCancelled = true), setRate: () => undefined };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #run(plan: MergePlan, ask: AskStreams, isCancelled: () => boolean): Promise<MergeOutcome> {
    const made: LayerSegment[] = [];
    try {
      const kept: PlainBatch[] = [];
      for (const input of plan.inputs) kept.push(...(await this.#live(await batchesOf(this.#files, input), ask)));
      kept.sort((a, b) => a.stream - b.stream || a.baseOffset - b.baseOffset);
      for (const batches of cut(kept, plan.maxSegmentBytes)) {
        if (isCancelled()) throw new Error('cancelled');
        made.push({ descriptor: describe(plan, made.length, batches), isMoved: false });
        await this.#write(plan, made.length - 1, encode(batches));
      }
      await this.#files.syncDirectory(plan.folder);
    } catch (error) {
      for (const { descriptor } of made) {
        await this.#files.unlink(`${plan.folder}/${segmentFileName(descriptor)}`).catch(() => undefined);
      }
      if (isCancelled()) return { kind: 'cancelled' };
      throw new StorageError(isNoSpace(error) ? 'DISK_FULL' : 'IO', 'The merge failed', { cause: error });
    }
    const bytes = { droppedBytes: 0, readBytes: 0, writtenBytes: 0, compacted: new Map() };
    return { kind: 'done', result: { firstSequence: 0, lastSequence: 0, segments: made, ...bytes } };
  }

  async #live(batches: readonly PlainBatch[], ask: AskStreams): Promise<PlainBatch[]> {
    const streams = [...new Set(batches.map(({ stream }) => stream))].sort((a, b) => a - b);
    const { logStart } = await ask(Float64Array.from(streams));
    const starts = new Map(streams.map((stream, i) => [stream, logStart[i] as number]));
    return batches.filter(({ stream, endOffset }) => endOffset > (starts.get(stream) as number));
  }

  async #write({ folder, mergeId }: MergePlan, number: number, bytes: Buffer): Promise<void> {
    const file = await this.#files.open(`${folder}/${segmentFileName({ mergeId, number })}`, 'create');
    try {
      const half = Math.ceil(bytes.length / 2);
      await writeFully(file, [bytes.subarray(0, half)], 0);
      await writeFully(file, [bytes.subarray(half)], half);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}

/** A segment is full at the given size, and where one stream ends and another begins after half of it. */
function cut(batches: readonly PlainBatch[], maxBytes: number): PlainBatch[][] {
  const pieces: PlainBatch[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const batch of batches) {
    const isOther = pieces.at(-1)?.at(-1)?.stream !== batch.stream;
    if (bytes + batch.bytes.length > maxBytes || (isOther && bytes > maxBytes / 2)) {
      pieces.push([]);
      bytes = 0;
    }
    pieces.at(-1)?.push(batch);
    bytes += batch.bytes.length;
  }
  return pieces;
}

function describe({ mergeId }: MergePlan, number: number, batches: readonly PlainBatch[]): SegmentDescriptor {
  const [first, last] = [batches[0] as PlainBatch, batches.at(-1) as PlainBatch];
  return {
    mergeId,
    number,
    firstSequence: 1,
    lastSequence: 1,
    firstStream: first.stream,
    firstOffset: first.baseOffset,
    lastStream: last.stream,
    endOffset: last.endOffset,
    fileBytes: encode(batches).length,
    batchBytes: batches.reduce((sum, { bytes }) => sum + bytes.length, 0),
    maxTimestampMs: batches.reduce((most, { maxTimestampMs }) => Math.max(most, maxTimestampMs), -1),
    hasAborts: batches.some(({ aborted }) => aborted !== null),
    isCompacted: false,
    tablePosition: 0,
    tableBytes: 0,
    salt: 0,
  };
}

class NeedsWhole extends NeedsIndex {
  readonly #load: () => Promise<void>;

  constructor(load: () => Promise<void>) {
    super();
    this.#load = load;
  }

  async load(_pins: Pins): Promise<void> {
    await this.#load();
  }
}

export class PlainSegment implements SegmentSource {
  readonly name: string;
  readonly descriptor: SegmentDescriptor;
  readonly #files: Files;
  #batches: readonly PlainBatch[] | null = null;
  #references = 0;
  isClosed = false;

  constructor(files: Files, path: string, descriptor: SegmentDescriptor) {
    this.#files = files;
    this.name = path;
    this.descriptor = descriptor;
  }

  get firstSequence(): number {
    return this.descriptor.firstSequence;
  }
  get lastSequence(): number {
    return this.descriptor.lastSequence;
  }
  get storedBytes(): number {
    return this.descriptor.fileBytes;
  }
  get batchBytes(): number {
    return this.descriptor.batchBytes;
  }
  get hasAborts(): boolean {
    return this.descriptor.hasAborts;
  }
  get isReferenced(): boolean {
    return this.#references > 0;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
  }

  async check(): Promise<void> {
    await this.#load();
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  find(stream: number, offset: number): BatchCursor | NeedsIndex | null {
    const all = this.#batches;
    if (all === null) return new NeedsWhole(() => this.#load());
    const at = all.findIndex((batch) => batch.stream === stream && batch.endOffset > offset);
    return at < 0 ? null : new PlainCursor(this, all, at);
  }

  endOf(stream: number): number | NeedsIndex {
    if (this.#batches === null) return new NeedsWhole(() => this.#load());
    return this.#batches.findLast((batch) => batch.stream === stream)?.endOffset ?? -1;
  }

  searchAborts(stream: number, search: AbortSearch): boolean | NeedsIndex {
    if (this.#batches === null) return new NeedsWhole(() => this.#load());
    for (const { stream: other, aborted } of this.#batches) {
      if (other !== stream || aborted === null || aborted.lastOffset < search.fromOffset) continue;
      if (search.add(aborted)) return true;
    }
    return false;
  }

  visitRanges(from: number, visit: RangeVisitor): number | NeedsIndex {
    const all = this.#batches;
    if (all === null) return new NeedsWhole(() => this.#load());
    return all.findIndex(({ stream, baseOffset, endOffset, bytes }, at) => {
      return at >= from && !visit(stream, baseOffset, endOffset, bytes.length);
    });
  }

  async #load(): Promise<void> {
    this.#batches ??= decode(await readWhole(this.#files, this.name), this.name);
  }
}

/** Every batch is a run of its own. */
class PlainCursor implements BatchCursor {
  readonly source: PlainSegment;
  readonly mayGoOn = false;
  readonly #batches: readonly PlainBatch[];
  #at: number;

  constructor(source: PlainSegment, batches: readonly PlainBatch[], at: number) {
    this.source = source;
    this.#batches = batches;
    this.#at = at;
  }

  get #batch(): PlainBatch {
    return this.#batches[this.#at] as PlainBatch;
  }
  get stream(): number {
    return this.#batch.stream;
  }
  get baseOffset(): number {
    return this.#batch.baseOffset;
  }
  get endOffset(): number {
    return this.#batch.endOffset;
  }
  get byteLength(): number {
    return this.#batch.bytes.length;
  }
  get runBaseOffset(): number {
    return this.baseOffset;
  }
  get runEndOffset(): number {
    return this.endOffset;
  }
  get runByteLength(): number {
    return this.byteLength;
  }
  get runMaxTimestampMs(): number {
    return this.#batch.maxTimestampMs;
  }
  get runWrittenMs(): number {
    return this.#batch.writtenMs;
  }
  get leaderEpoch(): number {
    return this.#batch.leaderEpoch;
  }

  next(): boolean {
    if (this.#batches[this.#at + 1]?.stream !== this.stream) return false;
    this.#at += 1;
    return true;
  }

  nextInRun(): boolean {
    return false;
  }

  nextRun(): boolean {
    return this.next();
  }

  copy(): BatchCursor {
    return new PlainCursor(this.source, this.#batches, this.#at);
  }

  refusal(): null {
    return null;
  }

  take(into: Part[]): void {
    const { source } = this;
    const { bytes } = this.#batch;
    source.retain();
    const load = (): readonly [ReturnType<typeof plainSlice>] => {
      if (source.isClosed) throw new StorageError('IO', `${source.name} is closed while it is read`);
      return [plainSlice(bytes)];
    };
    into.push({ byteLength: bytes.length, load, release: () => source.release() });
  }

  async loadHeaders(): Promise<void> {}

  header(): Buffer {
    return this.#batch.bytes.subarray(0, SCANNED_BYTES);
  }

  async loadTimestamps(): Promise<void> {}

  maxTimestampMs(): number {
    return this.#batch.maxTimestampMs;
  }

  async batch(): Promise<Buffer> {
    return this.#batch.bytes;
  }
}

/** Segments of this kind on a disk of tests. */
export function plainSegments(files: Files): Segmenting & { readonly merger: PlainMerger } {
  return { merger: new PlainMerger(files), open: (path, descriptor) => new PlainSegment(files, path, descriptor) };
}
