/** Quotas of changes to metadata (KIP-599), with what Apache Kafka 4.4.0 was seen to answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { CreateTopics, DeleteTopics, Metadata, CreatePartitions } from '../support/admin-apis.ts';
import { ask } from '../support/handler-client.ts';
import { setQuotas } from '../support/quotas.ts';
import { openTestServices } from '../support/test-services.ts';

/** One change a second, and eleven at once. */
async function open(clock = new ManualClock()) {
  const opened = await openTestServices({ clock });
  await setQuotas(opened.services, { 'client-id': 'test' }, { controller_mutation_rate: 1 });
  return opened;
}

type Topics = Readonly<Record<string, number>>;

async function create(services: BrokerServices, topics: Topics, version = 7, validateOnly = false) {
  const wanted = Object.entries(topics).map(([name, numPartitions]) => ({ name, numPartitions, replicationFactor: 1 }));
  const answer = await ask(services, CreateTopics, version, { topics: wanted, validateOnly });
  const codes = answer.topics.map(({ errorCode }) => errorCode);
  assert.ok(answer.topics.every((topic) => topic.errorCode !== 89 || (topic.errorMessage ?? null) === null));
  return { codes, throttleMs: answer.throttleTimeMs };
}

describe('topics that are created', () => {
  test('count with their partitions: what crosses the limit is made, the rest of the request is refused', async () => {
    await using opened = await open();
    const { services } = opened;
    assert.deepEqual(await create(services, { a: 5 }), { codes: [0], throttleMs: 0 });
    assert.deepEqual(await create(services, { b: 8, c: 1 }), { codes: [0, 89], throttleMs: 2000 });
    assert.deepEqual([services.metadata.topic('b')?.partitions.length, services.metadata.topic('c')], [8, undefined]);
  });

  test('are refused for what is wrong with them first; to be validated is a change, too', async () => {
    const clock = new ManualClock();
    await using opened = await open(clock);
    const { services } = opened;
    await create(services, { a: 12 });
    assert.deepEqual(await create(services, { a: 1 }), { codes: [ErrorCode.TOPIC_ALREADY_EXISTS], throttleMs: 0 });
    assert.deepEqual(await create(services, { v: 1 }, 7, true), { codes: [89], throttleMs: 1000 });
    clock.advance(1000);
    assert.deepEqual(await create(services, { v: 1 }, 7, true), { codes: [0], throttleMs: 0 });
  });

  test('are made for clients of old versions, which are only held back', async () => {
    await using opened = await open();
    const { services } = opened;
    await create(services, { a: 12 });
    assert.deepEqual(await create(services, { b: 5 }, 5), { codes: [0], throttleMs: 6000 });
    assert.deepEqual(await create(services, { c: 5 }, 6), { codes: [89], throttleMs: 6000 });
  });

  test('are not made because somebody asks for them, once the limit is crossed', async () => {
    await using opened = await open();
    const { services } = opened;
    await create(services, { a: 12 });
    const metadata = { topics: [{ name: 'auto' }], allowAutoTopicCreation: true };
    const answer = await ask(services, Metadata, 9, metadata);
    assert.deepEqual([answer.topics[0]?.errorCode, answer.throttleTimeMs], [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0]);
    assert.equal(services.metadata.topic('auto'), undefined);
    await setQuotas(services, { 'client-id': 'test' }, { controller_mutation_rate: null });
    await ask(services, Metadata, 9, metadata);
    assert.equal(services.metadata.topic('auto')?.partitions.length, 1);
  });
});

describe('topics that are deleted or grow', () => {
  test('count, too, and are refused in versions that know of it', async () => {
    const clock = new ManualClock();
    await using opened = await open(clock);
    const { services } = opened;
    await create(services, { a: 6, b: 6 });
    const byName = (name: string) => ({ topics: [{ name }] });
    const refused = await ask(services, DeleteTopics, 6, byName('a'));
    assert.deepEqual([refused.responses[0]?.errorCode, refused.throttleTimeMs], [89, 1000]);
    const old = await ask(services, DeleteTopics, 4, { topicNames: ['a'] });
    assert.deepEqual([old.responses[0]?.errorCode, old.throttleTimeMs], [0, 7000]);
    const larger = { topics: [{ name: 'b', count: 9, assignments: null }] };
    const grown = await ask(services, CreatePartitions, 3, larger);
    assert.deepEqual([grown.results[0]?.errorCode, grown.throttleTimeMs], [89, 7000]);
    const oldGrown = await ask(services, CreatePartitions, 2, larger);
    assert.deepEqual([oldGrown.results[0]?.errorCode, oldGrown.throttleTimeMs], [0, 10_000]);
    clock.advance(10_000);
    const late = await ask(services, DeleteTopics, 6, byName('b'));
    assert.deepEqual([late.responses[0]?.errorCode, late.throttleTimeMs], [0, 0]);
    assert.equal(services.metadata.topic('b'), undefined);
  });

  test('count where the assignment is found wrong after that, and are refused by the quota before it is looked at', async () => {
    await using opened = await open();
    const { services } = opened;
    await create(services, { a: 1 });
    const assignments = Array.from({ length: 12 }, () => ({ brokerIds: [99] }));
    const larger = { topics: [{ name: 'a', count: 13, assignments }] };
    const codeOf = async () => (await ask(services, CreatePartitions, 3, larger)).results[0]?.errorCode;
    assert.equal(await codeOf(), ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    assert.equal(await codeOf(), 89);
  });
});
