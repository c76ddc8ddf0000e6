/** AlterReplicaLogDirs: replicas are where they can be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeAlterReplicaLogDirsRequest } from '../../protocol/generated/alter-replica-log-dirs-request.ts';
import { readAlterReplicaLogDirsResponse } from '../../protocol/generated/alter-replica-log-dirs-response.ts';
import { alterReplicaLogDirsHandler } from '../../src/handlers/alter-replica-log-dirs.ts';
import { adminServices, call } from '../support/admin-services.ts';

const MOVE = {
  api: alterReplicaLogDirsHandler,
  write: writeAlterReplicaLogDirsRequest,
  read: readAlterReplicaLogDirsResponse,
};
const HERE = '/data';

async function move(dirs: ReadonlyArray<readonly [path: string, name: string, partitions: number[]]>) {
  const services = await adminServices();
  const topic = { partitionCount: 2, replicationFactor: 1, assignments: null, configs: new Map() };
  await services.metadata.createTopic({ ...topic, name: 't' });
  const request = { dirs: dirs.map(([path, name, partitions]) => ({ path, topics: [{ name, partitions }] })) };
  const answers = [];
  for (const version of [1, 2]) {
    const { results } = await call(services, MOVE, version, request);
    answers.push(
      results.map(({ topicName, partitions }) => [topicName, partitions.map((p) => [p.partitionIndex, p.errorCode])]),
    );
  }
  assert.deepEqual(answers[0], answers[1]);
  return answers[0];
}

const { NONE, LOG_DIR_NOT_FOUND, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode;

test('a replica may be moved to the directory it is in, and to no other', async () => {
  assert.deepEqual(await move([[HERE, 't', [0, 1]]]), [
    [
      't',
      [
        [0, NONE],
        [1, NONE],
      ],
    ],
  ]); // prettier-ignore
  for (const path of ['/elsewhere', `${HERE}/`, 'data', '']) {
    assert.deepEqual(await move([[path, 't', [0]]]), [['t', [[0, LOG_DIR_NOT_FOUND]]]], path);
  }
});

test('partitions that do not exist are told of where the directory does', async () => {
  assert.deepEqual(
    await move([
      [HERE, 't', [7]],
      [HERE, 'none', [0]],
      ['/elsewhere', 'absent', [0]],
    ]),
    [
      ['t', [[7, UNKNOWN_TOPIC_OR_PARTITION]]],
      ['none', [[0, UNKNOWN_TOPIC_OR_PARTITION]]],
      ['absent', [[0, LOG_DIR_NOT_FOUND]]],
    ],
  );
});

test('of several directories for a partition the last one counts, and a topic without partitions is not answered', async () => {
  assert.deepEqual(
    await move([
      ['/elsewhere', 't', [0, 0]],
      [HERE, 't', [0]],
      [HERE, 'empty', []],
    ]),
    [['t', [[0, NONE]]]],
  );
  assert.deepEqual(await move([]), []);
});
