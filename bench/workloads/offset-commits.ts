/** OffsetCommit, one after the other. */
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode } from '../../protocol/errors.ts';
import { OffsetCommit } from '../../test/support/admin-apis.ts';
import { findCoordinator } from '../groups/together.ts';
import { createTopic, open } from '../measuring.ts';
import type { Workload } from '../workload.ts';

const MAY_LOAD = new Set<number>([
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
]);
const RETRY_MS = 20;

export const offsetCommits: Workload = {
  name: 'offset-commits',
  title: 'Committing offsets',
  about: 'One OffsetCommit after the other, of a group without members.',
  seconds: ({ roundTrips }) => roundTrips / 2000 + 1,
  async run(bench) {
    const topic = await createTopic(bench, 'commits', 1);
    const client = await open(bench);
    const groupId = `${topic}-group`;
    await findCoordinator(client, groupId);
    const commit = async (committedOffset: number) => {
      const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset }] }];
      const request = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics };
      return (await client.call(OffsetCommit, 8, request)).topics[0]?.partitions[0]?.errorCode ?? -1;
    };
    for (let error = await commit(0); error !== 0; error = await commit(0)) {
      if (!MAY_LOAD.has(error)) throw new Error(`OffsetCommit: error ${error}`);
      await delay(RETRY_MS, undefined, { signal: bench.signal });
    }
    const elapsedMs: number[] = [];
    for (let offset = 1; offset <= bench.sizes.roundTrips; offset++) {
      bench.signal.throwIfAborted();
      const begin = performance.now();
      const error = await commit(offset);
      if (error !== 0) throw new Error(`OffsetCommit: error ${error}`);
      elapsedMs.push(performance.now() - begin);
    }
    client.close();
    // The first fifth warms up.
    const sorted = elapsedMs.slice(elapsedMs.length / 5).sort((a, b) => a - b);
    const percentile = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
    bench.note('a commit, p50', 'ms', 'lower', percentile(0.5));
    bench.note('a commit, p99', 'ms', 'lower', percentile(0.99));
  },
};
