/** What becomes of the internal topics that a topology asks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInternalTopics } from '../../src/handlers/streams-internal-topics.ts';
import { startTestBroker } from '../support/test-broker.ts';
import { cpuClock } from '../support/cpu-time.ts';

test('of more topics than are made at once none is, without time for each pair of them', async () => {
  await using broker = await startTestBroker();
  const topics = Array.from({ length: 20_000 }, (_, i) => {
    return { name: `changelog-${i}`, partitions: 1, replicationFactor: 0, configs: new Map<string, string>() };
  });
  const cpuMs = cpuClock();
  const failures = await createInternalTopics(broker.services, topics);
  assert.equal(failures.size, topics.length);
  assert.equal(failures.get('changelog-7'), 'Excessively large number of partitions per request.');
  assert.equal(broker.services.metadata.topic('changelog-7'), undefined);
  assert.ok(cpuMs() < 2000);
});
