/** What is exported about transactions: how many ids are in which state, and how long read_committed is held up. */
import { type Figure, gauge } from '../../metrics/figures.ts';
import type { TransactionCoordinator } from './coordinator.ts';
import type { TransactionEnvironment } from './environment.ts';

/** Those of the partitions that are loaded. */
function environments(transactions: TransactionCoordinator): TransactionEnvironment[] {
  return transactions.runners().flatMap((runner) => (runner.status === 'active' ? [runner.shard.env] : []));
}

export function transactionFigures(transactions: TransactionCoordinator, nowMs: () => number): Figure[] {
  return [
    {
      name: 'walka_transactional_ids',
      help: 'Transactional ids by the state of their transaction.',
      type: 'gauge',
      collect: () => {
        const counts = new Map<string, number>();
        for (const env of environments(transactions)) {
          for (const { state } of env.transactions.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
        }
        return [...counts].map(([state, value]) => ({ labels: { state }, value }));
      },
    },
    gauge('walka_oldest_transaction_seconds', 'Age of the transaction that is open for longest, 0 for none.', () => {
      const startsMs = environments(transactions).flatMap(({ ongoing }) =>
        [...ongoing.values()].map(({ startTimestampMs }) => startTimestampMs),
      );
      return startsMs.reduce((oldest, startMs) => Math.max(oldest, nowMs() - startMs), 0) / 1000;
    }),
  ];
}
