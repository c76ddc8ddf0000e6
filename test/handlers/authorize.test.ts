/** The place where handlers ask who may do what; what each API asks is in the tests of the authorizer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { allows, requireCluster, requireRight } from '../../src/handlers/authorize.ts';
import { findPartition, findTopic } from '../../src/handlers/find-topic.ts';
import { ANONYMOUS } from '../../src/security/principal.ts';
import { openTestServices, testContext } from '../support/test-services.ts';

const codeOf = (call: () => unknown): number => {
  try {
    call();
    return ErrorCode.NONE;
  } catch (error) {
    if (error instanceof KafkaError) return error.code;
    throw error;
  }
};

test('without an authorizer everybody may do everything', async () => {
  await using opened = await openTestServices();
  const context = testContext(opened.services, 0, null);
  assert.ok(allows(context, 'ALTER', 'CLUSTER', 'kafka-cluster'));
  assert.equal(findTopic(context, { name: 'absent' }, 'DESCRIBE'), undefined);
});

test('with one it is asked with who and from where, what and which, before anything is said of a topic', async () => {
  await using opened = await openTestServices();
  const asked: unknown[] = [];
  const authorizer = { allows: (...question: unknown[]) => asked.push(question) < 0, allowsAny: () => false };
  const context = testContext({ ...opened.services, authorizer }, 0, null);
  assert.equal(
    codeOf(() => findPartition(context, { name: 'absent' }, 0, 'READ')),
    ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  );
  assert.equal(
    codeOf(() => requireCluster(context, 'ALTER')),
    ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  );
  assert.equal(
    codeOf(() => requireRight(context, 'READ', 'GROUP', 'g')),
    ErrorCode.GROUP_AUTHORIZATION_FAILED,
  );
  const requester = { principal: ANONYMOUS, host: '10.0.0.7' };
  assert.deepEqual(asked, [
    [requester, 'READ', 'TOPIC', 'absent'],
    [requester, 'ALTER', 'CLUSTER', 'kafka-cluster'],
    [requester, 'READ', 'GROUP', 'g'],
  ]);
});

test('a topic of an unknown id has no name to ask for', async () => {
  await using opened = await openTestServices();
  const authorizer = { allows: () => false, allowsAny: () => false };
  const context = testContext({ ...opened.services, authorizer }, 0, null);
  const topicId = '00000000-0000-4000-8000-000000000001';
  assert.equal(
    codeOf(() => findPartition(context, { topicId }, 0, 'READ')),
    ErrorCode.UNKNOWN_TOPIC_ID,
  );
});
