/** Names and values as long as the protocol allows: they come back in an answer, or in what an answer says of them. */
import type { Case } from '../session.ts';

/** Bytes of the longest string, and of one that still leaves room for a sentence around it. */
const LENGTHS = [32_600, 32_767];
const [TOPIC, BROKER, GROUP] = [2, 4, 32] as const;

export const longTextCases: readonly Case[] = LENGTHS.map((length) => ({
  name: `names and values of ${length} bytes`,
  run: async (session) => {
    const { name } = await session.createTopic('t');
    const long = 'x'.repeat(length);
    const change = (step: string, resourceType: number, resourceName: string, key: string, value: string) =>
      session.call(step, 'IncrementalAlterConfigs', 1, {
        resources: [{ resourceType, resourceName, configs: [{ name: key, configOperation: 0, value }] }],
        validateOnly: true,
      });
    await change('a value of a topic', TOPIC, name, 'retention.ms', long);
    await change('a number with zeros before it', TOPIC, name, 'retention.ms', '7'.padStart(length, '0'));
    await change('a setting of a topic', TOPIC, name, long, '1');
    await change('a topic', TOPIC, long, 'retention.ms', '1');
    await change('a value of a broker', BROKER, '1', 'message.max.bytes', long);
    await change('a broker', BROKER, long, 'message.max.bytes', '1');
    await change('a setting of a group', GROUP, 'g', long, '1');
    const topic = { numPartitions: 1, replicationFactor: 1 };
    const create = (step: string, more: object) =>
      session.call(step, 'CreateTopics', 7, {
        topics: [{ ...topic, ...more }],
        timeoutMs: 10_000,
        validateOnly: true,
      });
    await create('a topic to create', { name: long });
    await create('a topic to create with it', {
      name: session.name('u'),
      configs: [{ name: 'retention.ms', value: long }],
    });
    await session.call('a topic to delete', 'DeleteTopics', 6, { topics: [{ name: long }], timeoutMs: 10_000 });
    await session.call('a topic to grow', 'CreatePartitions', 3, {
      topics: [{ name: long, count: 3, assignments: null }],
      timeoutMs: 10_000,
    });
    await session.call('an election', 'ElectLeaders', 2, {
      electionType: 0,
      topicPartitions: [{ topic: long, partitions: [0] }],
      timeoutMs: 10_000,
    });
    await session.call('a reassignment', 'AlterPartitionReassignments', 1, {
      topics: [{ name: long, partitions: [{ partitionIndex: 0, replicas: [1] }] }],
      timeoutMs: 10_000,
    });
    await session.call('a description', 'DescribeConfigs', 4, {
      resources: [TOPIC, BROKER].map((resourceType) => ({
        resourceType,
        resourceName: long,
        configurationKeys: null,
      })),
    });
    await session.call('metadata', 'Metadata', 12, { topics: [{ name: long }], allowAutoTopicCreation: true });
    await session.awaitCoordinator(session.name('group'));
    await session.call('groups', 'DescribeGroups', 6, { groups: [long] });
    await session.call('a coordinator', 'FindCoordinator', 4, { keyType: 9, coordinatorKeys: [long] });
  },
}));
