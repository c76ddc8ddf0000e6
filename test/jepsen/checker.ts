/** Says what is wrong with a history. Pure: the same history gives the same anomalies, wherever it came from. */
import { type Anomaly, factsOf } from './checks/facts.ts';
import { duplicates, inconsistentOffsets, lostWrites, reorderedWrites, unknownValues } from './checks/log.ts';
import { lostOffsets } from './checks/offsets.ts';
import { unorderedPolls, unpolled } from './checks/polls.ts';
import { fallenShares, wrongShares } from './checks/share.ts';
import { abortedReads, precommittedReads, tornTransactions, wrongCopies } from './checks/transactions.ts';
import type { History } from './history.ts';

export type { Anomaly, AnomalyKind } from './checks/facts.ts';

/** Kept of one kind: the first tell most. */
const MAX_OF_A_KIND = 10;

const CHECKS = [
  unknownValues,
  inconsistentOffsets,
  duplicates,
  lostWrites,
  reorderedWrites,
  abortedReads,
  precommittedReads,
  tornTransactions,
  wrongCopies,
  unorderedPolls,
  unpolled,
  lostOffsets,
  wrongShares,
  fallenShares,
];

export function check(history: History): Anomaly[] {
  const facts = factsOf(history);
  const anomalies = CHECKS.flatMap((find) => find(facts));
  return [...Map.groupBy(anomalies, ({ kind }) => kind).values()].flatMap((ofOne) => ofOne.slice(0, MAX_OF_A_KIND));
}
