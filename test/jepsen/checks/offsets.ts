/** A group's committed offset is a register: a read gives the last write, or one that was under way. */
import { type FetchOffsetsOperation, ofKind } from '../history.ts';
import type { Anomaly, Facts } from './facts.ts';

interface OffsetWrite {
  readonly offset: number;
  readonly invokedAt: number;
  /** It takes effect, if it does, before this: Infinity when nobody knows. */
  readonly completedAt: number;
  /** By then it had taken effect for sure, as was said or seen. */
  effectiveBy: number;
}

/** What was committed, by group and partition, plainly or in a transaction that was not aborted. */
function offsetWrites({ history }: Facts): Map<string, OffsetWrite[]> {
  const writes = new Map<string, OffsetWrite[]>();
  const add = (group: string, partition: string, write: OffsetWrite) => {
    const key = `${group} ${partition}`;
    const there = writes.get(key);
    if (there === undefined) writes.set(key, [write]);
    else there.push(write);
  };
  for (const operation of history) {
    if (operation.kind === 'commit-offsets') {
      const { group, offsets, invokedAt, completedAt, outcome } = operation;
      const until = outcome === 'ok' && completedAt !== null ? completedAt : Number.POSITIVE_INFINITY;
      for (const { partition, offset } of offsets) {
        add(group, partition, { offset, invokedAt, completedAt: until, effectiveBy: until });
      }
    }
    if (operation.kind === 'transaction' && operation.consumed !== null && operation.commitInvokedAt !== null) {
      const { consumed, commitInvokedAt, completedAt, outcome } = operation;
      const until = outcome === 'committed' && completedAt !== null ? completedAt : Number.POSITIVE_INFINITY;
      for (const { partition, offset } of consumed.offsets) {
        add(consumed.group, partition, { offset, invokedAt: commitInvokedAt, completedAt: until, effectiveBy: until });
      }
    }
  }
  return writes;
}

const NOTHING: OffsetWrite = {
  offset: -1,
  invokedAt: Number.NEGATIVE_INFINITY,
  completedAt: Number.NEGATIVE_INFINITY,
  effectiveBy: Number.NEGATIVE_INFINITY,
};

/** Whoever reads last is judged last, as what is seen shows what had taken effect. */
function problem(read: FetchOffsetsOperation, offset: number, writes: readonly OffsetWrite[]): string | null {
  const end = read.completedAt ?? Number.POSITIVE_INFINITY;
  const sources = [NOTHING, ...writes].filter((write) => write.offset === offset && write.invokedAt <= end);
  if (sources.length === 0) return 'which nobody committed';
  const [only] = sources;
  if (sources.length === 1 && only !== undefined) only.effectiveBy = Math.min(only.effectiveBy, end);
  const newest = Math.max(...sources.map(({ completedAt }) => completedAt));
  const later = writes.find((write) => write.invokedAt > newest && write.effectiveBy < read.invokedAt);
  return later === undefined ? null : `though ${later.offset} had been committed, or seen, since`;
}

export function lostOffsets(facts: Facts): Anomaly[] {
  const writes = offsetWrites(facts);
  const found: Anomaly[] = [];
  for (const read of ofKind(facts.history, 'fetch-offsets')) {
    for (const { partition, offset } of read.offsets) {
      const what = problem(read, offset, writes.get(`${read.group} ${partition}`) ?? []);
      if (what === null) continue;
      found.push({ kind: 'lost-offset', detail: `${read.group} was at ${offset} of ${partition}, ${what}` });
    }
  }
  return found;
}
