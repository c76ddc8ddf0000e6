/** CreateTopics, DeleteTopics, CreatePartitions, ElectLeaders, reassignments, DescribeLogDirs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeAlterPartitionReassignmentsRequest } from '../../protocol/generated/alter-partition-reassignments-request.ts';
import { readAlterPartitionReassignmentsResponse } from '../../protocol/generated/alter-partition-reassignments-response.ts';
import { writeCreatePartitionsRequest } from '../../protocol/generated/create-partitions-request.ts';
import { readCreatePartitionsResponse } from '../../protocol/generated/create-partitions-response.ts';
import { writeCreateTopicsRequest } from '../../protocol/generated/create-topics-request.ts';
import { readCreateTopicsResponse } from '../../protocol/generated/create-topics-response.ts';
import { writeDeleteTopicsRequest } from '../../protocol/generated/delete-topics-request.ts';
import { readDeleteTopicsResponse } from '../../protocol/generated/delete-topics-response.ts';
import { writeDescribeLogDirsRequest } from '../../protocol/generated/describe-log-dirs-request.ts';
import { readDescribeLogDirsResponse } from '../../protocol/generated/describe-log-dirs-response.ts';
import { writeElectLeadersRequest } from '../../protocol/generated/elect-leaders-request.ts';
import { readElectLeadersResponse } from '../../protocol/generated/elect-leaders-response.ts';
import { writeListPartitionReassignmentsRequest } from '../../protocol/generated/list-partition-reassignments-request.ts';
import { readListPartitionReassignmentsResponse } from '../../protocol/generated/list-partition-reassignments-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import type { CreatableTopic } from '../../protocol/generated/create-topics-request.ts';
import { alterPartitionReassignmentsHandler } from '../../src/handlers/alter-partition-reassignments.ts';
import { createPartitionsHandler } from '../../src/handlers/create-partitions.ts';
import { createTopicsHandler } from '../../src/handlers/create-topics.ts';
import { deleteTopicsHandler } from '../../src/handlers/delete-topics.ts';
import { describeLogDirsHandler } from '../../src/handlers/describe-log-dirs.ts';
import { electLeadersHandler } from '../../src/handlers/elect-leaders.ts';
import { listPartitionReassignmentsHandler } from '../../src/handlers/list-partition-reassignments.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import type { PartitionLog } from '../../src/partition/types.ts';
import { adminServices, call } from '../support/admin-services.ts';
import { batch, produce } from '../support/partitions.ts';

const CREATE = { api: createTopicsHandler, write: writeCreateTopicsRequest, read: readCreateTopicsResponse };
const DELETE = { api: deleteTopicsHandler, write: writeDeleteTopicsRequest, read: readDeleteTopicsResponse };
const GROW = { api: createPartitionsHandler, write: writeCreatePartitionsRequest, read: readCreatePartitionsResponse };
const ELECT = { api: electLeadersHandler, write: writeElectLeadersRequest, read: readElectLeadersResponse };
const DIRS = { api: describeLogDirsHandler, write: writeDescribeLogDirsRequest, read: readDescribeLogDirsResponse };
const REASSIGN = {
  api: alterPartitionReassignmentsHandler,
  write: writeAlterPartitionReassignmentsRequest,
  read: readAlterPartitionReassignmentsResponse,
};
const REASSIGNMENTS = {
  api: listPartitionReassignmentsHandler,
  write: writeListPartitionReassignmentsRequest,
  read: readListPartitionReassignmentsResponse,
};

async function create(services: BrokerServices, ...topics: Input<CreatableTopic>[]) {
  const withDefaults = topics.map((topic) => ({ numPartitions: 1, replicationFactor: 1, ...topic }));
  const answer = await call(services, CREATE, 7, { topics: withDefaults });
  return answer.topics;
}

const assigned = (...brokers: number[][]) => brokers.map((brokerIds) => ({ brokerIds }));

const partition = (partitionIndex: number, replicas: number[] | null) => ({ partitionIndex, replicas });

describe('CreateTopics', () => {
  it('refuses names and values of 32,767 bytes with a message that fits into an answer', async () => {
    const services = await adminServices();
    const long = 'x'.repeat(32_767);
    const configs = [{ name: 'retention.ms', value: long }];
    const [byName, byValue] = await create(services, { name: long }, { name: 't', configs });
    assert.equal(byName?.errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION);
    assert.equal(byValue?.errorCode, ErrorCode.INVALID_CONFIG);
    for (const { errorMessage } of [byName, byValue]) assert.match(errorMessage ?? '', /xxx…$/);
  });

  it('creates topics in every version', async () => {
    for (let version = 2; version <= 7; version++) {
      const services = await adminServices();
      const topics = [
        { name: 'a', numPartitions: 3, replicationFactor: 1, configs: [{ name: 'flush.ms', value: '9' }] },
      ];
      const [result] = (await call(services, CREATE, version, { topics })).topics;
      assert.equal(result?.errorCode, ErrorCode.NONE);
      assert.equal(result.errorMessage, null);
      const topic = services.metadata.topic('a');
      assert.equal(topic?.partitions.length, 3);
      assert.deepEqual([...topic.configs], [['flush.ms', '9']]);
      if (version < 5) continue;
      assert.equal(result.numPartitions, 3);
      assert.equal(result.replicationFactor, 1);
      assert.ok((result.configs?.length ?? 0) > 30);
      const flush = result.configs?.find(({ name }) => name === 'flush.ms');
      assert.deepEqual([flush?.value, flush?.configSource], ['9', 1]);
      if (version >= 7) assert.equal(result.topicId, topic.id);
    }
  });

  it('lets each topic succeed or fail on its own', async () => {
    const services = await adminServices();
    await create(services, { name: 'old' });
    const results = await create(
      services,
      { name: 'good' },
      { name: 'old' },
      { name: 'bad name' },
      { name: 'twice' },
      { name: 'twice' },
      { name: '__cluster_metadata' },
      { name: 'far', replicationFactor: 3 },
      { name: 'empty', numPartitions: 0 },
      { name: 'odd', configs: [{ name: 'odd', value: '1' }] },
      { name: 'null', configs: [{ name: 'flush.ms', value: null }] },
      {
        name: 'same',
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [
          { partitionIndex: 0, brokerIds: [1] },
          { partitionIndex: 0, brokerIds: [1] },
        ],
      },
      { name: 'both', numPartitions: 1, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
    );
    assert.deepEqual(
      results.map(({ name, errorCode }) => [name, errorCode]),
      [
        ['good', ErrorCode.NONE],
        ['old', ErrorCode.TOPIC_ALREADY_EXISTS],
        ['bad name', ErrorCode.INVALID_TOPIC_EXCEPTION],
        ['__cluster_metadata', ErrorCode.INVALID_REQUEST],
        ['far', ErrorCode.INVALID_REPLICATION_FACTOR],
        ['empty', ErrorCode.INVALID_PARTITIONS],
        ['odd', ErrorCode.INVALID_CONFIG],
        ['null', ErrorCode.INVALID_CONFIG],
        ['same', ErrorCode.INVALID_REPLICA_ASSIGNMENT],
        ['both', ErrorCode.INVALID_REQUEST],
        ['twice', ErrorCode.INVALID_REQUEST],
      ],
    );
    assert.deepEqual(
      services.metadata.topics().map(({ name }) => name),
      ['good', 'old'],
    );
  });

  it('says that a topic exists before anything is said about its assignment', async () => {
    const services = await adminServices();
    await create(services, { name: 'a' });
    const assignments = [0, 0].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] }));
    const [result] = await create(services, { name: 'a', numPartitions: -1, replicationFactor: -1, assignments });
    assert.equal(result?.errorCode, ErrorCode.TOPIC_ALREADY_EXISTS);
  });

  it('says of a partition that is assigned twice that it is, whatever its second assignment is like', async () => {
    const services = await adminServices();
    const assignments = [1, 99].map((broker) => ({ partitionIndex: 0, brokerIds: [broker] }));
    const [result] = await create(services, { name: 'a', numPartitions: -1, replicationFactor: -1, assignments });
    assert.equal(result?.errorCode, ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    assert.equal(result.errorMessage, 'Found multiple manual partition assignments for partition 0');
  });

  it('takes a manual assignment and says its size', async () => {
    const services = await adminServices();
    const assignments = [0, 1].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] }));
    const [result] = await create(services, { name: 'a', numPartitions: -1, replicationFactor: -1, assignments });
    assert.deepEqual([result?.errorCode, result?.numPartitions, result?.replicationFactor], [0, 2, 1]);
  });

  it('only checks with validateOnly', async () => {
    const services = await adminServices({ 'num.partitions': '4' });
    const topics = [{ name: 'a', numPartitions: -1, replicationFactor: -1 }];
    const [result] = (await call(services, CREATE, 7, { topics, validateOnly: true })).topics;
    assert.deepEqual([result?.errorCode, result?.numPartitions], [0, 4]);
    assert.notEqual(result?.topicId, ZERO_UUID);
    assert.equal(services.metadata.topic('a'), undefined);
  });

  it('refuses a request for more than ten thousand partitions as a whole', async () => {
    const services = await adminServices();
    const results = await create(services, { name: 'a', numPartitions: 10_000 }, { name: 'b' });
    assert.deepEqual(
      results.map(({ errorCode }) => errorCode),
      [ErrorCode.POLICY_VIOLATION, ErrorCode.POLICY_VIOLATION],
    );
    assert.deepEqual(services.metadata.topics(), []);
  });
});

describe('DeleteTopics', () => {
  it('deletes by name up to v5', async () => {
    for (let version = 1; version <= 5; version++) {
      const services = await adminServices();
      await create(services, { name: 'a' });
      const { responses } = await call(services, DELETE, version, { topicNames: ['a', 'b', 'c', 'c'] });
      const byName = new Map(responses.map(({ name, errorCode }) => [name, errorCode]));
      assert.deepEqual(
        byName,
        new Map([
          ['c', ErrorCode.INVALID_REQUEST],
          ['b', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
          ['a', ErrorCode.NONE],
        ]),
      );
      assert.deepEqual(services.metadata.topics(), []);
    }
  });

  it('deletes by name or id in v6, and wants exactly one of them', async () => {
    const services = await adminServices();
    const [a, b, c] = await create(services, { name: 'a' }, { name: 'b' }, { name: 'c' });
    assert.ok(a !== undefined && b !== undefined && c !== undefined);
    const unknown = 'q1Sh-9_ISia_zwGINzRvyQ';
    const { responses } = await call(services, DELETE, 6, {
      topics: [
        { name: 'a' },
        { name: null, topicId: b.topicId },
        { name: null, topicId: unknown },
        { name: null },
        { name: 'b', topicId: b.topicId },
        { name: 'c' },
        { name: null, topicId: c.topicId },
      ],
    });
    const found = responses.map(({ name, topicId, errorCode }) => [name, topicId, errorCode]);
    assert.deepEqual(found, [
      [null, ZERO_UUID, ErrorCode.INVALID_REQUEST],
      ['b', b.topicId, ErrorCode.INVALID_REQUEST],
      [null, unknown, ErrorCode.UNKNOWN_TOPIC_ID],
      ['c', c.topicId, ErrorCode.INVALID_REQUEST],
      ['b', b.topicId, ErrorCode.NONE],
      ['a', a.topicId, ErrorCode.NONE],
    ]);
    assert.deepEqual(
      services.metadata.topics().map(({ name }) => name),
      ['c'],
    );
  });

  it('deletes nothing that is named after its id was given twice', async () => {
    const services = await adminServices();
    const [a] = await create(services, { name: 'a' });
    const byId = { name: null, topicId: a?.topicId ?? '' };
    const { responses } = await call(services, DELETE, 6, { topics: [byId, { name: 'a' }, byId] });
    const codes = responses.map(({ name, errorCode }) => [name, errorCode]);
    assert.deepEqual(codes, [
      [null, ErrorCode.INVALID_REQUEST],
      ['a', ErrorCode.INVALID_REQUEST],
    ]);
    assert.notEqual(services.metadata.topic('a'), undefined);
  });

  it('deletes nothing with delete.topic.enable=false', async () => {
    const services = await adminServices({ 'delete.topic.enable': 'false' });
    await create(services, { name: 'a' });
    for (const [version, code] of [
      [2, ErrorCode.INVALID_REQUEST],
      [3, ErrorCode.TOPIC_DELETION_DISABLED],
    ] as const) {
      const { responses } = await call(services, DELETE, version, { topicNames: ['a'] });
      assert.equal(responses[0]?.errorCode, code);
    }
    assert.notEqual(services.metadata.topic('a'), undefined);
  });
});

describe('CreatePartitions', () => {
  it('adds partitions, and says why not', async () => {
    const services = await adminServices();
    await create(services, ...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, numPartitions: 2 })));
    const topics = [
      { name: 'a', count: 4, assignments: null },
      { name: 'b', count: 2, assignments: null },
      { name: 'c', count: 4, assignments: assigned([1]) },
      { name: 'd', count: 3, assignments: assigned([2]) },
      { name: 'e', count: 3, assignments: assigned([1]) },
      { name: 'f', count: 3, assignments: null },
      { name: 'f', count: 3, assignments: null },
      { name: 'x', count: 3, assignments: null },
    ];
    const { results } = await call(services, GROW, 3, { topics });
    assert.deepEqual(
      new Map(results.map(({ name, errorCode }) => [name, errorCode])),
      new Map([
        ['f', ErrorCode.INVALID_REQUEST],
        ['a', ErrorCode.NONE],
        ['b', ErrorCode.INVALID_PARTITIONS],
        ['c', ErrorCode.INVALID_REPLICA_ASSIGNMENT],
        ['d', ErrorCode.INVALID_REPLICA_ASSIGNMENT],
        ['e', ErrorCode.NONE],
        ['x', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ]),
    );
    assert.deepEqual(
      services.metadata.topics().map(({ partitions }) => partitions.length),
      [4, 2, 2, 2, 3, 2],
    );
  });

  it('only checks with validateOnly', async () => {
    const services = await adminServices();
    await create(services, { name: 'a' });
    const topics = [{ name: 'a', count: 4, assignments: null }];
    const { results } = await call(services, GROW, 0, { topics, validateOnly: true });
    assert.equal(results[0]?.errorCode, ErrorCode.NONE);
    assert.equal(services.metadata.topic('a')?.partitions.length, 1);
  });

  it('refuses a count that nobody could serve', async () => {
    const services = await adminServices();
    await create(services, { name: 'a' });
    const topics = [{ name: 'a', count: 2 ** 31 - 1, assignments: null }];
    const { results } = await call(services, GROW, 3, { topics });
    assert.equal(results[0]?.errorCode, ErrorCode.POLICY_VIOLATION);
    assert.equal(results[0]?.errorMessage, 'Excessively large number of additional partitions per request.');
  });
});

describe('ElectLeaders', () => {
  it('needs no election for what exists', async () => {
    const services = await adminServices();
    await create(services, { name: 'a' });
    const topicPartitions = [
      { topic: 'a', partitions: [0, 1] },
      { topic: 'b', partitions: [0] },
    ];
    for (const version of [0, 1, 2]) {
      const { errorCode, replicaElectionResults } = await call(services, ELECT, version, { topicPartitions });
      assert.equal(errorCode, ErrorCode.NONE);
      assert.deepEqual(
        replicaElectionResults.flatMap(({ partitionResult }) => partitionResult.map((one) => one.errorCode)),
        [ErrorCode.ELECTION_NOT_NEEDED, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      );
    }
    const all = await call(services, ELECT, 2, { topicPartitions: null });
    assert.deepEqual(all.replicaElectionResults, [{ topic: 'a', partitionResult: [] }]);
  });

  it('names the topic that is not there, even if that has no name', async () => {
    const services = await adminServices();
    const { replicaElectionResults } = await call(services, ELECT, 2, {
      topicPartitions: [{ topic: '', partitions: [0] }],
    });
    assert.equal(replicaElectionResults[0]?.partitionResult[0]?.errorMessage, "No such topic as ''");
  });

  it('refuses an unknown kind of election', async () => {
    const services = await adminServices();
    const request = { electionType: 5, topicPartitions: [{ topic: 'a', partitions: [0] }] };
    const { errorCode, replicaElectionResults } = await call(services, ELECT, 1, request);
    assert.equal(errorCode, ErrorCode.INVALID_REQUEST);
    assert.equal(replicaElectionResults[0]?.partitionResult[0]?.errorCode, ErrorCode.INVALID_REQUEST);
  });
});

describe('AlterPartitionReassignments and ListPartitionReassignments', () => {
  it('accept only what is so already, and never have one under way', async () => {
    const services = await adminServices();
    await create(services, { name: 'a' });
    const topics = [
      {
        name: 'a',
        partitions: [
          partition(0, [1]),
          partition(0, [2]),
          partition(0, []),
          partition(0, [1, 1]),
          partition(0, null),
          partition(1, [1]),
        ],
      },
      { name: 'b', partitions: [partition(0, [1])] },
    ];
    for (const version of [0, 1]) {
      const { errorCode, responses } = await call(services, REASSIGN, version, { topics });
      assert.equal(errorCode, ErrorCode.NONE);
      assert.deepEqual(
        responses.flatMap(({ partitions }) => partitions.map((one) => one.errorCode)),
        [
          ErrorCode.NONE,
          ErrorCode.INVALID_REPLICA_ASSIGNMENT,
          ErrorCode.INVALID_REPLICA_ASSIGNMENT,
          ErrorCode.INVALID_REPLICA_ASSIGNMENT,
          ErrorCode.NO_REASSIGNMENT_IN_PROGRESS,
          ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ],
      );
    }
    const { errorCode, errorMessage, topics: ongoing } = await call(services, REASSIGNMENTS, 0, { topics: null });
    assert.deepEqual([errorCode, errorMessage, ongoing], [ErrorCode.NONE, null, []]);
  });
});

describe('DescribeLogDirs', () => {
  it('shows the directory, its space and the size of each partition', async () => {
    const services = await adminServices();
    await create(services, { name: 'a', numPartitions: 2 }, { name: 'b' });
    const all = await call(services, DIRS, 4, { topics: null });
    const [result] = all.results;
    assert.deepEqual([result?.logDir, result?.totalBytes, result?.usableBytes], ['/data', 1000, 400]);
    assert.deepEqual(
      result?.topics.map(({ name, partitions }) => [name, partitions.length]),
      [
        ['a', 2],
        ['b', 1],
      ],
    );
    const topics = [
      { topic: 'a', partitions: [1, 7] },
      { topic: 'b', partitions: [3] },
      { topic: 'c', partitions: [0] },
    ];
    const written = batch(3);
    await produce(services.partitions.get('a', 1) as PartitionLog, written);
    for (let version = 1; version <= 5; version++) {
      const some = await call(services, DIRS, version, { topics });
      assert.deepEqual(some.results[0]?.topics, [
        {
          name: 'a',
          partitions: [{ partitionIndex: 1, partitionSize: written.bytes.length, offsetLag: 0, isFutureKey: false }],
        },
      ]);
    }
  });
});
