/**
 * What the coordinator runtime and the state machines it drives have in common. A state machine (group, transaction,
 * share) never touches a log: it computes records and a response from its state; the runtime replays the records into
 * the state, appends them to the internal topic and gives the response out when they are committed.
 */
import type { Logger } from '../base/logger.ts';
import type { KafkaError } from '../../protocol/errors.ts';
import type { KeyedTimers } from './timers.ts';

/** A record as it lies in the internal topic; a null value is a tombstone. */
export interface EncodedRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Between a state machine's records and their bytes. */
export interface RecordCodec<T> {
  encode(record: T): EncodedRecord;
  /** Null for a record of a type or version that is not known: it is skipped, as Kafka does. */
  decode(key: Buffer, value: Buffer | null): T | null;
}

/** Takes one replayed record back out of the state. */
export type Undo = () => void;

/** What an operation wants written, and what it answers. */
export interface CoordinatorResult<T, R> {
  readonly records: readonly T[];
  readonly response: R;
  /**
   * False when the operation has changed the state itself already; then `onSettled` has to take the change back if the
   * append fails. Default true: the runtime replays the records, and undoes them if the append fails.
   */
  readonly replay?: boolean;
  /** False when the records may end up in several batches, of which a failure can lose the later ones. */
  readonly isAtomic?: boolean;
  /** Called once the records are committed (null) or lost, before the response goes out. */
  readonly onSettled?: (error: KafkaError | null) => void;
}

/** The state machine of one partition of an internal topic. */
export interface CoordinatorShard<T> {
  /** Applies a record, from the log or from an operation; gives what takes it back. */
  replay(record: T): Undo;
  /** Told of a record that was appended without being replayed; gives what takes the note back. */
  noteAppended(record: T): Undo;
  /** The log has been replayed: start timers. */
  onLoaded(): void;
  /** The partition is gone or the broker stops: answer what is parked. Timers are cancelled by the runtime. */
  onUnloaded(error: KafkaError): void;
  /**
   * Everything the state consists of, as records, in pieces. Each piece is computed when it is asked for and is
   * complete for the keys in it, so that pieces may be appended with other writes in between.
   */
  liveRecords(): Iterable<readonly T[]>;
}

/** What a state machine gets from the runtime. */
export interface ShardContext<T> {
  readonly partition: number;
  readonly logger: Logger;
  /** Timers whose operations run as writes on the shard. */
  readonly timers: KeyedTimers<T>;
}
