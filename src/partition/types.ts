/**
 * A partition as handlers and coordinators see it: a log with validation, producer state, a high watermark and
 * waiters, over one stream of the engine.
 */
import { KafkaError } from '../../protocol/errors.ts';
import type { Effort } from '../base/effort.ts';
import type { TransactionMarker } from '../../protocol/records/markers.ts';
import type { Counted, Part, Slice } from '../base/counted.ts';
import type { TopicConfig } from '../config/topic-config.ts';
import type { CompactionFigures } from './compaction.ts';
import type { AbortedTransaction, JournalUsage, StreamId } from '../storage/types.ts';
import type { TopicTraffic } from './traffic.ts';
import type { TransactionVerification, UnverifiedBatch } from './verification.ts';

/** Kafka's isolation levels on the wire. */
export const IsolationLevel = { READ_UNCOMMITTED: 0, READ_COMMITTED: 1 } as const;
export type IsolationLevel = (typeof IsolationLevel)[keyof typeof IsolationLevel];

export interface AppendOptions {
  /** Who appends: a client's batches are validated in full, a coordinator's are trusted. */
  readonly origin: 'client' | 'coordinator';
  /** Version of the Produce request, for rules that depend on it (zstd, error codes); the newest for coordinators. */
  readonly produceVersion: number;
  /**
   * For a transactional batch whose transaction is not open here yet: what `startVerification` gave before the transaction
   * coordinator was asked. A client's batch is refused without it; a coordinator answers for itself.
   */
  readonly verification?: TransactionVerification | null;
  /** Counts what `prepare` takes; null: nobody wants to know. */
  readonly effort?: Effort | null;
}

/** A transaction's end in one partition. */
export interface EndTransactionMarker extends TransactionMarker {
  /** From 2 on the marker's epoch must be above that of the transaction's batches (KIP-1228); before: not below. */
  readonly transactionVersion: number;
}

/** Outcome of an append that took effect (it is committed once the high watermark reaches `endOffset`). */
export interface AppendResult {
  readonly baseOffset: number;
  /** Exclusive: the high watermark that makes this append committed. For a duplicate, that of its original. */
  readonly endOffset: number;
  /** Append time in ms with LogAppendTime, else -1. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
  readonly duplicate: boolean;
}

/** One record that made a batch invalid; Produce v8+ reports them. */
export interface RecordError {
  readonly batchIndex: number;
  readonly message: string | null;
}

/** A batch refused for some of its records: INVALID_RECORD or INVALID_TIMESTAMP, with the records. */
export class InvalidRecordsError extends KafkaError {
  readonly recordErrors: readonly RecordError[];

  constructor(code: number, message: string, recordErrors: readonly RecordError[]) {
    super(code, message);
    this.recordErrors = recordErrors;
  }
}

/** How closely produced batches are looked at (`walka.validate.records`): records too, or their header alone. */
export type RecordValidation = 'full' | 'header';

/** A batch that `prepare` has checked: `append` takes it as it is. */
export class PreparedSlice implements Slice {
  readonly bytes: Buffer;
  readonly owner: Counted;

  constructor(bytes: Buffer, owner: Counted) {
    this.bytes = bytes;
    this.owner = owner;
  }
}

export interface PartitionRead {
  readonly parts: readonly Part[];
  readonly byteLength: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Set when the fetcher's last epoch and offset are not on this log (KIP-595); then nothing was read. */
  readonly diverging: { readonly leaderEpoch: number; readonly endOffset: number } | null;
  /** For READ_COMMITTED: aborted transactions of which something may have been read, in order of their markers. */
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** Offsets that the batches cover: as many as records, but for what compaction took out of them. */
  readonly recordCount: number;
}

export interface PartitionReadOptions {
  readonly offset: number;
  readonly maxBytes: number;
  readonly atLeastOne: boolean;
  readonly isolation: IsolationLevel;
  /** Leader epoch the client believes in, or -1. */
  readonly currentLeaderEpoch: number;
  /** Epoch of the last batch the client read, or -1. */
  readonly lastFetchedEpoch: number;
}

export interface OffsetAndTimestamp {
  readonly offset: number;
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}

/** A producer as DescribeProducers shows it. */
export interface ActiveProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** -1 after a marker that raised the epoch. */
  readonly lastSequence: number;
  readonly lastTimestampMs: number;
  /** Of the last marker, or -1. */
  readonly coordinatorEpoch: number;
  /** First offset of the open transaction, or -1. */
  readonly transactionStart: number;
}

/** Told whenever the partition's high watermark or log start offset moves, or the partition goes. */
export interface PartitionWaiter {
  onProgress(partition: PartitionLog): void;
}

export interface PartitionLog {
  readonly topicName: string;
  readonly topicId: string;
  readonly index: number;
  readonly stream: StreamId;
  readonly leaderEpoch: number;
  readonly logStartOffset: number;
  /** Exclusive; includes what is not committed yet. */
  readonly logEndOffset: number;
  readonly highWatermark: number;
  /**
   * Exclusive bound of what read_committed sees: the first offset of the oldest transaction whose end is not committed, or
   * the high watermark. Holds once `ready` is through.
   */
  readonly lastStableOffset: number;
  /** Of the whole topic. */
  readonly traffic: TopicTraffic;
  /** Payload bytes held. */
  readonly sizeBytes: number;
  readonly config: TopicConfig;
  /** True after the topic was deleted: every later call throws UNKNOWN_TOPIC_OR_PARTITION. */
  readonly deleted: boolean;

