/**
 * The seam between the log engine and the partition layer. The engine knows streams (numbers) and opaque batches with
 * offsets; it knows neither topics nor requests. All methods run on the event loop; what may touch the disk for long is
 * asynchronous.
 */
import type { LaidPayload, Part, Slice } from '../base/counted.ts';
import type { Cleanable, CompactionOutcome, CompactionPolicy, CompactionRequest } from './compaction-types.ts';

/** Identity of a partition in the engine: a positive safe integer that the catalog gives out and never reuses. */
export type StreamId = number;

/** The one stream that is no partition: the journal's copy of the catalog, written by `catalog/journal-copy.ts`. */
export const CATALOG_STREAM: StreamId = -1;

/** A place in the journal: a file, and a position in it. */
export interface JournalEnd {
  readonly sequence: number;
  /** Null: unknown, somewhere in that file. */
  readonly position: number | null;
}

/** Who remembers outside the journal how far it went, so that a start notices when the end of it is missing. */
export interface JournalWitness {
  /** The journal went as far as this at least; null when nothing is known. */
  readonly end: JournalEnd | null;
  /** The journal goes on in this file: resolves when that is remembered, and then something in it is acknowledged. */
  goesOnIn(sequence: number): Promise<void>;
  /** The journal is on the device up to there; what is known of a later file is kept. */
  reached(end: JournalEnd): Promise<void>;
}

/**
 * When an append is acknowledged: `memory` (journal kept in memory), `os` (after the write to the operating system) or
 * `fsync` (after the device has it). Ordered from weak to strong.
 */
export type Durability = 'memory' | 'os' | 'fsync';

/** A transaction that was aborted, as readers of committed records must know it. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
  /** Of the marker. */
  readonly lastOffset: number;
  /** First offset of the oldest transaction that was open behind the marker, else that behind the marker. */
  readonly lastStableOffset: number;
}

/** One record batch to append. Base offset and leader epoch are already patched into the payload. */
export interface StreamAppend {
  readonly stream: StreamId;
  /** First offset; must equal the stream's end offset. */
  readonly baseOffset: number;
  /** Offsets the batch covers: last offset delta + 1. */
  readonly offsetCount: number;
  readonly leaderEpoch: number;
  /** Largest record timestamp in ms, or -1. */
  readonly maxTimestampMs: number;
  /**
   * The batch's bytes: a v2 record batch, whose own CRC-32C must be right (the journal's checksums build on it), or any
   * others. The engine takes its own reference.
   */
  readonly payload: Slice;
  /** The transaction that the batch, a record batch, ends by aborting it: kept for `abortedTransactions`. */
  readonly aborted?: AbortedTransaction | null;
  /** The payload is no record batch, whatever it looks like: the journal's own checksum covers it. */
  readonly isOpaque?: boolean;
  /** Appends that the payload holds, for the statistics; default 1. */
  readonly appendCount?: number;
  /** Acknowledgement wanted for this append; the stronger of this and the engine's own level counts. */
  readonly durability: Durability;
  /** Longest time in ms that it may stay unsynced once it is written; the shorter of this and the engine's own counts. */
  readonly flushMs?: number;
  /**
   * Called exactly once, never before `append` returns, in journal order: with null when the durability is reached,
   * else with the failure (disk full: not written; poisoned: unknown).
   */
  readonly onCommit: (error: StorageError | null) => void;
}

/** An append of opaque bytes that are put together in the journal's own memory; they may not change before `onCommit`. */
export interface LaidAppend extends Omit<StreamAppend, 'payload'> {
  readonly payload: LaidPayload;
}

/** Bytes that a scan of headers shows of each batch: the header of a record batch, and all of a transaction's marker. */
export const SCANNED_BYTES = 128;

/** What the directory knows of a stream. Offsets count appended, not only committed, batches. */
export interface StreamState {
  readonly logStartOffset: number;
  /** Exclusive. */
  readonly logEndOffset: number;
  /** Payload bytes between log start and log end. */
  readonly liveBytes: number;
}

