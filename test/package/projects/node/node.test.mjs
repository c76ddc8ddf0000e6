/** node:test. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from 'walka';
import { roundTrip } from '../round-trip.cjs';

test('what was produced is consumed', async () => {
  const broker = await startBroker({ topics: ['orders'] });
  assert.deepEqual(await roundTrip(broker.bootstrapServers), ['one', 'two']);
  await broker.close();
});
