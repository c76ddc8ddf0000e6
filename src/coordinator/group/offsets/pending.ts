/** Offsets that were committed inside transactions which are still open, by producer. */
import type { TransactionalProducer, Undo } from '../../types.ts';
import { entriesOf, OffsetTable } from './table.ts';
import type { OffsetKey, StoredOffset } from './table.ts';

/** What one producer's open transaction would commit. */
interface OpenTransaction {
  readonly offsets: OffsetTable;
  /** With the epoch of its newest record. */
  producer: TransactionalProducer;
}

/** An offset of an open transaction. */
export interface PendingOffset {
  readonly key: OffsetKey;
  readonly stored: StoredOffset;
  readonly producer: TransactionalProducer;
}

const NONE: ReadonlySet<OpenTransaction> = new Set();

export class PendingOffsets {
  readonly #byProducer = new Map<bigint, OpenTransaction>();
  /** Transactions with offsets of a group. */
  readonly #byGroup = new Map<string, Set<OpenTransaction>>();

  /** Ids of groups with pending offsets. */
  groupIds(): Iterable<string> {
    return this.#byGroup.keys();
  }

  hasGroup(groupId: string): boolean {
    return this.#byGroup.has(groupId);
  }

  /** True if some open transaction would commit an offset there. */
  has(key: OffsetKey): boolean {
    for (const { offsets } of this.#ofGroup(key.groupId)) {
      if (offsets.get(key) !== undefined) return true;
    }
    return false;
  }

  *ofGroup(groupId: string): Iterable<PendingOffset> {
    for (const { offsets, producer } of this.#ofGroup(groupId)) {
      for (const [key, stored] of entriesOf(groupId, offsets.ofGroup(groupId))) yield { key, stored, producer };
    }
  }

  /** Adds an offset to the producer's transaction. */
  add(producer: TransactionalProducer, key: OffsetKey, stored: StoredOffset): Undo {
    const { producerId } = producer;
    const former = this.#byProducer.get(producerId);
    const open = former ?? { offsets: new OffsetTable(), producer };
    const formerProducer = open.producer;
    open.producer = producer;
    this.#byProducer.set(producerId, open);
    const formerStored = this.#set(open, key, stored);
    return () => {
      open.producer = formerProducer;
      this.#set(open, key, formerStored);
      if (former === undefined) this.#byProducer.delete(producerId);
    };
  }

  /** Drops what open transactions would commit there. */
  drop(key: OffsetKey): Undo {
    const dropped: [OpenTransaction, StoredOffset][] = [];
    for (const open of this.#ofGroup(key.groupId)) {
      const stored = open.offsets.get(key);
      if (stored === undefined) continue;
      dropped.push([open, stored]);
      this.#set(open, key, undefined);
    }
    return () => {
      for (const [open, stored] of dropped) this.#set(open, key, stored);
    };
  }

  /** Takes the producer's transaction out, which has ended. */
  take(producerId: bigint): { readonly offsets: OffsetTable; readonly undo: Undo } | null {
    const open = this.#byProducer.get(producerId);
    if (open === undefined) return null;
    this.#byProducer.delete(producerId);
    const groupIds = [...open.offsets.groupIds()];
    for (const groupId of groupIds) this.#leave(open, groupId);
    const undo = (): void => {
      this.#byProducer.set(producerId, open);
      for (const groupId of groupIds) this.#join(open, groupId);
    };
    return { offsets: open.offsets, undo };
  }

  #ofGroup(groupId: string): ReadonlySet<OpenTransaction> {
    return this.#byGroup.get(groupId) ?? NONE;
  }

  /** Gives the former offset. */
  #set(open: OpenTransaction, key: OffsetKey, stored: StoredOffset | undefined): StoredOffset | undefined {
    const former = open.offsets.set(key, stored);
    if (open.offsets.hasGroup(key.groupId)) this.#join(open, key.groupId);
    else this.#leave(open, key.groupId);
    return former;
  }

  #join(open: OpenTransaction, groupId: string): void {
    const transactions = this.#byGroup.get(groupId);
    if (transactions === undefined) this.#byGroup.set(groupId, new Set([open]));
    else transactions.add(open);
  }

  #leave(open: OpenTransaction, groupId: string): void {
    const transactions = this.#byGroup.get(groupId);
    transactions?.delete(open);
    if (transactions?.size === 0) this.#byGroup.delete(groupId);
  }
}
