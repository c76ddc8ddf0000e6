/** What a share partition is told and what it asks for. */
import type { StateBatch } from './in-flight.ts';

/** Settings of a share group, as they are now. */
export interface ShareGroupSettings {
  readonly recordLockDurationMs: number;
  readonly deliveryCountLimit: number;
  readonly maxRecordLocks: number;
  readonly renewAcknowledgeEnable: boolean;
}

/** The state of a share partition as it is kept (`__share_group_state`). */
export interface StoredState {
  readonly stateEpoch: number;
  /** -1: not chosen yet. */
  readonly startOffset: number;
  readonly batches: readonly StateBatch[];
}

/** A change of that state. */
export interface StateUpdate {
  readonly stateEpoch: number;
  readonly startOffset: number;
  /** Records at or behind the start offset that are never delivered again. */
  readonly deliveryCompleteCount: number;
  readonly batches: readonly StateBatch[];
}

/** Where the state of one share partition is kept. */
export interface StateStore {
  /** @throws KafkaError (as a rejection) when it is not kept; calls take effect in their order */
  write(update: StateUpdate): Promise<void>;
}

/** Records that are given up; offsets are inclusive. */
export interface DiscardedRecords {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly deliveryCount: number;
  readonly cause: DiscardCause;
}

export type DiscardCause = 'rejected' | 'delivery-count-limit';

/** Where records go that are given up. */
export interface DeadLetterQueue {
  /** False when they are dropped without a word. */
  isWanted(): boolean;
  /** Never rejects: what cannot be kept is logged. */
  send(records: DiscardedRecords): Promise<void>;
}
