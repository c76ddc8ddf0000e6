/** What the coordinators are asked for: transactions, offsets, groups that come together or are restarted, share groups. */
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode } from '../protocol/errors.ts';
import { OffsetCommit } from '../test/support/admin-apis.ts';
import { WireClient } from '../test/support/wire-client.ts';
import { ClassicMember, ConsumerMember, type Member } from './groups/members.ts';
import { assignAtOnce, converged, findCoordinator, joinAll, type Joiner, makeTopic } from './groups/together.ts';
import { java, load } from './load-generator.ts';
import { type Figures, type Sizes, withCpu } from './measures.ts';
import type { RunningBroker } from './targets.ts';

const TRANSACTION_PARTITIONS = 4;
const SHARE_PARTITIONS = 4;
const SHARE_RECORD_BYTES = 1024;
const PARTITIONS_A_MEMBER = 2;
const MAY_LOAD = new Set<number>([
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
]);

const portOf = ({ bootstrap }: RunningBroker) => Number(bootstrap.split(':').at(-1));

/** One Java producer, 100 records of 100 bytes over four partitions in each transaction. */
export async function transactions(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const topic = `transactions-${suffix}`;
  await load('create', broker.bootstrap, topic, TRANSACTION_PARTITIONS);
  const work = () => java('transactions', broker.bootstrap, topic, TRANSACTION_PARTITIONS, sizes.transactionSeconds);
  const { result, cpuS } = await withCpu(broker, work);
  const { commits = 0, seconds = 1, allSeconds = 1, commitP50Ms = 0, commitP99Ms = 0 } = result;
  return {
    'transactions, commits/s': commits / seconds,
    'transactions, broker CPU-ms each': ((cpuS / allSeconds) * 1000) / (commits / seconds),
    'transactions, commit p50 ms': commitP50Ms,
    'transactions, commit p99 ms': commitP99Ms,
  };
}

/** One OffsetCommit after the other, of a group without members. */
export async function offsetCommits(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const topic = `commits-${suffix}`;
  await load('create', broker.bootstrap, topic, 1);
  const client = await WireClient.open(portOf(broker));
  const groupId = `${topic}-group`;
  await findCoordinator(client, groupId);
  const commit = async (committedOffset: number) => {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset }] }];
    const request = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics };
    return (await client.call(OffsetCommit, 8, request)).topics[0]?.partitions[0]?.errorCode ?? -1;
  };
  for (let error = await commit(0); error !== 0; error = await commit(0)) {
    if (!MAY_LOAD.has(error)) throw new Error(`OffsetCommit: error ${error}`);
    await delay(20);
  }
  const elapsedMs: number[] = [];
  for (let offset = 1; offset <= sizes.roundTrips; offset++) {
    const begin = performance.now();
    const error = await commit(offset);
    if (error !== 0) throw new Error(`OffsetCommit: error ${error}`);
    elapsedMs.push(performance.now() - begin);
  }
  client.close();
  // The first fifth warms up.
  const sorted = elapsedMs.slice(elapsedMs.length / 5).sort((a, b) => a - b);
  const percentile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { 'OffsetCommit, p50 ms': percentile(0.5), 'OffsetCommit, p99 ms': percentile(0.99) };
}

/** Members of each protocol that join at once: until every one has its partitions. */
export async function joins(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const figures: Figures = {};
  const port = portOf(broker);
  const count = sizes.members;
  const joiners: ReadonlyArray<readonly [string, Joiner]> = [
    ['classic', ClassicMember.join],
    ['consumer', ConsumerMember.join],
  ];
  for (const [protocol, join] of joiners) {
    const topic = await makeTopic(port, `joins-${protocol}-${suffix}`, count * PARTITIONS_A_MEMBER);
    const groupId = `${topic.name}-group`;
    if (protocol === 'consumer') await assignAtOnce(port, groupId);
    const { result, cpuS } = await withCpu(broker, async () => {
      const begin = performance.now();
      const members = await joinAll(port, groupId, count, topic, join);
      return { members, elapsedMs: performance.now() - begin };
    });
    figures[`${count} ${protocol} members join at once, ms`] = result.elapsedMs;
    figures[`${count} ${protocol} members join at once, broker CPU-ms`] = cpuS * 1000;
    for (const member of result.members) member.stop();
  }
  return figures;
}

/** Members of the consumer protocol that are restarted one after the other: how long it takes and what it moves. */
export async function rollingRestart(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const port = portOf(broker);
  const count = sizes.members;
  const topic = await makeTopic(port, `rolling-${suffix}`, count * PARTITIONS_A_MEMBER);
  const groupId = `${topic.name}-group`;
  await assignAtOnce(port, groupId);
  const members = await joinAll(port, groupId, count, topic, ConsumerMember.join);
  const before = members.map(({ revoked }) => revoked);
  const begin = performance.now();
  let moved = 0;
  for (let index = 0; index < count; index++) {
    const leaving = members[index] as Member;
    moved += leaving.revoked - (before[index] ?? 0);
    await leaving.leave();
    // Else it is chance whether the others share its partitions out before it is back.
    await converged(
      members.filter((member) => member !== leaving),
      topic,
    );
    members[index] = await ConsumerMember.join(port, groupId, `restarted-${index}`, topic);
    before[index] = 0;
    await converged(members, topic);
  }
  const elapsedMs = performance.now() - begin;
  for (const [index, member] of members.entries()) {
    moved += member.revoked - (before[index] ?? 0);
    member.stop();
  }
  return {
    [`rolling restart of ${count} members, ms each`]: elapsedMs / count,
    [`rolling restart of ${count} members, partitions taken from others`]: moved,
  };
}

/** One share consumer that reads what is there. */
export async function shareConsumption(broker: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const topic = `share-${suffix}`;
  await load('create', broker.bootstrap, topic, SHARE_PARTITIONS);
  await load('produce', broker.bootstrap, topic, SHARE_PARTITIONS, sizes.shareRecords, SHARE_RECORD_BYTES, 'none');
  const { result, cpuS } = await withCpu(broker, () => java('share', broker.bootstrap, topic, sizes.shareRecords));
  return {
    'share consumption, records/s': (result['records'] ?? 0) / (result['seconds'] ?? 1),
    'share consumption, broker CPU-s per million': (cpuS / sizes.shareRecords) * 1e6,
  };
}
