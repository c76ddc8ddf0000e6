/** Jest with TypeScript, compiled to CommonJS by ts-jest. */
import { type Broker, startBroker } from 'walka';
import { roundTrip } from '../round-trip.cjs';

test('what was produced is consumed', async () => {
  const broker: Broker = await startBroker({ topics: [{ name: 'orders', partitions: 1 }] });
  expect(await roundTrip(broker.bootstrapServers)).toEqual(['one', 'two']);
  await broker.close();
});
