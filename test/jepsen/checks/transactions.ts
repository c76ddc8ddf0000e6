/** What transactions promise: all or nothing, nothing of an aborted one, nothing too early, and copies exactly once. */
import {
  ofKind,
  type Operation,
  type PollOperation,
  type SharePollOperation,
  type TransactionOperation,
} from '../history.ts';
import { type Anomaly, type Facts, place } from './facts.ts';

/** Of who is to see committed records only, as the share groups here are. */
const isCommittedPoll = (operation: Operation): operation is PollOperation | SharePollOperation =>
  operation.kind === 'share-poll' || (operation.kind === 'poll' && operation.isolation === 'read_committed');

export function abortedReads({ history, written }: Facts): Anomaly[] {
  const found = new Map<number, Anomaly>();
  for (const operation of history) {
    const committed =
      operation.kind === 'final' ? operation.committed : isCommittedPoll(operation) ? operation.records : [];
    for (const record of committed) {
      if (written.get(record.value)?.operation.outcome !== 'aborted') continue;
      found.set(record.value, { kind: 'aborted-read', detail: `${record.value} at ${place(record)} was aborted` });
    }
  }
  return [...found.values()];
}

export function precommittedReads({ history, written }: Facts): Anomaly[] {
  const found = new Map<number, Anomaly>();
  for (const poll of history.filter(isCommittedPoll)) {
    if (poll.completedAt === null) continue;
    for (const record of poll.records) {
      const operation = written.get(record.value)?.operation;
      if (operation?.kind !== 'transaction' || operation.commitInvokedAt === null) continue;
      const earlyMs = operation.commitInvokedAt - poll.completedAt;
      if (earlyMs <= 0) continue;
      const detail = `${record.value} at ${place(record)} was read ${earlyMs.toFixed(0)} ms before its commit was asked for`;
      found.set(record.value, { kind: 'precommitted-read', detail });
    }
  }
  return [...found.values()];
}

export function tornTransactions({ history, committedValues }: Facts): Anomaly[] {
  const found: Anomaly[] = [];
  for (const { producer, writes, outcome } of ofKind(history, 'transaction')) {
    const [visible, missing] = [true, false].map((isThere) =>
      writes.filter(({ value }) => committedValues.has(value) === isThere).map(({ value }) => value),
    ) as [number[], number[]];
    if (outcome === 'aborted' || visible.length === 0 || missing.length === 0) continue;
    const detail = `${producer}, ${outcome}: ${visible.join()} visible, ${missing.join()} not`;
    found.push({ kind: 'torn-transaction', detail });
  }
  return found;
}

/** The copies that are visible, by group and the value they were made from. */
function visibleCopies(
  { committedValues }: Facts,
  transactions: readonly TransactionOperation[],
): Map<string, number[]> {
  const copies = new Map<string, number[]>();
  for (const { consumed, writes } of transactions) {
    if (consumed === null) continue;
    for (const { value, copyOf } of writes) {
      if (copyOf === undefined || !committedValues.has(value)) continue;
      const key = `${consumed.group} ${copyOf}`;
      copies.set(key, [...(copies.get(key) ?? []), value]);
    }
  }
  return copies;
}

/** A record before the group's offset was copied exactly once, one behind it not at all. */
export function wrongCopies(facts: Facts): Anomaly[] {
  const transactions = ofKind(facts.history, 'transaction');
  const copies = visibleCopies(facts, transactions);
  const groups = new Set(transactions.flatMap(({ consumed }) => (consumed === null ? [] : [consumed.group])));
  const found: Anomaly[] = [];
  for (const group of groups) {
    const last = ofKind(facts.history, 'fetch-offsets').findLast((fetch) => fetch.group === group);
    for (const { partition, offset: end } of last?.offsets ?? []) {
      for (const [offset, value] of facts.committed.get(partition) ?? []) {
        const made = copies.get(`${group} ${value}`) ?? [];
        const about = `${value} at ${place({ partition, offset })}, ${group} is at ${end}`;
        if (made.length > 1) found.push({ kind: 'duplicate-copy', detail: `${about}: copied as ${made.join()}` });
        else if (offset < end && made.length === 0) found.push({ kind: 'lost-copy', detail: about });
        else if (offset >= end && made.length > 0) {
          found.push({ kind: 'torn-transaction', detail: `${about}: copied as ${made.join()} without the offset` });
        }
      }
    }
  }
  return found;
}
