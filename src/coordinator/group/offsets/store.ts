/**
 * Offsets of the groups of one partition of __consumer_offsets: those that count, and those of open transactions, which
 * come to count, or are dropped, when their transaction ends. Of two for one partition the later in the log counts.
 */
import type { TransactionOutcome } from '../../../../protocol/records/markers.ts';
import type { LiveRecords, RecordPosition, TransactionalProducer, Undo } from '../../types.ts';
import { PendingOffsets } from './pending.ts';
import type { OffsetRecord } from './records.ts';
import { entriesOf, OffsetTable } from './table.ts';
import type { GroupOffsets, OffsetKey, StoredOffset } from './table.ts';

const NOTHING: Undo = () => {};

export class OffsetStore {
  readonly #committed = new OffsetTable();
  readonly #pending = new PendingOffsets();
  #newestTopicId = '';

  /** A group's offsets that count. */
  ofGroup(groupId: string): GroupOffsets {
    return this.#committed.ofGroup(groupId);
  }

  get(key: OffsetKey): StoredOffset | undefined {
    return this.#committed.get(key);
  }

  /** True if an open transaction would commit an offset there. */
  isPending(key: OffsetKey): boolean {
    return this.#pending.has(key);
  }

  /** True if an open transaction would commit offsets of the group. */
  hasPending(groupId: string): boolean {
    return this.#pending.hasGroup(groupId);
  }

  /** Ids of groups with offsets, pending ones too. */
  groupIds(): Iterable<string> {
    return new Set([...this.#committed.groupIds(), ...this.#pending.groupIds()]);
  }

  /** All offsets of a group, pending ones too; one key may come several times. */
  *everythingOf(groupId: string): Iterable<readonly [OffsetKey, StoredOffset]> {
    yield* entriesOf(groupId, this.#committed.ofGroup(groupId));
    for (const { key, stored } of this.#pending.ofGroup(groupId)) yield [key, stored];
  }

  /** Applies a record; gives what brings the former state back. */
  replay(record: OffsetRecord, { offset: recordOffset, producer }: RecordPosition): Undo {
    if (record.value === null) return this.#forget(record);
    const { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs } = record.value;
    const topicId = this.#shared(record.value.topicId);
    const stored = { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId, recordOffset };
    const key = keyOf(record);
    return producer === null ? this.#set(key, stored) : this.#pending.add(producer, key, stored);
  }

  /** A transaction ended: its offsets count from now on where nothing newer was committed, or are dropped. */
  endTransaction({ producerId }: TransactionalProducer, outcome: TransactionOutcome): Undo {
    const ended = this.#pending.take(producerId);
    if (ended === null) return NOTHING;
    const undos = [ended.undo];
    if (outcome === 'commit') {
      for (const groupId of ended.offsets.groupIds()) {
        for (const [key, stored] of entriesOf(groupId, ended.offsets.ofGroup(groupId))) {
          const newest = this.#committed.get(key)?.recordOffset ?? -1;
          if (stored.recordOffset > newest) undos.push(this.#set(key, stored));
        }
      }
    }
    return () => {
      for (const undo of undos.toReversed()) undo();
    };
  }

  /** The records that a group's offsets consist of in the log. */
  liveRecords(groupId: string): LiveRecords<OffsetRecord>[] {
    const committed = [...entriesOf(groupId, this.#committed.ofGroup(groupId))];
    const plain = { records: committed.map(([key, stored]) => recordOf(key, stored)), producer: null };
    if (!this.#pending.hasGroup(groupId)) return [plain];
    const live: LiveRecords<OffsetRecord>[] = [
      { ...plain, offsets: committed.map(([, { recordOffset }]) => recordOffset) },
    ];
    const byProducer = Map.groupBy(this.#pending.ofGroup(groupId), ({ producer }) => producer);
    for (const [producer, pending] of byProducer) {
      const records = pending.map(({ key, stored }) => recordOf(key, stored));
      live.push({ records, producer, offsets: pending.map(({ stored }) => stored.recordOffset) });
    }
    return live;
  }

  #set(key: OffsetKey, stored: StoredOffset): Undo {
    const former = this.#committed.set(key, stored);
    return () => this.#committed.set(key, former);
  }

  /** The same text, of which the many offsets of a topic keep one copy between them. */
  #shared(topicId: string): string {
    if (topicId !== this.#newestTopicId) this.#newestTopicId = topicId;
    return this.#newestTopicId;
  }

  /** A tombstone also drops what open transactions would commit. */
  #forget(record: OffsetRecord): Undo {
    const key = keyOf(record);
    const former = this.#committed.set(key, undefined);
    const undoDrop = this.#pending.hasGroup(key.groupId) ? this.#pending.drop(key) : NOTHING;
    return () => {
      undoDrop();
      this.#committed.set(key, former);
    };
  }
}

function keyOf({ groupId, topic, partition }: OffsetRecord): OffsetKey {
  return { groupId, topic, partition };
}

function recordOf({ groupId, topic, partition }: OffsetKey, value: StoredOffset): OffsetRecord {
  return { kind: 'offset', groupId, topic, partition, value };
}
