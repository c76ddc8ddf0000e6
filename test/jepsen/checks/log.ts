/** What a log promises: what was acknowledged is there, once, at one offset, in the order in which it was sent. */
import { type Observation, ofKind } from '../history.ts';
import { type Anomaly, type Facts, isAcknowledged, place, type Written } from './facts.ts';

/** Every sight of a record: acknowledged, polled, and at the end. */
function* observations({ history }: Facts): Generator<Observation> {
  for (const operation of history) {
    if (operation.kind === 'poll' || operation.kind === 'share-poll' || operation.kind === 'final')
      yield* operation.records;
    if (operation.kind === 'final') yield* operation.committed;
    if (operation.kind !== 'send' && operation.kind !== 'transaction') continue;
    for (const { partition, offset, value } of operation.writes) {
      if (offset !== null) yield { partition, offset, value };
    }
  }
}

export function inconsistentOffsets(facts: Facts): Anomaly[] {
  const values = new Map<string, number>();
  const found = new Map<string, Anomaly>();
  for (const observation of observations(facts)) {
    const at = place(observation);
    const before = values.get(at);
    if (before === undefined) values.set(at, observation.value);
    else if (before !== observation.value) {
      found.set(at, { kind: 'inconsistent-offset', detail: `${at} holds ${before} and ${observation.value}` });
    }
  }
  return [...found.values()];
}

export function duplicates(facts: Facts): Anomaly[] {
  const places = new Map<number, string>();
  const found = new Map<number, Anomaly>();
  for (const observation of observations(facts)) {
    const { value } = observation;
    const before = places.get(value);
    if (before === undefined) places.set(value, place(observation));
    else if (before !== place(observation)) {
      found.set(value, { kind: 'duplicate', detail: `${value} lies at ${before} and ${place(observation)}` });
    }
  }
  return [...found.values()];
}

export function unknownValues(facts: Facts): Anomaly[] {
  const strange = new Map<number, Anomaly>();
  for (const observation of observations(facts)) {
    if (facts.written.has(observation.value)) continue;
    strange.set(observation.value, { kind: 'unknown-value', detail: `${observation.value} at ${place(observation)}` });
  }
  return [...strange.values()];
}

/** Where a record was before it was gone. */
function lastSeen(facts: Facts): Map<number, number> {
  const seen = new Map<number, number>();
  for (const { records, isolation } of ofKind(facts.history, 'poll')) {
    if (isolation === 'read_committed') for (const { value, offset } of records) seen.set(value, offset);
  }
  return seen;
}

export function lostWrites(facts: Facts): Anomaly[] {
  const seen = lastSeen(facts);
  const found: Anomaly[] = [];
  for (const [value, writtenValue] of facts.written) {
    const { write, operation } = writtenValue;
    const isPromised = isAcknowledged(writtenValue) || (seen.has(value) && operation.outcome !== 'aborted');
    const there = facts.committed.get(write.partition);
    if (!isPromised || there === undefined || facts.committedValues.has(value)) continue;
    const offset = write.offset ?? seen.get(value) ?? null;
    const end = Math.max(-1, ...there.keys());
    const isPassed = offset === null ? hasLater(facts, writtenValue) : end > offset;
    const how = seen.has(value) ? 'was read' : 'was acknowledged';
    found.push({
      kind: isPassed ? 'lost-write' : 'unseen',
      detail: `${value} ${how} at ${place({ partition: write.partition, offset })}, the partition ends with ${end}`,
    });
  }
  return found;
}

/** Whether something that the same producer sent later to the same partition is there. */
function hasLater(facts: Facts, { write, operation }: Written): boolean {
  return (facts.committed.get(write.partition)?.values() ?? [].values()).some((value) => {
    const other = facts.written.get(value);
    return other?.operation.producer === operation.producer && value > write.value;
  });
}

export function reorderedWrites(facts: Facts): Anomaly[] {
  const found: Anomaly[] = [];
  const offsets = new Map<number, number>();
  for (const there of facts.uncommitted.values()) for (const [offset, value] of there) offsets.set(value, offset);
  const last = new Map<string, { value: number; offset: number }>();
  for (const operation of facts.history) {
    if (operation.kind !== 'send' && operation.kind !== 'transaction') continue;
    for (const { partition, value } of operation.writes) {
      const offset = offsets.get(value);
      if (offset === undefined) continue;
      const key = `${operation.producer} ${partition}`;
      const before = last.get(key);
      if (before !== undefined && before.offset > offset) {
        const order = `${before.value} at ${before.offset}, then ${value} at ${offset}`;
        found.push({ kind: 'reordered-write', detail: `${operation.producer} sent to ${partition}: ${order}` });
      }
      last.set(key, { value, offset });
    }
  }
  return found;
}
