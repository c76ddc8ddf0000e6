/** What whoever lacks a right is told, and what he is not told, as Apache Kafka 4.4.0 was seen to answer. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeAlterConfigsRequest } from '../../protocol/generated/alter-configs-request.ts';
import { readAlterConfigsResponse } from '../../protocol/generated/alter-configs-response.ts';
import { writeConsumerGroupHeartbeatRequest } from '../../protocol/generated/consumer-group-heartbeat-request.ts';
import { readConsumerGroupHeartbeatResponse } from '../../protocol/generated/consumer-group-heartbeat-response.ts';
import { writeDescribeTopicPartitionsRequest } from '../../protocol/generated/describe-topic-partitions-request.ts';
import { readDescribeTopicPartitionsResponse } from '../../protocol/generated/describe-topic-partitions-response.ts';
import { type FetchRequest } from '../../protocol/generated/fetch-request.ts';
import { writeMetadataRequest } from '../../protocol/generated/metadata-request.ts';
import { readMetadataResponse } from '../../protocol/generated/metadata-response.ts';
import { readableBytes } from '../../src/handlers/fetch/find.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { IsolationLevel } from '../../src/partition/types.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { ratedLogger } from '../../src/base/rated-logger.ts';
import type { Authorizer } from '../../src/security/authorizer.ts';
import { Denials } from '../../src/security/denials.ts';
import { Lines } from '../support/log-lines.ts';
import { ask } from '../support/handler-client.ts';
import { openTestServices, type TestServices } from '../support/test-services.ts';
import { InitProducerId, Fetch, ListOffsets } from '../support/data-apis.ts';
import { CreateTopics } from '../support/admin-apis.ts';
import { IncrementalAlterConfigs, DescribeConfigs } from '../support/config-apis.ts';
import { WriteTxnMarkers } from '../support/transactional-client.ts';

const DescribeTopicPartitions = {
  apiKey: ApiKey.DescribeTopicPartitions,
  write: writeDescribeTopicPartitionsRequest,
  read: readDescribeTopicPartitionsResponse,
};
const Metadata = { apiKey: ApiKey.Metadata, write: writeMetadataRequest, read: readMetadataResponse };
const Heartbeat = {
  apiKey: ApiKey.ConsumerGroupHeartbeat,
  write: writeConsumerGroupHeartbeatRequest,
  read: readConsumerGroupHeartbeatResponse,
};

const OldAlterConfigs = {
  apiKey: ApiKey.AlterConfigs,
  write: writeAlterConfigsRequest,
  read: readAlterConfigsResponse,
};

let opened: TestServices;
beforeEach(async () => {
  opened = await openTestServices();
});
afterEach(async () => opened[Symbol.asyncDispose]());

/** Services to which who asks has these rights, as `OPERATION name`, and no others. */
function withRights(...rights: readonly string[]): BrokerServices {
  const allows: Authorizer['allows'] = (_, operation, __, name) => rights.includes(`${operation} ${name}`);
  return { ...opened.services, authorizer: { allows, allowsAny: () => false } };
}

test('a missing topic that may be seen but not created is told to be internal', async () => {
  const topics = ['__consumer_offsets', 'a', '__transaction_state'].map((name) => ({ name }));
  const services = withRights('DESCRIBE __consumer_offsets', 'DESCRIBE a');
  const answer = await ask(services, Metadata, 9, { topics, allowAutoTopicCreation: true });
  assert.deepEqual(
    answer.topics.map(({ name, errorCode, isInternal }) => [name, errorCode, isInternal]),
    [
      ['__consumer_offsets', ErrorCode.TOPIC_AUTHORIZATION_FAILED, true],
      ['a', ErrorCode.TOPIC_AUTHORIZATION_FAILED, false],
      ['__transaction_state', ErrorCode.TOPIC_AUTHORIZATION_FAILED, false],
    ],
  );
});

