/**
 * What the coordinator runtime and the state machines it drives have in common. A state machine (group, transaction,
 * share) never touches a log: it computes records and a response from its state; the runtime replays the records into
 * the state, appends them to the internal topic and gives the response out when they are committed.
 */
import type { Logger } from '../base/logger.ts';
import type { KafkaError } from '../../protocol/errors.ts';
import type { TransactionOutcome } from '../../protocol/records/markers.ts';
import type { KeyedTimers } from './timers.ts';

/** A record as it lies in the internal topic; a null value is a tombstone. */
export interface EncodedRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** The code of a state machine. */
export interface StateMachine<T, S extends CoordinatorShard<T>> {
  readonly codec: RecordCodec<T>;
  /** Makes the state of one partition. */
  readonly makeShard: (context: ShardContext<T>) => S;
}

/** Between a state machine's records and their bytes. */
export interface RecordCodec<T> {
  encode(record: T): EncodedRecord;
  /** Null for a record of a type or version that is not known: it is skipped, as Kafka does. */
  decode(key: Buffer, value: Buffer | null): T | null;
}

/** The producer on whose behalf records are written inside a transaction. */
export interface TransactionalProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** Where a record stands in the log. */
export interface RecordPosition {
  /** Of two records of one key the one with the larger offset is newer. One that was written anew keeps its first. */
  readonly offset: number;
  /** Set for a record of a transaction: it counts when, and if, the producer commits. */
  readonly producer: TransactionalProducer | null;
}

/** Takes one replayed record back out of the state. */
export type Undo = () => void;

/** What an operation wants written, and what it answers when that is committed. */
export type CoordinatorResult<T, R> = ReplayedResult<T, R> | SplitResult<T, R> | AppliedResult<T, R>;

/** One batch, replayed into the state, and undone if it is lost. Without records the answer waits for those before. */
export interface ReplayedResult<T, R> {
  readonly kind: 'replayed';
  readonly records: readonly T[];
  readonly response: R;
}

/** Replayed, too, but in as many batches as it takes, of which a failure can lose the later ones. */
export interface SplitResult<T, R> {
  readonly kind: 'split';
  readonly records: readonly T[];
  readonly response: R;
}

/** One batch of what the operation did to the state itself already. */
export interface AppliedResult<T, R> {
  readonly kind: 'applied';
  readonly records: readonly T[];
  readonly response: R;
  /** Called once the records are committed (null) or lost, before the response goes out: takes back what was lost. */
  readonly onSettled: (error: KafkaError | null) => void;
  /**
   * True where members wait for it: records that take too long count as lost, though they may be committed after that.
   * Otherwise what the log says counts, however long that takes.
   */
  readonly isAwaited: boolean;
}

/** Nothing is written; the answer comes when all that the operation can have seen is committed. */
export function answer<R>(response: R): ReplayedResult<never, R> {
  return { kind: 'replayed', records: [], response };
}

export function replayed<T, R>(records: readonly T[], response: R): ReplayedResult<T, R> {
  return { kind: 'replayed', records, response };
}

export function split<T, R>(records: readonly T[], response: R): SplitResult<T, R> {
  return { kind: 'split', records, response };
}

export function applied<T, R>(
  records: readonly T[],
  response: R,
  onSettled: (error: KafkaError | null) => void,
): AppliedResult<T, R> {
  return { kind: 'applied', records, response, onSettled, isAwaited: false };
}

/** Members wait for it: what takes too long is settled as lost. */
export function awaited<T, R>(result: AppliedResult<T, R>): AppliedResult<T, R> {
  return { ...result, isAwaited: true };
}

/** Records of the state that are appended again: plainly, or inside the open transaction of their producer. */
export interface LiveRecords<T> {
  readonly records: readonly T[];
  readonly producer: TransactionalProducer | null;
  /**
   * Where the records stood first, one offset each. Left out where the order of what is appended says all: where no
   * transaction is open, so that nothing older can come to count later.
   */
  readonly offsets?: readonly number[];
}

/** The state machine of one partition of an internal topic. */
export interface CoordinatorShard<T> {
  /** Applies a record, from the log or from an operation; gives what takes it back. */
  replay(record: T, position: RecordPosition): Undo;
  /**
   * A transaction of the producer ended in this partition, whose epoch may have been raised since its records: what of
   * them is pending counts now, or is dropped. Gives what takes that back.
   */
  endTransaction(producer: TransactionalProducer, outcome: TransactionOutcome): Undo;
  /** Told of a record that was appended without being replayed; gives what takes the note back. */
  noteAppended(record: T): Undo;
  /** The log has been replayed: start timers. */
  onLoaded(): void;
  /** The partition is gone or the broker stops: answer what is parked. Timers are cancelled by the runtime. */
  onUnloaded(error: KafkaError): void;
  /**
   * Everything the state consists of, in pieces. Each piece is computed when it is asked for and is complete for the
   * keys in it; it is appended in one turn of the event loop, while other writes may come between pieces. Only the
   * first batches of a piece may reach the disk.
   */
  liveRecords(): Iterable<readonly LiveRecords<T>[]>;
}

/** What a state machine gets from the runtime. */
export interface ShardContext<T> {
  readonly partition: number;
  readonly logger: Logger;
  /** Timers whose operations run as writes on the shard. */
  readonly timers: KeyedTimers<T>;
}
