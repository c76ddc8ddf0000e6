/**
 * The share partitions that are served: made for the first fetch of a group from a partition, gone when nobody of the
 * group is connected any more, when the topic is deleted, or when somebody else's state is newer.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { Clock } from '../base/clock.ts';
import { Deadlines } from '../base/deadlines.ts';
import { isPromise } from '../base/realms.ts';
import type { MetadataChange, MetadataStore } from '../metadata/types.ts';
import { IsolationLevel, type PartitionLog } from '../partition/types.ts';
import { isFatal, type SharePartitionKey, type SharePersister, shownError } from './persister.ts';
import type { SharePartition } from './share-partition.ts';
import type { DeadLetterQueue, ShareGroupSettings, StateStore, StoredState } from './types.ts';

export interface SharePartitionsOptions {
  readonly clock: Clock;
  readonly metadata: MetadataStore;
  readonly persister: SharePersister;
  /** Where records of a share partition go that are given up. */
  readonly deadLettersOf: (key: SharePartitionKey, log: PartitionLog) => DeadLetterQueue;
}

/** A share partition, or the promise of it while its state is read. */
type Slot = SharePartition | Promise<SharePartition>;

export class SharePartitions {
  readonly #options: SharePartitionsOptions;
  readonly #deadlines: Deadlines;
  readonly #groups = new Map<string, Map<string, Slot>>();
  readonly #stopListening: () => void;

  constructor(options: SharePartitionsOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock);
    this.#stopListening = options.metadata.onChange((change) => this.#onChange(change));
  }

  /**
   * The share partition of a group and a log; a promise while its state is read.
   * @throws KafkaError (as a rejection) why it cannot be served
   */
  open(groupId: string, log: PartitionLog): Slot {
    const key = { groupId, topicId: log.topicId, partition: log.index };
    const slot = this.#slot(key);
    if (slot !== undefined) return slot;
    const loading = this.#load(key, log);
    let group = this.#groups.get(groupId);
    if (group === undefined) this.#groups.set(groupId, (group = new Map()));
    group.set(nameOf(key), loading);
    loading.then(
      (partition) => this.#replace(key, loading, partition),
      () => this.#replace(key, loading, null),
    );
    return loading;
  }

  /** A share partition that is served. */
  find(key: SharePartitionKey): SharePartition | undefined {
    const slot = this.#slot(key);
    return isPromise(slot) ? undefined : slot;
  }

  /** All that are served. */
  *served(): Generator<readonly [SharePartitionKey, SharePartition], void, undefined> {
    for (const [groupId, group] of this.#groups) {
      for (const [name, slot] of group) {
        if (!isPromise(slot)) yield [keyOf(groupId, name), slot];
      }
    }
  }

  #slot(key: SharePartitionKey): Slot | undefined {
    return this.#groups.get(key.groupId)?.get(nameOf(key));
  }

  async #load(key: SharePartitionKey, log: PartitionLog): Promise<SharePartition> {
    const { persister, deadLettersOf } = this.#options;
    const { leaderEpoch } = log;
    // Most brokers have no share group.
    const { SharePartition } = await import('./share-partition.ts');
    let state: StoredState;
    try {
      state = await persister.read(key, leaderEpoch);
    } catch (error) {
      throw shownError(error);
    }
    const store: StateStore = {
      write: (update) =>
        persister.write(key, leaderEpoch, update).catch((error: unknown) => {
          const shown = shownError(error);
          // Another one may be served by now, which has nothing to do with it.
          if (isFatal(shown) && this.find(key) === partition) this.drop(key);
          throw shown;
        }),
    };
    const startOffset = state.startOffset >= 0 ? state.startOffset : await this.#firstOffset(key.groupId, log);
    const settings = (): ShareGroupSettings => this.#settings(key.groupId);
    const options = { settings, deadlines: this.#deadlines, store, deadLetters: deadLettersOf(key, log) };
    const partition = new SharePartition(options, state, startOffset);
    return partition;
  }

  #settings(groupId: string): ShareGroupSettings {
    const config = this.#options.metadata.groupConfig(groupId);
    return {
      recordLockDurationMs: config.shareRecordLockDurationMs,
      deliveryCountLimit: config.shareDeliveryCountLimit,
      maxRecordLocks: config.sharePartitionMaxRecordLocks,
      renewAcknowledgeEnable: config.shareRenewAcknowledgeEnable,
    };
  }

  /**
   * Where a group begins without a stored offset: what was written before the first fetch counts as old.
   * @throws KafkaError (as a rejection) OFFSET_NOT_AVAILABLE while no record is as young as the group wants it
   */
  async #firstOffset(groupId: string, log: PartitionLog): Promise<number> {
    const reset = this.#options.metadata.groupConfig(groupId).shareAutoOffsetReset;
    if (reset === 'earliest') return log.logStartOffset;
    if (reset === 'latest') return log.highWatermark;
    const sinceMs = this.#options.clock.now() - reset.durationMs;
    const found = await log.offsetForTimestamp(sinceMs, IsolationLevel.READ_UNCOMMITTED);
    if (found !== null) return found.offset;
    // Whoever fetches next looks again: it begins with the first record that is young enough, once there is one.
    throw new KafkaError(ErrorCode.OFFSET_NOT_AVAILABLE, `Offset for timestamp ${sinceMs} not found.`);
  }

  /** Puts a loaded partition in its place, unless it is not wanted there any more. */
  #replace(key: SharePartitionKey, loading: Slot, partition: SharePartition | null): void {
    if (this.#slot(key) !== loading) partition?.close();
    else if (partition === null) this.#forget(key);
    else this.#groups.get(key.groupId)?.set(nameOf(key), partition);
  }

  #forget(key: SharePartitionKey): void {
    const group = this.#groups.get(key.groupId);
    group?.delete(nameOf(key));
    if (group?.size === 0) this.#groups.delete(key.groupId);
  }

  /** Serves a share partition no more. */
  drop(key: SharePartitionKey): void {
    const partition = this.find(key);
    this.#forget(key);
    partition?.close();
  }

  /** Serves nothing of a group any more. */
  dropGroup(groupId: string): void {
    const group = this.#groups.get(groupId);
    this.#groups.delete(groupId);
    for (const slot of group?.values() ?? []) if (!isPromise(slot)) slot.close();
  }

  dropAll(): void {
    for (const groupId of this.#groups.keys()) this.dropGroup(groupId);
  }

  #onChange(change: MetadataChange): void {
    if (change.kind !== 'topic-deleted') return;
    for (const [groupId, group] of this.#groups) {
      for (const name of group.keys()) {
        const key = keyOf(groupId, name);
        if (key.topicId === change.topic.id) this.drop(key);
      }
    }
  }

  close(): void {
    this.#stopListening();
    this.dropAll();
    this.#deadlines.close();
  }
}

/** Identity within one group. */
function nameOf({ topicId, partition }: SharePartitionKey): string {
  return `${topicId}:${partition}`;
}

function keyOf(groupId: string, name: string): SharePartitionKey {
  const [topicId = '', partition = ''] = name.split(':');
  return { groupId, topicId, partition: Number(partition) };
}