test('a page of topics names none that may not be seen, not even as the next', async () => {
  for (const name of ['a', 'b-secret', 'c', 'd-secret']) {
    const topic = { name, partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map() };
    await opened.services.metadata.createTopic(topic);
  }
  const services = withRights('DESCRIBE a', 'DESCRIBE c');
  const page = { topics: [], responsePartitionLimit: 1, cursor: null };
  const first = await ask(services, DescribeTopicPartitions, 0, page);
  assert.deepEqual([first.topics.map(({ name }) => name), first.nextCursor?.topicName], [['a'], 'c']);
  const cursor = { topicName: 'c', partitionIndex: 0 };
  const second = await ask(services, DescribeTopicPartitions, 0, { ...page, cursor });
  assert.deepEqual([second.topics.map(({ name }) => name), second.nextCursor], [['c'], null]);
});

test('each page of topics that were named ends with those that may not be seen', async () => {
  for (const name of ['a', 'c']) {
    const topic = { name, partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map() };
    await opened.services.metadata.createTopic(topic);
  }
  const services = withRights('DESCRIBE a', 'DESCRIBE c');
  const topics = ['b', 'c', 'a', 'd'].map((name) => ({ name }));
  const pages = [];
  for (const cursor of [null, { topicName: 'c', partitionIndex: 0 }]) {
    const page = await ask(services, DescribeTopicPartitions, 0, { topics, responsePartitionLimit: 1, cursor });
    pages.push(page.topics.map(({ name, errorCode }) => `${name} ${errorCode}`));
  }
  assert.deepEqual(pages, [
    ['a 0', 'b 29', 'd 29'],
    ['c 0', 'd 29'],
  ]);
});

