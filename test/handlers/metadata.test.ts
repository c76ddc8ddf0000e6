/** Metadata, DescribeTopicPartitions, DescribeCluster. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeDescribeClusterRequest } from '../../protocol/generated/describe-cluster-request.ts';
import { readDescribeClusterResponse } from '../../protocol/generated/describe-cluster-response.ts';
import { writeDescribeTopicPartitionsRequest } from '../../protocol/generated/describe-topic-partitions-request.ts';
import { readDescribeTopicPartitionsResponse } from '../../protocol/generated/describe-topic-partitions-response.ts';
import { writeMetadataRequest } from '../../protocol/generated/metadata-request.ts';
import { readMetadataResponse } from '../../protocol/generated/metadata-response.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import type { Topic } from '../../src/metadata/types.ts';
import { describeClusterHandler } from '../../src/handlers/describe-cluster.ts';
import { describeTopicPartitionsHandler } from '../../src/handlers/describe-topic-partitions.ts';
import { metadataHandler } from '../../src/handlers/metadata.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { adminServices, call } from '../support/admin-services.ts';

const METADATA = { api: metadataHandler, write: writeMetadataRequest, read: readMetadataResponse };
const PAGES = {
  api: describeTopicPartitionsHandler,
  write: writeDescribeTopicPartitionsRequest,
  read: readDescribeTopicPartitionsResponse,
};
const CLUSTER = { api: describeClusterHandler, write: writeDescribeClusterRequest, read: readDescribeClusterResponse };

const NOT_ASKED = -2147483648;

async function createTopic({ metadata }: BrokerServices, name: string, partitionCount = 1) {
  return metadata.createTopic({ name, partitionCount, replicationFactor: 1, assignments: null, configs: new Map() });
}

describe('Metadata', () => {
  it('answers all topics for an empty list in v0 and for null later, sorted by name', async () => {
    const services = await adminServices();
    await createTopic(services, 'b', 2);
    await createTopic(services, 'a');
    const v0 = await call(services, METADATA, 0, { topics: [] });
    assert.deepEqual(
      v0.topics.map(({ name }) => name),
      ['a', 'b'],
    );
    const v1 = await call(services, METADATA, 1, { topics: [] });
    assert.deepEqual(v1.topics, []);
    for (let version = 1; version <= 13; version++) {
      const { topics, brokers, controllerId } = await call(services, METADATA, version, { topics: null });
      assert.deepEqual(
        topics.map(({ name, partitions }) => [name, partitions.length]),
        [
          ['a', 1],
          ['b', 2],
        ],
      );
      assert.deepEqual(brokers, [{ nodeId: 1, host: 'broker.test', port: 9092, rack: null }]);
      assert.equal(controllerId, 1);
    }
  });

  it('is the same in every version when it is long and written in slices', async () => {
    const services = await adminServices();
    const topics: Topic[] = [];
    for (let i = 0; i < 25; i++) topics.push(await createTopic(services, `topic-${i}`, 1 + i * 50));
    topics.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (let version = 1; version <= 13; version++) {
      const [all, ...single] = await Promise.all([
        call(services, METADATA, version, { topics: null }),
        ...topics.map(({ name }) => call(services, METADATA, version, { topics: [{ name }] })),
      ]);
      assert.deepEqual(
        all?.topics,
        single.flatMap((answer) => answer.topics),
      );
      assert.deepEqual({ ...all, topics: [] }, { ...single[0], topics: [] });
    }
  });

  it('shows leader, epoch, replicas and the topic id', async () => {
    const services = await adminServices();
    const { id } = await createTopic(services, 'a');
    const { topics, clusterId } = await call(services, METADATA, 12, { topics: [{ name: 'a' }] });
    assert.equal(clusterId, 'test-cluster');
    assert.equal(topics[0]?.topicId, id);
    assert.deepEqual(topics[0]?.partitions, [
      {
        errorCode: 0,
        partitionIndex: 0,
        leaderId: 1,
        leaderEpoch: 0,
        replicaNodes: [1],
        isrNodes: [1],
        offlineReplicas: [],
      },
    ]);
  });

  it('finds topics by id and says which ids are unknown', async () => {
    const services = await adminServices();
    const { id } = await createTopic(services, 'a');
    const unknown = 'q1Sh-9_ISia_zwGINzRvyQ';
    const { topics } = await call(services, METADATA, 12, {
      topics: [{ topicId: unknown, name: null }, { topicId: id, name: null }, { name: 'ignored' }],
    });
    assert.deepEqual(
      topics.map(({ errorCode, name, topicId }) => [errorCode, name, topicId]),
      [
        [ErrorCode.UNKNOWN_TOPIC_ID, null, unknown],
        [ErrorCode.NONE, 'a', id],
      ],
    );
  });

  it('refuses ids before v12 and topics that are neither name nor id', async () => {
    const services = await adminServices();
    const { id } = await createTopic(services, 'a');
    for (const [version, topic] of [
      [10, { topicId: id, name: 'a' }],
      [11, { name: null }],
      [12, { name: null }],
    ] as const) {
      const { topics } = await call(services, METADATA, version, { topics: [topic] });
      assert.deepEqual(
        topics.map(({ errorCode }) => errorCode),
        [ErrorCode.INVALID_REQUEST],
      );
    }
  });

  it('creates a missing topic and has it for the next request', async () => {
    const services = await adminServices({ 'num.partitions': '3' });
    const request = { topics: [{ name: 'new' }, { name: 'bad/name' }], allowAutoTopicCreation: true };
    const first = await call(services, METADATA, 9, request);
    assert.deepEqual(
      first.topics.map(({ name, errorCode }) => [name, errorCode]),
      [
        ['new', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
        ['bad/name', ErrorCode.INVALID_TOPIC_EXCEPTION],
      ],
    );
    const second = await call(services, METADATA, 9, request);
    assert.equal(second.topics[0]?.errorCode, ErrorCode.NONE);
    assert.equal(second.topics[0]?.partitions.length, 3);
  });

  it('creates nothing when the client or the broker does not want it', async () => {
    const services = await adminServices();
    await call(services, METADATA, 9, { topics: [{ name: 'x' }], allowAutoTopicCreation: false });
    assert.equal(services.metadata.topic('x'), undefined);
    const off = await adminServices({ 'auto.create.topics.enable': 'false' });
    await call(off, METADATA, 9, { topics: [{ name: 'x' }], allowAutoTopicCreation: true });
    assert.equal(off.metadata.topic('x'), undefined);
  });

  it('creates nothing for a request that names too many topics', async () => {
    const services = await adminServices();
    const topics = Array.from({ length: 10_001 }, (_, i) => ({ name: `t${i}` }));
    const answer = await call(services, METADATA, 9, { topics });
    assert.equal(answer.topics.length, 10_001);
    assert.deepEqual(services.metadata.topics(), []);
  });

  it('creates an internal topic with the settings it needs', async () => {
    const services = await adminServices();
    const { topics } = await call(services, METADATA, 9, { topics: [{ name: '__consumer_offsets' }] });
    assert.equal(topics[0]?.isInternal, true);
    assert.equal(services.metadata.topic('__consumer_offsets')?.configs.get('cleanup.policy'), 'compact');
  });

  it('tells authorized operations only where asked', async () => {
    const services = await adminServices();
    await createTopic(services, 'a');
    const asked = await call(services, METADATA, 10, {
      topics: null,
      includeClusterAuthorizedOperations: true,
      includeTopicAuthorizedOperations: true,
    });
    assert.equal(asked.clusterAuthorizedOperations, 8096);
    assert.equal(asked.topics[0]?.topicAuthorizedOperations, 3576);
    const not = await call(services, METADATA, 10, { topics: null });
    assert.equal(not.clusterAuthorizedOperations, NOT_ASKED);
    assert.equal(not.topics[0]?.topicAuthorizedOperations, NOT_ASKED);
  });

  it('answers a topic once however often it is asked for', async () => {
    const services = await adminServices();
    await createTopic(services, 'a');
    const { topics } = await call(services, METADATA, 4, { topics: [{ name: 'a' }, { name: 'a' }] });
    assert.equal(topics.length, 1);
  });
});

describe('DescribeTopicPartitions', () => {
  it('pages through all topics with a cursor', async () => {
    const services = await adminServices();
    await createTopic(services, 'a', 2);
    await createTopic(services, 'b', 3);
    await createTopic(services, 'c', 1);
    const pages: string[][] = [];
    let cursor: { topicName: string; partitionIndex: number } | null = null;
    do {
      const page: ReturnType<typeof readDescribeTopicPartitionsResponse> = await call(services, PAGES, 0, {
        responsePartitionLimit: 2,
        cursor,
      });
      pages.push(
        page.topics.flatMap(({ name, partitions }) => partitions.map((one) => `${name}-${one.partitionIndex}`)),
      );
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(pages, [
      ['a-0', 'a-1'],
      ['b-0', 'b-1'],
      ['b-2', 'c-0'],
    ]);
  });

  it('names missing topics, and those only, without counting them', async () => {
    const services = await adminServices();
    await createTopic(services, 'm', 1);
    const { topics, nextCursor } = await call(services, PAGES, 0, {
      topics: [{ name: 'z/' }, { name: 'm' }, { name: 'a' }],
      responsePartitionLimit: 1,
    });
    assert.deepEqual(
      topics.map(({ name, errorCode, topicId }) => [name, errorCode, topicId === ZERO_UUID]),
      [
        ['a', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, true],
        ['m', ErrorCode.NONE, false],
      ],
    );
    assert.deepEqual({ ...nextCursor }, { topicName: 'z/', partitionIndex: 0 });
  });

  it('refuses a cursor outside the list and a negative one', async () => {
    const services = await adminServices();
    await createTopic(services, 'a', 1);
    for (const cursor of [
      { topicName: 'b', partitionIndex: 0 },
      { topicName: 'a', partitionIndex: -1 },
    ]) {
      const { topics } = await call(services, PAGES, 0, { topics: [{ name: 'a' }], cursor });
      assert.deepEqual(
        topics.map(({ errorCode }) => errorCode),
        [ErrorCode.INVALID_REQUEST],
      );
    }
  });
});

describe('DescribeCluster', () => {
  it('shows the one broker', async () => {
    const services = await adminServices();
    for (const version of [0, 1, 2]) {
      const answer = await call(services, CLUSTER, version, { includeClusterAuthorizedOperations: true });
      assert.equal(answer.clusterId, 'test-cluster');
      assert.equal(answer.controllerId, 1);
      assert.deepEqual(answer.brokers, [{ brokerId: 1, host: 'broker.test', port: 9092, rack: null, isFenced: false }]);
      assert.equal(answer.clusterAuthorizedOperations, 8096);
    }
  });

  it('has no controllers to describe', async () => {
    const services = await adminServices();
    const controllers = await call(services, CLUSTER, 1, { endpointType: 2 });
    assert.equal(controllers.errorCode, ErrorCode.MISMATCHED_ENDPOINT_TYPE);
    const unknown = await call(services, CLUSTER, 1, { endpointType: 9 });
    assert.equal(unknown.errorCode, ErrorCode.UNSUPPORTED_ENDPOINT_TYPE);
  });
});
