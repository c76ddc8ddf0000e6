/** The state machine of one partition of __share_group_state: the states of its share partitions. */
import type { Clock } from '../../base/clock.ts';
import type { MetadataStore } from '../../metadata/types.ts';
import type { CoordinatorShard, LiveRecords, Undo } from '../types.ts';
import { coordinatorKey } from './coordinator-key.ts';
import type { ShareRecord, SharePartitionKey } from './records.ts';
import { afterUpdate, fromSnapshot, type ShareState, snapshotOf } from './state.ts';

export interface ShareShardOptions {
  readonly clock: Clock;
  readonly metadata: MetadataStore;
  /** Updates between two snapshots of a share partition. */
  readonly updatesPerSnapshot: () => number;
}

const NOTHING: Undo = () => {};

export class ShareShard implements CoordinatorShard<ShareRecord> {
  readonly options: ShareShardOptions;
  readonly #states = new Map<string, ShareState>();

  constructor(options: ShareShardOptions) {
    this.options = options;
  }

  state(key: SharePartitionKey): ShareState | undefined {
    return this.#states.get(coordinatorKey(key));
  }

  states(): Iterable<ShareState> {
    return this.#states.values();
  }

  replay(record: ShareRecord): Undo {
    const key = coordinatorKey(record.key);
    const old = this.#states.get(key);
    if (record.kind === 'update') {
      // Without a snapshot it is the rest of a state that is deleted.
      if (old !== undefined) this.#states.set(key, afterUpdate(old, record.value));
    } else if (record.value === null) this.#states.delete(key);
    else this.#states.set(key, fromSnapshot(record.key, record.value, old, this.options.updatesPerSnapshot()));
    return () => {
      if (old === undefined) this.#states.delete(key);
      else this.#states.set(key, old);
    };
  }

  /** Nobody writes here inside transactions. */
  endTransaction(): Undo {
    return NOTHING;
  }

  noteAppended(): Undo {
    return NOTHING;
  }

  onLoaded(): void {}

  onUnloaded(): void {
    this.#states.clear();
  }

  *liveRecords(): Iterable<readonly LiveRecords<ShareRecord>[]> {
    for (const key of this.#states.keys()) {
      const state = this.#states.get(key);
      if (state !== undefined) yield [{ records: [snapshotOf(state)], producer: null }];
    }
  }
}
