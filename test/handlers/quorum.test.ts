/** DescribeQuorum, and what would change who is in the quorum and the cluster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeAddRaftVoterRequest } from '../../protocol/generated/add-raft-voter-request.ts';
import { readAddRaftVoterResponse } from '../../protocol/generated/add-raft-voter-response.ts';
import { writeDescribeQuorumRequest } from '../../protocol/generated/describe-quorum-request.ts';
import { readDescribeQuorumResponse } from '../../protocol/generated/describe-quorum-response.ts';
import { writeRemoveRaftVoterRequest } from '../../protocol/generated/remove-raft-voter-request.ts';
import { readRemoveRaftVoterResponse } from '../../protocol/generated/remove-raft-voter-response.ts';
import { writeUnregisterBrokerRequest } from '../../protocol/generated/unregister-broker-request.ts';
import { readUnregisterBrokerResponse } from '../../protocol/generated/unregister-broker-response.ts';
import { writeUnregisterControllerRequest } from '../../protocol/generated/unregister-controller-request.ts';
import { readUnregisterControllerResponse } from '../../protocol/generated/unregister-controller-response.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import { addRaftVoterHandler } from '../../src/handlers/add-raft-voter.ts';
import { describeQuorumHandler } from '../../src/handlers/describe-quorum.ts';
import { removeRaftVoterHandler } from '../../src/handlers/remove-raft-voter.ts';
import { unregisterBrokerHandler } from '../../src/handlers/unregister-broker.ts';
import { unregisterControllerHandler } from '../../src/handlers/unregister-controller.ts';
import { adminServices, call } from '../support/admin-services.ts';

const QUORUM = { api: describeQuorumHandler, write: writeDescribeQuorumRequest, read: readDescribeQuorumResponse };
const ADD = { api: addRaftVoterHandler, write: writeAddRaftVoterRequest, read: readAddRaftVoterResponse };
const REMOVE = { api: removeRaftVoterHandler, write: writeRemoveRaftVoterRequest, read: readRemoveRaftVoterResponse };
const BROKER = {
  api: unregisterBrokerHandler,
  write: writeUnregisterBrokerRequest,
  read: readUnregisterBrokerResponse,
};
const CONTROLLER = {
  api: unregisterControllerHandler,
  write: writeUnregisterControllerRequest,
  read: readUnregisterControllerResponse,
};

const METADATA = '__cluster_metadata';
const DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ';

function asked(topicName: string, ...indexes: number[]) {
  return { topicName, partitions: indexes.map((partitionIndex) => ({ partitionIndex })) };
}

test('the quorum is this node, whose log grows with each change of the metadata', async () => {
  const services = await adminServices();
  const describe = async (version: number) => {
    const answer = await call(services, QUORUM, version, { topics: [asked(METADATA, 0)] });
    const [partition] = answer.topics[0]?.partitions ?? [];
    assert.ok(partition !== undefined);
    assert.deepEqual([answer.errorCode, partition.errorCode, partition.leaderId], [ErrorCode.NONE, ErrorCode.NONE, 1]);
    return { ...partition, nodes: answer.nodes };
  };
  const before = await describe(2);
  assert.deepEqual(before.nodes, [{ nodeId: 1, listeners: [{ name: 'PLAINTEXT', host: 'broker.test', port: 9092 }] }]);
  const [voter] = before.currentVoters;
  assert.deepEqual([voter?.replicaId, voter?.logEndOffset], [1, before.highWatermark]);
  assert.deepEqual(before.observers, []);
  await services.metadata.alterDynamicConfigs(32, 'g', () => new Map([['share.auto.offset.reset', 'earliest']]));
  const after = await describe(1);
  assert.ok(after.highWatermark > before.highWatermark);
  assert.equal(Number(after.currentVoters[0]?.lastFetchTimestamp), services.clock.now());
  assert.equal(Number((await describe(0)).currentVoters[0]?.lastFetchTimestamp), -1);
});

test('whatever else is asked for than the one partition of the metadata is not known', async () => {
  const services = await adminServices();
  const requests = [
    [asked(METADATA, 1)],
    [asked('other', 0)],
    [asked(METADATA, 0), asked('other', 0)],
    [asked(METADATA, 0, 0)],
  ];
  for (const topics of requests) {
    const answer = await call(services, QUORUM, 2, { topics });
    assert.equal(answer.errorCode, ErrorCode.NONE);
    const codes = answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
    assert.ok(codes.length > 0 && codes.every((code) => code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
    assert.deepEqual(answer.nodes, []);
  }
});

test('voters are fixed, and a request for another cluster or for no voter is told so first', async () => {
  const services = await adminServices();
  const voter = { voterId: 2, voterDirectoryId: DIRECTORY, clusterId: null as string | null };
  const cases = [
    [voter, ErrorCode.UNSUPPORTED_VERSION],
    [{ ...voter, clusterId: 'test-cluster' }, ErrorCode.UNSUPPORTED_VERSION],
    [{ ...voter, clusterId: 'other', voterId: -1 }, ErrorCode.INCONSISTENT_CLUSTER_ID],
    [{ ...voter, voterId: -1 }, ErrorCode.INVALID_REQUEST],
    [{ ...voter, voterDirectoryId: ZERO_UUID }, ErrorCode.INVALID_REQUEST],
  ] as const;
  for (const [request, errorCode] of cases) {
    const listeners = [{ name: 'CONTROLLER', host: 'other.test', port: 9093 }];
    for (const version of [0, 1]) {
      const added = await call(services, ADD, version, { ...request, timeoutMs: 1000, listeners });
      assert.equal(added.errorCode, errorCode, JSON.stringify(request));
    }
    assert.equal((await call(services, REMOVE, 0, request)).errorCode, errorCode, JSON.stringify(request));
  }
});

test('a broker and a controller that run stay registered, and there are no others', async () => {
  const services = await adminServices();
  const broker = async (brokerId: number) => (await call(services, BROKER, 0, { brokerId })).errorCode;
  const controller = async (controllerId: number) => (await call(services, CONTROLLER, 0, { controllerId })).errorCode;
  assert.deepEqual([await broker(1), await controller(1)], [ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]);
  for (const id of [7, -1]) {
    assert.equal(await broker(id), ErrorCode.BROKER_ID_NOT_REGISTERED);
    assert.equal(await controller(id), ErrorCode.CONTROLLER_ID_NOT_REGISTERED);
  }
});
