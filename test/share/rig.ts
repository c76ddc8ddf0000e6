/** A share partition on a virtual clock, over a log of batches that only have offsets, with its state in memory. */
import { setImmediate as turn } from 'node:timers/promises';
import { Deadlines } from '../../src/base/deadlines.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { AbortedTransaction } from '../../protocol/records/aborted.ts';
import { AcquireMode, type AcquiredRecords, type ReadBatch } from '../../src/share/acquire.ts';
import type { StateBatch } from '../../src/share/in-flight.ts';
import { SharePartition } from '../../src/share/share-partition.ts';
import type { DiscardedRecords, ShareGroupSettings, StateUpdate } from '../../src/share/types.ts';

export const LOCK_MS = 30_000;

export const SETTINGS: ShareGroupSettings = {
  recordLockDurationMs: LOCK_MS,
  deliveryCountLimit: 5,
  maxRecordLocks: 2000,
  renewAcknowledgeEnable: true,
};

export interface RigOptions {
  readonly settings?: Partial<ShareGroupSettings>;
  readonly startOffset?: number;
  readonly stored?: readonly StateBatch[];
  readonly hasDeadLetters?: boolean;
}

export function batch(baseOffset: number, lastOffset: number, more: Partial<ReadBatch> = {}): ReadBatch {
  return { baseOffset, lastOffset, producerId: -1n, isTransactional: false, isControl: false, ...more };
}

export class Rig {
  readonly clock = new ManualClock();
  readonly updates: StateUpdate[] = [];
  readonly deadLetters: DiscardedRecords[] = [];
  readonly partition: SharePartition;
  settings: ShareGroupSettings;
  /** Set: writes wait until it resolves. */
  gate: Promise<void> | null = null;
  error: Error | null = null;

  constructor(options: RigOptions = {}) {
    const { startOffset = 0, stored = [], hasDeadLetters = false } = options;
    this.settings = { ...SETTINGS, ...options.settings };
    this.partition = new SharePartition(
      {
        settings: () => this.settings,
        deadlines: new Deadlines(this.clock),
        store: { write: (update) => this.#write(update) },
        deadLetters: {
          isWanted: () => hasDeadLetters,
          send: async (records) => void this.deadLetters.push(records),
        },
      },
      { stateEpoch: 2, startOffset, batches: stored },
      startOffset,
    );
  }

  async #write(update: StateUpdate): Promise<void> {
    this.updates.push(update);
    await this.gate;
    if (this.error !== null) throw this.error;
  }

  /** Reads what lies from the next offset to fetch on, and acquires of it; "first-last#count" each. */
  fetch(memberId: string, log: readonly ReadBatch[], more: FetchOptions = {}): string[] {
    return this.acquire(memberId, log, more).map(shown);
  }

  acquire(memberId: string, log: readonly ReadBatch[], more: FetchOptions = {}): readonly AcquiredRecords[] {
    const { maxRecords = 500, batchSize = 500, mode = AcquireMode.BATCH_OPTIMIZED, aborted = null } = more;
    const fetchOffset = this.partition.nextFetchOffset();
    const batches = log.filter(({ lastOffset }) => lastOffset >= fetchOffset);
    return this.partition.acquire({ memberId, mode, batchSize, maxRecords, fetchOffset, batches }, aborted);
  }

  /** Acknowledges one range, with a type for all or one for each. */
  acknowledge(memberId: string, firstOffset: number, lastOffset: number, ...types: number[]): Promise<void> {
    return this.partition.acknowledge(memberId, [{ firstOffset, lastOffset, types }]);
  }

  /** Batches of the last update. */
  get lastStored(): readonly string[] {
    const { batches = [] } = this.updates.at(-1) ?? {};
    return batches.map((stored) => `${stored.firstOffset}-${stored.lastOffset}=${stored.deliveryState}`);
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await turn();
  }
}

export interface FetchOptions {
  readonly maxRecords?: number;
  readonly batchSize?: number;
  readonly mode?: AcquireMode;
  readonly aborted?: readonly AbortedTransaction[] | null;
}

export function shown({ firstOffset, lastOffset, deliveryCount }: AcquiredRecords): string {
  return `${firstOffset}-${lastOffset}#${deliveryCount}`;
}
