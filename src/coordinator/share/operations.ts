/**
 * What can be done to the state of one share partition. A state is initialized by the group coordinator, read by the
 * partition's leader, which fences leaders before it, and then written by that leader; a state epoch fences those that
 * still work with the state from before it was begun anew.
 */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { answer, type CoordinatorResult, replayed } from '../types.ts';
import type { ShareRecord, SharePartitionKey } from './records.ts';
import type { ShareShard } from './shard.ts';
import { type ShareState, snapshotOf } from './state.ts';
import { combine, type StateBatch } from './state-batches.ts';

export type ShareResult<R> = CoordinatorResult<ShareRecord, R>;

/** How a state begins. */
export interface Initialization {
  readonly stateEpoch: number;
  /** -1: the first reader chooses. */
  readonly startOffset: number;
}

/** A change that a partition's leader writes. */
export interface StateWrite {
  readonly stateEpoch: number;
  readonly leaderEpoch: number;
  readonly startOffset: number;
  /** -1: not known. */
  readonly deliveryCompleteCount: number;
  readonly batches: readonly StateBatch[];
}

/** What is known of a state without its batches. */
export type StateSummary = Pick<ShareState, 'stateEpoch' | 'leaderEpoch' | 'startOffset' | 'deliveryCompleteCount'>;

/** Stands for a state that there is not. */
const NO_STATE: StateSummary = { stateEpoch: 0, leaderEpoch: 0, startOffset: -1, deliveryCompleteCount: -1 };

/** @throws KafkaError INVALID_REQUEST, FENCED_STATE_EPOCH, UNKNOWN_TOPIC_OR_PARTITION */
export function initialize(shard: ShareShard, key: SharePartitionKey, begun: Initialization): ShareResult<void> {
  checkNumbers(key, { stateEpoch: begun.stateEpoch });
  const old = shard.state(key);
  if (old !== undefined && old.stateEpoch > begun.stateEpoch) throw new KafkaError(ErrorCode.FENCED_STATE_EPOCH);
  checkPartition(shard, key);
  const nowMs = shard.options.clock.now();
  const state = {
    key,
    snapshotEpoch: old === undefined ? 0 : old.snapshotEpoch + 1,
    stateEpoch: begun.stateEpoch,
    leaderEpoch: 0,
    fencingEpoch: old?.fencingEpoch ?? 0,
    startOffset: begun.startOffset,
    deliveryCompleteCount: begun.startOffset < 0 ? -1 : 0,
    batches: [],
    createTimestampMs: nowMs,
    writeTimestampMs: nowMs,
    updates: 0,
  };
  return replayed([snapshotOf(state)], undefined);
}

/**
 * Reads the state for the leader of an epoch, and fences those before.
 * @throws KafkaError INVALID_REQUEST (also for a state that is not initialized), FENCED_LEADER_EPOCH,
 *   UNKNOWN_TOPIC_OR_PARTITION
 */
export function read(shard: ShareShard, key: SharePartitionKey, leaderEpoch: number): ShareResult<ShareState> {
  checkNumbers(key, { leaderEpoch });
  const state = shard.state(key);
  if (state === undefined) throw uninitialized('Read');
  if (state.fencingEpoch > leaderEpoch) throw new KafkaError(ErrorCode.FENCED_LEADER_EPOCH);
  checkPartition(shard, key);
  if (state.fencingEpoch === leaderEpoch) return answer(state);
  return replayed([changed(shard, state, { ...state, leaderEpoch, batches: [] })], state);
}

/**
 * Adds to the state what its partition's leader says.
 * @throws KafkaError INVALID_REQUEST (also for a state that is not initialized), FENCED_LEADER_EPOCH, FENCED_STATE_EPOCH,
 *   UNKNOWN_TOPIC_OR_PARTITION
 */
export function write(shard: ShareShard, key: SharePartitionKey, change: StateWrite): ShareResult<void> {
  checkNumbers(key, change);
  const state = shard.state(key);
  if (state === undefined) throw uninitialized('Write');
  if (state.fencingEpoch > change.leaderEpoch) throw new KafkaError(ErrorCode.FENCED_LEADER_EPOCH);
  if (state.stateEpoch > change.stateEpoch) throw new KafkaError(ErrorCode.FENCED_STATE_EPOCH);
  checkPartition(shard, key);
  return replayed([changed(shard, state, { ...change, leaderEpoch: state.leaderEpoch })], undefined);
}

/** The record of a change: an update, or now and then a snapshot. The start offset never goes back. */
function changed(shard: ShareShard, state: ShareState, change: StateWrite): ShareRecord {
  const { key, snapshotEpoch } = state;
  const { leaderEpoch, batches } = change;
  const startOffset = Math.max(change.startOffset, state.startOffset);
  const deliveryCompleteCount = completeCount(state, change);
  if (state.updates >= shard.options.updatesPerSnapshot()) {
    const nowMs = shard.options.clock.now();
    return snapshotOf({
      ...state,
      snapshotEpoch: snapshotEpoch + 1,
      leaderEpoch,
      startOffset,
      deliveryCompleteCount,
      batches: combine(state.batches, batches, startOffset),
      createTimestampMs: nowMs,
      writeTimestampMs: nowMs,
    });
  }
  const stateBatches = [...combine([], batches, startOffset)];
  return {
    kind: 'update',
    key,
    value: { snapshotEpoch, leaderEpoch, startOffset, deliveryCompleteCount, stateBatches },
  };
}

function completeCount(state: ShareState, change: StateWrite): number {
  if (change.startOffset > state.startOffset) return change.deliveryCompleteCount;
  if (change.startOffset < state.startOffset) return state.deliveryCompleteCount;
  return Math.max(change.deliveryCompleteCount, state.deliveryCompleteCount);
}

/** @throws KafkaError INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION */
export function summarize(shard: ShareShard, key: SharePartitionKey): ShareResult<StateSummary> {
  checkNumbers(key, {});
  checkPartition(shard, key);
  return answer(shard.state(key) ?? NO_STATE);
}

/** Without a state there is nothing to do. @throws KafkaError INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION */
export function remove(shard: ShareShard, key: SharePartitionKey): ShareResult<void> {
  checkNumbers(key, {});
  checkPartition(shard, key);
  return replayed(shard.state(key) === undefined ? [] : [{ kind: 'snapshot', key, value: null }], undefined);
}

function uninitialized(operation: 'Read' | 'Write'): KafkaError {
  const message = `${operation} operation on uninitialized share partition not allowed.`;
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

function checkNumbers(
  { partition }: SharePartitionKey,
  epochs: { readonly stateEpoch?: number; readonly leaderEpoch?: number },
): void {
  const { leaderEpoch = 0, stateEpoch = 0 } = epochs;
  if (partition < 0) throw negative('partition id');
  if (leaderEpoch < 0) throw negative('leader epoch');
  if (stateEpoch < 0) throw negative('state epoch');
}

function negative(what: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, `The ${what} cannot be a negative number.`);
}

function checkPartition({ options }: ShareShard, { topicId, partition }: SharePartitionKey): void {
  if (options.metadata.topicById(topicId)?.partitions.at(partition) === undefined) {
    throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  }
}
