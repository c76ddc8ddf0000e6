/** What consumers are promised: a session reads on, and nothing before a group's committed offset is passed over. */
import { ofKind } from '../history.ts';
import { type Anomaly, type Facts, place } from './facts.ts';

export function unorderedPolls({ history, committed, uncommitted }: Facts): Anomaly[] {
  const found: Anomaly[] = [];
  const positions = new Map<string, number>();
  for (const { session, records, isolation } of ofKind(history, 'poll')) {
    if (session === null) continue;
    const logs = isolation === 'read_committed' ? committed : uncommitted;
    for (const { partition, offset } of records) {
      const key = `${session} ${partition}`;
      const before = positions.get(key);
      positions.set(key, offset);
      if (before === undefined) continue;
      if (offset <= before) {
        const detail = `${session} read ${place({ partition, offset })} after ${before}`;
        found.push({ kind: 'nonmonotonic-poll', detail });
        continue;
      }
      for (let passed = before + 1; passed < offset; passed++) {
        const value = logs.get(partition)?.get(passed);
        if (value === undefined) continue;
        const detail = `${session} went from ${before} to ${offset} in ${partition}, over ${value} at ${passed}`;
        found.push({ kind: 'skipped-poll', detail });
      }
    }
  }
  return found;
}

export function unpolled({ history, committed }: Facts): Anomaly[] {
  const polls = ofKind(history, 'poll');
  const found: Anomaly[] = [];
  for (const group of new Set(polls.map((poll) => poll.group))) {
    if (group === null) continue;
    const given = new Set(
      polls.filter((poll) => poll.group === group).flatMap(({ records }) => records.map(({ value }) => value)),
    );
    const last = ofKind(history, 'fetch-offsets').findLast((fetch) => fetch.group === group);
    for (const { partition, offset: end } of last?.offsets ?? []) {
      for (const [offset, value] of committed.get(partition) ?? []) {
        if (offset >= end || given.has(value)) continue;
        const detail = `${value} at ${place({ partition, offset })}: ${group} is at ${end} and no member was given it`;
        found.push({ kind: 'unpolled', detail });
      }
    }
  }
  return found;
}