/** Consecutive batches of one stream. The caller owns the parts and releases each. */
export interface StreamRead {
  readonly parts: readonly Part[];
  readonly byteLength: number;
  /** Base offset of the first batch, or the asked offset when nothing was read. */
  readonly startOffset: number;
  /** One past the last offset read. */
  readonly endOffset: number;
}

export interface ReadOptions {
  readonly stream: StreamId;
  /** First offset wanted; a batch that contains it is returned whole. */
  readonly offset: number;
  /** Exclusive bound: no batch that reaches beyond it is returned. */
  readonly endOffset: number;
  /** Bytes wanted at most. */
  readonly maxBytes: number;
  /** Return the first batch even if it is larger than maxBytes. */
  readonly atLeastOne: boolean;
  /** Told of each batch that is returned, in order; `endOffset` is exclusive. */
  readonly onBatch?: (baseOffset: number, endOffset: number, byteLength: number, leaderEpoch: number) => void;
}

/** A batch found by a search, with where it lies. */
export interface BatchLocation {
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly maxTimestampMs: number;
  readonly leaderEpoch: number;
  /** The batch's bytes, copied or referenced; uncounted. */
  readonly bytes: Buffer;
}

/** First offset written under a leader epoch. */
export interface EpochStart {
  readonly leaderEpoch: number;
  readonly startOffset: number;
}

export interface RetentionPolicy {
  /** Age in ms of the largest timestamp beyond which data goes, or -1 for none. */
  readonly retentionMs: number;
  /** Payload bytes kept at most, or -1 for no bound. */
  readonly retentionBytes: number;
  /** Virtual segment size in bytes (Kafka's segment.bytes). */
  readonly segmentBytes: number;
  /** Virtual segment age in ms (Kafka's segment.ms). */
  readonly segmentMs: number;
}

export type StorageErrorCode =
  | 'DISK_FULL'
  | 'POISONED'
  | 'CLOSED'
  | 'CORRUPT'
  | 'IO'
  | 'MEMORY_FULL'
  | 'DROPPED'
  | 'NOT_FOUND';

/** True where what was to be read was dropped meanwhile, to make room in memory. */
export function isDropped(error: unknown): boolean {
  return error instanceof StorageError && error.code === 'DROPPED';
}

/** A failure of the engine, with a stable code. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  /** Where the journal would have to end for a start to go on without what lies behind; null where that does not help. */
  readonly cutAt: JournalEnd | null;
  /** Sequence of the one journal file that a start could go on without; null where that does not help. */
  readonly lostFile: number | null;
  constructor(
    code: StorageErrorCode,
    message: string,
    options?: ErrorOptions & { readonly cutAt?: JournalEnd; readonly lostFile?: number },
  ) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
    this.cutAt = options?.cutAt ?? null;
    this.lostFile = options?.lostFile ?? null;
  }
}

export interface StreamOptions {
  /** Data of an internal topic: never dropped to make room in memory mode. */
  readonly internal?: boolean;
}

/** The engine as the partition layer sees it. */
/** What the journal holds, for whoever could free some of it. */
export interface JournalUsage {
  /** Bytes written since the engine was opened. */
  readonly writtenBytes: number;
  /** Bytes in journal files that no stream refers to. */
  readonly deadBytes: number;
}

