/** The helper for tests, with Jest's hooks. */
const { useBroker } = require('walka/testing');
const { roundTrip } = require('../round-trip.cjs');

const broker = useBroker({ topics: ['orders'] });

test('a broker of the file serves its tests', async () => {
  expect(await roundTrip(broker.bootstrapServers)).toEqual(['one', 'two']);
});
