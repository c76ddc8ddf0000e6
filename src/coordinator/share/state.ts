/** The state of one share partition, as its records make it. Never changed: a record makes a new one. */
import type { ShareSnapshotValue } from '../../../protocol/generated/share-snapshot-value.ts';
import type { ShareUpdateValue } from '../../../protocol/generated/share-update-value.ts';
import type { SharePartitionKey, SnapshotRecord } from './records.ts';
import { combine, type StateBatch } from './state-batches.ts';

/** Stands for nothing said. */
const UNSET = -1;

export interface ShareState {
  readonly key: SharePartitionKey;
  readonly snapshotEpoch: number;
  /** Raised when the group begins anew; older ones are fenced. */
  readonly stateEpoch: number;
  /** Of the partition's leader that read last since the state began; 0 if none has. */
  readonly leaderEpoch: number;
  /** The largest of any leader that has read, also of a state before this one; older ones are fenced. */
  readonly fencingEpoch: number;
  /** -1: not chosen yet. */
  readonly startOffset: number;
  /** Records from the start offset on that are never delivered again; -1: not known. */
  readonly deliveryCompleteCount: number;
  readonly batches: readonly StateBatch[];
  readonly createTimestampMs: number;
  readonly writeTimestampMs: number;
  /** Update records since the last snapshot that was due to them. */
  readonly updates: number;
}

/** @param updatesPerSnapshot only a snapshot that so many updates led to begins to count them anew */
export function fromSnapshot(
  key: SharePartitionKey,
  value: ShareSnapshotValue,
  old: ShareState | undefined,
  updatesPerSnapshot: number,
): ShareState {
  const updates = old?.updates ?? 0;
  return {
    key,
    snapshotEpoch: value.snapshotEpoch,
    stateEpoch: Math.max(value.stateEpoch, old?.stateEpoch ?? UNSET),
    leaderEpoch: value.leaderEpoch,
    fencingEpoch: Math.max(value.leaderEpoch, old?.fencingEpoch ?? UNSET),
    startOffset: value.startOffset,
    deliveryCompleteCount: value.deliveryCompleteCount,
    batches: value.stateBatches,
    createTimestampMs: value.createTimestamp,
    writeTimestampMs: value.writeTimestamp,
    updates: updates >= updatesPerSnapshot ? 0 : updates,
  };
}

export function afterUpdate(old: ShareState, value: ShareUpdateValue): ShareState {
  const startOffset = value.startOffset === UNSET ? old.startOffset : value.startOffset;
  return {
    ...old,
    leaderEpoch: Math.max(value.leaderEpoch, old.leaderEpoch),
    fencingEpoch: Math.max(value.leaderEpoch, old.fencingEpoch),
    startOffset,
    deliveryCompleteCount: value.deliveryCompleteCount,
    batches: combine(old.batches, value.stateBatches, startOffset),
    updates: old.updates + 1,
  };
}

/** The record that says all of it. */
export function snapshotOf(state: ShareState): SnapshotRecord {
  const { key, snapshotEpoch, stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount } = state;
  return {
    kind: 'snapshot',
    key,
    value: {
      snapshotEpoch,
      stateEpoch,
      leaderEpoch,
      startOffset,
      deliveryCompleteCount,
      createTimestamp: state.createTimestampMs,
      writeTimestamp: state.writeTimestampMs,
      stateBatches: [...state.batches],
    },
  };
}