  /**
   * Producer state is rebuilt on first use; null when it is there already. Await it before `append`, and before whatever
   * has to do with transactions.
   */
  ready(): Promise<void> | null;
  /** Whoever has it will ask for more until then: it is not given up for idle. */
  keepUntil(settled: Promise<unknown>): void;
  /**
   * Validates one v2 batch unless it is prepared, patches base offset and leader epoch into its bytes in place, assigns offsets and queues
   * it. Synchronous: it either took effect or threw.
   * @throws KafkaError with the code for the partition; InvalidRecordsError (a KafkaError) carries record errors.
   */
  append(records: Slice, options: AppendOptions): AppendResult;
  /**
   * Appends the marker that ends a producer's transaction here: one control batch of one offset. It is taken where no
   * transaction is open, too.
   * @throws KafkaError INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED, KAFKA_STORAGE_ERROR
   */
  appendMarker(marker: EndTransactionMarker): AppendResult;
  /** True if the producer has a transaction open here, in this epoch. */
  hasOpenTransaction(producerId: bigint, producerEpoch: number): boolean;
  /**
   * For a client's transactional batch, before the transaction coordinator is asked about it: what `append` wants to have
   * once the coordinator agreed. It is void as soon as a transaction of the producer ended here, and the append refused
   * with INVALID_TXN_STATE. Null: the transaction is open here, and there is nothing to ask.
   */
  startVerification(batch: UnverifiedBatch): TransactionVerification | null;
  /** All producers known here. */
  activeProducers(): ActiveProducer[];
  /**
   * The way in for batches that are compressed or must be re-encoded: null when `append` may be called as it is, else
   * the batch to append, or a promise of it.
   * @throws KafkaError as `append`; also as a rejection
   */
  prepare(records: Slice, options: AppendOptions): PreparedSlice | Promise<PreparedSlice> | null;
  /** Calls back (never before returning) when the high watermark reaches `endOffset`, or with the KafkaError. */
  whenCommitted(endOffset: number, callback: (error: Error | null) => void): void;
  /** Reads committed data. @throws KafkaError OFFSET_OUT_OF_RANGE, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, KAFKA_STORAGE_ERROR */
  read(options: PartitionReadOptions): PartitionRead | Promise<PartitionRead>;
  /** Committed bytes readable from `offset` on, at most; an estimate that is 0 only when there are none. */
  availableBytes(offset: number, isolation: IsolationLevel): number;
  addWaiter(waiter: PartitionWaiter): void;
  removeWaiter(waiter: PartitionWaiter): void;
  /** First record with timestamp >= timestampMs below the bound of the isolation level, or null. */
  offsetForTimestamp(timestampMs: number, isolation: IsolationLevel): Promise<OffsetAndTimestamp | null>;
  /** Record with the largest timestamp; null on an empty log, or where the isolation level does not let it be seen yet. */
  maxTimestamp(isolation: IsolationLevel): Promise<OffsetAndTimestamp | null>;
  /** Leader epoch of the batch at `offset`, or of the log end; -1 when unknown. */
  epochForOffset(offset: number): Promise<number>;
  /** KIP-320: largest epoch <= leaderEpoch and its exclusive end offset; null when unknown. */
  endOffsetForEpoch(leaderEpoch: number): Promise<{ readonly leaderEpoch: number; readonly endOffset: number } | null>;
  /** @throws KafkaError FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH unless the epoch is current or -1. */
  checkLeaderEpoch(currentLeaderEpoch: number): void;
  /**
   * Moves the log start offset (-1: to the high watermark); gives the new one. A coordinator may do so to its compacted
   * topic too. @throws KafkaError OFFSET_OUT_OF_RANGE, POLICY_VIOLATION
   */
  deleteRecords(offset: number, origin?: AppendOptions['origin']): Promise<number>;
}

/** All partitions this broker serves; objects are made on first use. */
export interface PartitionManager {
  /** What the journal under all partitions holds. */
  readonly journalUsage: JournalUsage;
  /** By name and index. */
  get(topicName: string, index: number): PartitionLog | undefined;
  getById(topicId: string, index: number): PartitionLog | undefined;
  /** A partition that is an object already; who looks does not keep it in use. */
  opened(topicId: string, index: number): PartitionLog | undefined;
  /** What went through a topic; undefined before anybody used it. */
  traffic(topicId: string): TopicTraffic | undefined;
  /** Applies retention to every partition; called by a timer. */
  applyRetention(): Promise<void>;
  /** Has those partitions compacted that are due, and looks at all of compacted topics; called by a timer. */
  applyCompaction(): Promise<void>;
  readonly compactionFigures: CompactionFigures;
  close(): Promise<void>;
}
