/** Transactions by Kafka's Java producer. */
import { createTopic, withCpu } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const PARTITIONS = 4;

export const transactions: Workload = {
  name: 'transactions',
  title: 'Transactions',
  about: `One Java producer, 100 records of 100 B over ${PARTITIONS} partitions in each transaction, one after the other.`,
  seconds: ({ transactionSeconds }) => transactionSeconds + 4,
  async run(bench) {
    const { broker, generators, signal, sizes } = bench;
    const java = generators.javaClients;
    if (java === null) return;
    const topic = await createTopic(bench, 'transactions', PARTITIONS);
    const { result, cpuS } = await withCpu(bench, () =>
      java.run(signal, 'transactions', broker.bootstrap, topic, PARTITIONS, sizes.transactionSeconds),
    );
    const { commits = 0, seconds = 1, allSeconds = 1, commitP50Ms = 0, commitP99Ms = 0 } = result;
    bench.note('commits', 'commits/s', 'higher', commits / seconds);
    bench.note('a commit, p50', 'ms', 'lower', commitP50Ms);
    bench.note('a commit, p99', 'ms', 'lower', commitP99Ms);
    bench.note('a transaction', 'broker CPU-ms', 'lower', ((cpuS / allSeconds) * 1000) / (commits / seconds));
  },
};
