/** What committed offsets have to be, in its plainest form: a list of what was stored, read from its beginning. */
import type { TransactionalProducer } from '../../src/coordinator/types.ts';

/** Offsets by partition, of one topic of a group. */
export type Offsets = Readonly<Record<number, number>>;

/** Something that was stored, in the order of the log. */
export type Event =
  | { readonly kind: 'commit'; readonly groupId: string; readonly topic: string; readonly offsets: Offsets }
  | {
      readonly kind: 'commit in transaction';
      readonly groupId: string;
      readonly topic: string;
      readonly offsets: Offsets;
      readonly producer: TransactionalProducer;
    }
  | { readonly kind: 'end'; readonly producer: TransactionalProducer; readonly outcome: 'commit' | 'abort' }
  /** Drops keys that begin so. */
  | {
      readonly kind: 'forget';
      readonly groupId: string;
      readonly topic: string | null;
      readonly partition: number | null;
    };

interface Stored {
  readonly offset: number;
  readonly at: number;
}

/** Keys are `group topic partition`. */
export class OffsetModel {
  readonly committed = new Map<string, Stored>();
  readonly #pending = new Map<bigint, Map<string, Stored>>();
  #at = 0;

  apply(event: Event): void {
    this.#at++;
    switch (event.kind) {
      case 'commit':
        this.#put(this.committed, event);
        break;
      case 'commit in transaction': {
        const { producerId } = event.producer;
        const pending = this.#pending.get(producerId) ?? new Map<string, Stored>();
        this.#pending.set(producerId, pending);
        this.#put(pending, event);
        break;
      }
      case 'end':
        this.#end(event.producer.producerId, event.outcome);
        break;
      case 'forget': {
        const parts = [event.groupId, event.topic, event.partition].filter((part) => part !== null);
        const prefix = `${parts.join(' ')} `;
        for (const offsets of [this.committed, ...this.#pending.values()]) {
          for (const key of offsets.keys()) if (`${key} `.startsWith(prefix)) offsets.delete(key);
        }
        break;
      }
    }
  }

  #put(
    offsets: Map<string, Stored>,
    event: { readonly groupId: string; readonly topic: string; readonly offsets: Offsets },
  ): void {
    for (const [partition, offset] of Object.entries(event.offsets)) {
      offsets.set(`${event.groupId} ${event.topic} ${partition}`, { offset, at: this.#at });
    }
  }

  #end(producerId: bigint, outcome: 'commit' | 'abort'): void {
    const pending = this.#pending.get(producerId) ?? new Map<string, Stored>();
    this.#pending.delete(producerId);
    if (outcome === 'abort') return;
    for (const [key, stored] of pending) {
      if (stored.at > (this.committed.get(key)?.at ?? -1)) this.committed.set(key, stored);
    }
  }

  /** A group's committed offsets by topic and partition. */
  offsetsOf(groupId: string): Record<string, number> {
    const entries = [...this.committed].filter(([key]) => key.startsWith(`${groupId} `));
    return Object.fromEntries(entries.map(([key, { offset }]) => [key.slice(groupId.length + 1), offset]).sort());
  }

  /** Partitions of a group that open transactions would commit. */
  pendingOf(groupId: string): string[] {
    const keys = [...this.#pending.values()].flatMap((pending) => [...pending.keys()]);
    const ofGroup = keys.filter((key) => key.startsWith(`${groupId} `));
    return [...new Set(ofGroup.map((key) => key.slice(groupId.length + 1)))].sort();
  }
}