test('a session of fetches asks for the right each time, and answers for what may not be read each time', async () => {
  const topic = { name: 'a', partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map() };
  await opened.services.metadata.createTopic(topic);
  const offsets = { fetchOffset: 0, logStartOffset: -1, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
  const partitions = [{ partition: 0, partitionMaxBytes: 1000, ...offsets }];
  const bounds = { replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 1000, isolationLevel: 0, rackId: '' };
  const codesOf = async (services: BrokerServices, session: Partial<FetchRequest>) => {
    const empty = { topics: [], forgottenTopicsData: [], clusterId: null };
    const request = { ...bounds, ...empty, ...session } as unknown as FetchRequest;
    const { sessionId, responses } = await ask(services, Fetch, 12, request);
    return { sessionId, codes: responses.map((one) => one.partitions[0]?.errorCode) };
  };
  const topics = [{ topic: 'a', partitions }] as unknown as FetchRequest['topics'];
  const { sessionId, codes } = await codesOf(withRights('READ a'), { sessionId: 0, sessionEpoch: 0, topics });
  assert.deepEqual(codes, [ErrorCode.NONE]);
  for (const sessionEpoch of [1, 2]) {
    const later = await codesOf(withRights(), { sessionId, sessionEpoch });
    assert.deepEqual(later.codes, [ErrorCode.TOPIC_AUTHORIZATION_FAILED]);
  }
  const forgottenTopicsData = [{ topic: 'a', partitions: [0] }] as unknown as FetchRequest['forgottenTopicsData'];
  assert.deepEqual((await codesOf(withRights(), { sessionId, sessionEpoch: 3, forgottenTopicsData })).codes, []);
});

test('a partition that may not be read is no reason to answer a fetch at once', () => {
  const target = { topic: 'a', topicId: '', partition: 0, fetchOffset: 0, maxBytes: 1, logStartOffset: -1 };
  const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1, sentHighWatermark: -1, sentLogStartOffset: -1 };
  const entry = { target: { ...target, ...epochs }, log: null, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
  assert.equal(readableBytes(entry, IsolationLevel.READ_UNCOMMITTED), 0);
});

test('a heartbeat without the right is told the code alone', async () => {
  const heartbeat = { groupId: 'g', memberId: 'm', memberEpoch: 0, instanceId: null, rackId: null };
  const wanted = { rebalanceTimeoutMs: 1000, subscribedTopicNames: ['a'], subscribedTopicRegex: null };
  const request = { ...heartbeat, ...wanted, serverAssignor: null, topicPartitions: [] };
  const none = await ask(withRights(), Heartbeat, 1, request);
  assert.deepEqual([none.errorCode, none.errorMessage], [ErrorCode.GROUP_AUTHORIZATION_FAILED, null]);
  const unseen = await ask(withRights('READ g'), Heartbeat, 1, request);
  assert.deepEqual([unseen.errorCode, unseen.errorMessage], [ErrorCode.TOPIC_AUTHORIZATION_FAILED, null]);
});

describe('configs', () => {
  const [TOPIC, BROKER, LOGGER, METRICS, GROUP] = [2, 4, 8, 16, 32];
  const named = [TOPIC, GROUP, METRICS, BROKER, LOGGER];

  test('that may not be seen are told by the kind of what they are of', async () => {
    const resources = named.map((resourceType) => ({ resourceType, resourceName: '1', configurationKeys: null }));
    const request = { resources, includeSynonyms: false, includeDocumentation: false };
    const { results } = await ask(withRights(), DescribeConfigs, 4, request);
    assert.deepEqual(
      results.map(({ errorMessage }) => errorMessage),
      ['Topic', 'Group', 'Cluster', 'Cluster', 'Cluster'].map((kind) => `${kind} authorization failed.`),
    );
  });

  test('that may not be changed are told so after what is wrong with the request, of brokers without a text', async () => {
    const configs = [{ name: 'x', configOperation: 0, value: 'y' }];
    const one = (resourceType: number, resourceName = '1') => ({ resourceType, resourceName, configs });
    const resources = [...named.map((type) => one(type)), one(64), one(TOPIC, 'twice'), one(TOPIC, 'twice')];
    const { responses } = await ask(withRights(), IncrementalAlterConfigs, 1, { resources, validateOnly: false });
    const twice = [ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.'];
    assert.deepEqual(
      responses.map(({ errorCode, errorMessage }) => [errorCode, errorMessage]),
      [
        [ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Topic authorization failed.'],
        [ErrorCode.GROUP_AUTHORIZATION_FAILED, 'Group authorization failed.'],
        [ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'Cluster authorization failed.'],
        [ErrorCode.CLUSTER_AUTHORIZATION_FAILED, null],
        [ErrorCode.CLUSTER_AUTHORIZATION_FAILED, null],
        [ErrorCode.INVALID_REQUEST, 'Unknown resource type 64'],
        twice,
        twice,
      ],
    );
  });
});

test('changes of configs that are not well formed are told so before the right is missed, each in its place', async () => {
  const set = (name: string, value: string | null) => ({ name, configOperation: 0, value });
  const changes = [
    [2, [set('a', '1'), set('a', '2')]],
    [8, [set('root', null)]],
    [4, [set('a', null), set('b', null)]],
    [32, [set('a', '1')]],
  ] as const;
  const resources = changes.map(([resourceType, configs]) => ({
    resourceType,
    resourceName: '1',
    configs: [...configs],
  }));
  for (const api of [IncrementalAlterConfigs, OldAlterConfigs]) {
    const { responses } = await ask(withRights(), api, 1, { resources, validateOnly: false });
    assert.deepEqual(
      responses.map(({ errorMessage }) => errorMessage),
      [
        'Error due to duplicate config keys',
        'Null value not supported for : root',
        'Null value not supported for : a, b',
        'Group authorization failed.',
      ],
    );
  }
});

test('a transactional id without the right is refused before what is wrong with the request', async () => {
  const request = { transactionalId: '', transactionTimeoutMs: 1000, producerId: 5n, producerEpoch: -1 };
  const more = { enable2Pc: false, keepPreparedTxn: false };
  for (const transactionalId of ['', 'mine']) {
    const { errorCode } = await ask(withRights(), InitProducerId, 4, { ...request, ...more, transactionalId });
    assert.equal(errorCode, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  }
});

test('the topic that nobody may create is refused as such', async () => {
  const topic = { name: '__cluster_metadata', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const request = { topics: [topic], timeoutMs: 1000, validateOnly: false };
  const { topics } = await ask(withRights(), CreateTopics, 7, request);
  assert.equal(topics[0]?.errorCode, ErrorCode.INVALID_REQUEST);
});

test('markers may be written by brokers, and by who may alter the cluster', async () => {
  const topics = [{ name: 'none', partitionIndexes: [0] }];
  const marker = { producerId: 1n, producerEpoch: 0, transactionResult: true, coordinatorEpoch: 0, topics };
  const codeWith = async (...rights: readonly string[]) => {
    const request = { markers: [{ ...marker, transactionVersion: 0 }] };
    const { markers } = await ask(withRights(...rights), WriteTxnMarkers, 1, request);
    return markers[0]?.topics[0]?.partitions[0]?.errorCode;
  };
  assert.equal(await codeWith(), ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
  for (const operation of ['ALTER', 'CLUSTER_ACTION']) {
    assert.equal(await codeWith(`${operation} kafka-cluster`), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  }
});

test('ListOffsets answers for each time that a partition is named which may not be seen', async () => {
  const topic = { name: 'a', partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map() };
  await opened.services.metadata.createTopic(topic);
  const twice = { partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 };
  const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: 'a', partitions: [twice, twice] }] };
  const codes = async (services: BrokerServices) =>
    (await ask(services, ListOffsets, 8, request)).topics.map(({ partitions }) =>
      partitions.map((one) => one.errorCode),
    );
  assert.deepEqual(await codes(withRights()), [[29, 29]]);
  assert.deepEqual(await codes(withRights('DESCRIBE a')), [[ErrorCode.INVALID_REQUEST]]);
});

test('AlterConfigs does not know loggers, whoever asks', async () => {
  const resources = [{ resourceType: 8, resourceName: '1', configs: [{ name: 'root', value: 'INFO' }] }];
  const { responses } = await ask(withRights(), OldAlterConfigs, 2, { resources, validateOnly: true });
  const errorMessage = 'Unknown resource type 8';
  assert.deepEqual(responses, [{ errorCode: 42, errorMessage, resourceType: 8, resourceName: '1' }]);
});

test('WriteTxnMarkers answers for each producer, also without topics, who may not write any', async () => {
  const marker = { producerEpoch: 0, transactionResult: true, coordinatorEpoch: 0 };
  const topics = [{ name: 'a', partitionIndexes: [0, 1] }];
  const markers = [
    { ...marker, producerId: 5n, topics },
    { ...marker, producerId: 6n, topics },
    { ...marker, producerId: 6n, topics: [] },
  ];
  const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
  const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, errorCode }));
  assert.deepEqual((await ask(withRights(), WriteTxnMarkers, 1, { markers })).markers, [
    { producerId: 5n, topics: [{ name: 'a', partitions }] },
    { producerId: 6n, topics: [] },
  ]);
});

test('each denial is counted, and in the log where the settings want it complete', async () => {
  for (const [setting, least, most] of [
    ['rated', 1, 30],
    ['all', 500, 500],
  ] as const) {
    const lines = new Lines();
    let written = 0;
    lines.info = () => void (written += 1);
    const rated = ratedLogger(lines, new ManualClock());
    const denials = new Denials(setting === 'all' ? lines : rated);
    const services = { ...withRights(), denials };
    for (let i = 0; i < 500; i++)
      await ask(services, IncrementalAlterConfigs, 1, { resources: [topicConfigs(`t${i}`)], validateOnly: true });
    assert.ok(written >= least && written <= most, `${setting}: ${written} lines`);
    assert.deepEqual(
      [...denials.figure.collect()],
      [{ labels: { operation: 'ALTER_CONFIGS', resource_type: 'TOPIC' }, value: 500 }],
    );
  }
});

function topicConfigs(resourceName: string) {
  return { resourceType: 2, resourceName, configs: [] };
}
