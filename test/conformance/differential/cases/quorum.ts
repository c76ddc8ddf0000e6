/** The quorum of the metadata, who is in it and in the cluster, and moves between directories. */
import type { ApiName } from '../../../../protocol/apis.ts';
import type { Case, Session } from '../session.ts';

const METADATA = '__cluster_metadata';
const NONE = 'AAAAAAAAAAAAAAAAAAAAAA';
const DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ';
const LISTENERS = [{ name: 'CONTROLLER', host: 'localhost', port: 9 }];

/** What other nodes of a cluster ask each other: no client may. */
const OF_CONTROLLERS: ReadonlyArray<readonly [ApiName, number]> = [
  ['Vote', 2],
  ['BeginQuorumEpoch', 1],
  ['EndQuorumEpoch', 1],
  ['AlterPartition', 3],
  ['Envelope', 0],
  ['FetchSnapshot', 1],
  ['BrokerRegistration', 4],
  ['BrokerHeartbeat', 1],
  ['AllocateProducerIds', 0],
  ['ControllerRegistration', 0],
  ['AssignReplicasToDirs', 0],
  ['UpdateRaftVoter', 0],
];

function asked(topicName: string, ...indexes: number[]) {
  return { topicName, partitions: indexes.map((partitionIndex) => ({ partitionIndex })) };
}

/** With words for how far the two have come and when: the listener is the controller's in Kafka. */
async function describeQuorum(session: Session, step: string, version: number) {
  const { topics, nodes, ...rest } = await session.quietly('DescribeQuorum', version, { topics: [asked(METADATA, 0)] });
  const { leaderEpoch, highWatermark, currentVoters, ...partition } = topics[0].partitions[0];
  const voters = currentVoters.map((voter: Record<string, unknown>) => ({
    ...voter,
    // Between a record and its commit it is ahead.
    logEndOffset: Number(voter['logEndOffset']) >= highWatermark,
    lastFetchTimestamp: Number(voter['lastFetchTimestamp']) > 0,
    lastCaughtUpTimestamp: Number(voter['lastCaughtUpTimestamp']) > 0,
  }));
  // Kafka counts its elections, and may need more than one on a busy machine.
  const offsets = [Number(leaderEpoch) > 0, highWatermark > 0];
  const ids = nodes.map(({ nodeId }: { nodeId: number }) => nodeId);
  session.transcript.push({ step, answer: { ...rest, count: topics.length, partition, offsets, voters, ids } });
}

export const quorumCases: readonly Case[] = [
  {
    name: 'DescribeQuorum',
    run: async (session) => {
      for (const version of [0, 1, 2]) {
        await describeQuorum(session, `the quorum, v${version}`, version);
        const call = (step: string, ...topics: object[]) =>
          session.call(`${step}, v${version}`, 'DescribeQuorum', version, { topics });
        await call('another partition', asked(METADATA, 1));
        await call('another topic', asked('other', 0));
        await call('two topics', asked(METADATA, 0), asked('other', 0, 2));
        await call('twice', asked(METADATA, 0, 0));
        await call('no partitions', asked(METADATA));
        await call('nothing');
      }
    },
  },
  {
    name: 'voters of a fixed quorum',
    run: async (session) => {
      const voters = [
        { voterId: 2, voterDirectoryId: DIRECTORY, clusterId: null },
        { voterId: 1, voterDirectoryId: DIRECTORY, clusterId: null },
        { voterId: 2, voterDirectoryId: DIRECTORY, clusterId: 'other' },
        { voterId: 2, voterDirectoryId: DIRECTORY, clusterId: '' },
        { voterId: -1, voterDirectoryId: DIRECTORY, clusterId: null },
        { voterId: 2, voterDirectoryId: NONE, clusterId: null },
      ];
      for (const voter of voters) {
        const more = { timeoutMs: 1000, listeners: LISTENERS };
        for (const version of [0, 1])
          await session.call(`add ${JSON.stringify(voter)} v${version}`, 'AddRaftVoter', version, {
            ...voter,
            ...more,
          });
        await session.call(`remove ${JSON.stringify(voter)}`, 'RemoveRaftVoter', 0, voter);
      }
    },
  },
  {
    name: 'members of a cluster that are not there',
    run: async (session) => {
      for (const id of [77, -1]) {
        await session.call(`broker ${id}`, 'UnregisterBroker', 0, { brokerId: id });
        await session.call(`controller ${id}`, 'UnregisterController', 0, { controllerId: id });
      }
      await session.call('the active controller', 'UnregisterController', 0, { controllerId: 1 });
    },
  },
  {
    name: 'APIs that only nodes of a cluster use',
    run: async (session) => {
      for (const [api, version] of OF_CONTROLLERS) await session.call(api, api, version);
    },
  },
  {
    name: 'AlterReplicaLogDirs',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2);
      const { results } = await session.quietly('DescribeLogDirs', 4, { topics: [] });
      const here: string = results[0].logDir;
      for (const version of [1, 2]) {
        const call = (step: string, ...dirs: ReadonlyArray<readonly [string, ...object[]]>) =>
          session.call(`${step}, v${version}`, 'AlterReplicaLogDirs', version, {
            dirs: dirs.map(([path, ...topics]) => ({ path, topics })),
          });
        await call('where they are', [here, { name, partitions: [0, 1, 1] }]);
        await call('unknown partitions', [here, { name, partitions: [0, 7, -1] }, { name: 'none', partitions: [0] }]);
        await call('no topic name', [here, { name: '', partitions: [0] }, { name: 'not a name', partitions: [0] }]);
        for (const path of ['/elsewhere', `${here}/`, 'relative', ''])
          await call(`to ${path.replace(here, 'here')}`, [path, { name, partitions: [0, 9] }]);
        await call('two places', ['/elsewhere', { name, partitions: [0] }], [here, { name, partitions: [0, 1] }]);
        await call('and the reverse', [here, { name, partitions: [0] }], ['/elsewhere', { name, partitions: [0, 1] }]);
        await call('no partitions', [here, { name, partitions: [] }]);
        await call('nothing');
      }
    },
  },
];
