/** The helper for tests, with vitest's hooks. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useBroker } from 'walka/testing';
import { roundTrip } from '../round-trip.cjs';

const broker = useBroker({ topics: ['orders'] }, { beforeAll, afterAll, beforeEach });

test('a broker of the file serves its tests', async () => {
  expect(await roundTrip(broker.bootstrapServers)).toEqual(['one', 'two']);
});