export interface LogEngine extends AsyncDisposable {
  readonly usage: JournalUsage;
  /** Makes a new stream known, empty at offset 0. Streams found at recovery need no call. Idempotent. */
  createStream(stream: StreamId, options?: StreamOptions): void;
  /**
   * Forgets the stream for good; its bytes are dead from now on. Its id must not come back. Resolves when the device has
   * it, however little the engine's durability asks for.
   */
  deleteStream(stream: StreamId): Promise<void>;
  /** Ids of all known streams, in no order. */
  streamIds(): Iterable<StreamId>;
  /** True when the stream is known. */
  has(stream: StreamId): boolean;
  /** State of a known stream. @throws StorageError NOT_FOUND */
  state(stream: StreamId): StreamState;
  /** Queues one batch; see StreamAppend. @throws StorageError when the journal refuses (poisoned, closed, disk full). */
  append(append: StreamAppend): void;
  /** Reads forward from an offset; never waits for new data. Sync when indexes are in memory. */
  read(options: ReadOptions): StreamRead | Promise<StreamRead>;
  /**
   * Aborted transactions of which something may lie in the range: those that began before `endOffset` and whose marker
   * lies at or after `fromOffset`, in order of the markers. Sync when there are none, or indexes are in memory.
   */
  abortedTransactions(
    stream: StreamId,
    fromOffset: number,
    endOffset: number,
  ): readonly AbortedTransaction[] | Promise<readonly AbortedTransaction[]>;
  /** First batch at or after `fromOffset` whose max timestamp is >= timestampMs and that ends at or before endOffset. */
  findByTimestamp(
    stream: StreamId,
    timestampMs: number,
    fromOffset: number,
    endOffset: number,
  ): Promise<BatchLocation | null>;
  /** The earliest batch with the largest max timestamp that ends at or before endOffset. */
  findMaxTimestamp(stream: StreamId, endOffset: number): Promise<BatchLocation | null>;
  /** Leader epochs of the stream's data with their first offsets, ascending. */
  leaderEpochs(stream: StreamId): Promise<readonly EpochStart[]>;
  /**
   * Headers of all batches from `fromOffset` on, in order: for rebuilding producer state. `header` is the first
   * SCANNED_BYTES of the batch, or all of a shorter one; only valid during the call.
   */
  scanHeaders(stream: StreamId, fromOffset: number, visit: (header: Buffer) => void): Promise<void>;
  /** Moves the log start offset forward durably (never back); resolves when the journal has it. */
  trim(stream: StreamId, logStartOffset: number): Promise<void>;
  /** Where retention wants the log start offset now, at or after the current one, never beyond `endOffset`. */
  retentionPoint(stream: StreamId, policy: RetentionPolicy, nowMs: number, endOffset: number): Promise<number>;
  /**
   * What could be compacted of a stream now: of what is closed by its policy, and not at or behind `stableOffset`.
   * @throws StorageError NOT_FOUND, IO, CORRUPT; as a rejection
   */
  cleanable(stream: StreamId, policy: CompactionPolicy, stableOffset: number, nowMs: number): Promise<Cleanable>;
  /**
   * Compacts a stream, which is not being compacted already; may take long. Null when it was given up: the engine closes,
   * the stream was deleted, or the journal takes no writes.
   * @throws as `cleanable`
   */
  compact(request: CompactionRequest): Promise<CompactionOutcome | null>;
  /**
   * Keeps a small blob (producer state) with the stream that covers all batches below `offset`. Latest wins. `onEnd` is
   * told whether the journal has it now: when it does not, the one before it counts. A full disk refuses it, unless it is for a
   * trim that follows, covers committed batches only, and is small.
   * @returns true when no full disk refuses it any more
   */
  writeSnapshot(
    stream: StreamId,
    offset: number,
    bytes: Buffer,
    onEnd?: (isKept: boolean) => void,
    isForTrim?: boolean,
  ): boolean;
  /** The newest blob, or null. */
  readSnapshot(stream: StreamId): Promise<{ readonly offset: number; readonly bytes: Buffer } | null>;
  /** Called shortly before a journal file is sealed and before a clean stop: the moment to write snapshots. */
  onBeforeSeal(listener: () => void): void;
  /** Called once when the journal is poisoned: appends fail from now on. */
  onFailure(listener: (error: StorageError) => void): void;
  /** Waits until everything appended so far is on the device. */
  flush(): Promise<void>;
  /** True while appends are refused for lack of space or after poisoning. */
  readonly refusal: StorageError | null;
  /** Bytes appended and not committed yet, for back-pressure. */
  readonly pendingBytes: number;
  /** Drains, syncs, checkpoints and closes. */
  close(): Promise<void>;
}
