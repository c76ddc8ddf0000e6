/** vitest. */
import { startBroker } from 'walka';
import { expect, test, vi } from 'vitest';
import { roundTrip } from '../round-trip.cjs';

test('what was produced is consumed', async () => {
  await using broker = await startBroker({ topics: ['orders'] });
  expect(await roundTrip(broker.bootstrapServers)).toEqual(['one', 'two']);
});

test('a broker starts and stops under fake timers', async () => {
  vi.useFakeTimers();
  const broker = await startBroker({ topics: ['orders'] });
  await broker.close();
  vi.useRealTimers();
});
