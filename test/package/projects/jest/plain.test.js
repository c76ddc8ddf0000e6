/** Plain Jest: CommonJS, no flag. */
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { startBroker } = require('walka');
const { roundTrip } = require('../round-trip.cjs');

let dataDir;
beforeAll(() => (dataDir = mkdtempSync(join(tmpdir(), 'walka-jest-'))));
afterAll(() => rmSync(dataDir, { recursive: true }));

test.each(['in memory', 'in a directory'])('what was produced is consumed, %s', async (where) => {
  const broker = await startBroker({ topics: ['orders'], ...(where === 'in a directory' && { dataDir }) });
  expect(await roundTrip(broker.bootstrapServers)).toEqual(['one', 'two']);
  await broker.close();
});

test('a broker starts and stops under fake timers', async () => {
  jest.useFakeTimers();
  const broker = await startBroker({ topics: ['orders'] });
  await broker.close();
  jest.useRealTimers();
});
