/** Brokers in processes of their own: none outlives who started it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersApiVersions, BrokerProcess } from './broker-process.ts';

test('a broker that is killed as soon as it is started again does not run on', async () => {
  await using broker = await BrokerProcess.start({ target: 'walka' });
  await broker.kill();
  const starting = broker.restart().catch(() => undefined);
  await broker.kill();
  await starting;
  assert.equal(await answersApiVersions(broker.port), false);
});
