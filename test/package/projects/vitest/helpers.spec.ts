/** The helpers for vitest, and a broker under fake timers. */
import { startBroker } from 'walka';
import { useBroker } from 'walka/testing';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';

const broker = useBroker({ topics: ['orders'], resetBeforeEach: true }, { beforeAll, afterAll, beforeEach });

test.each(['one', 'two'])('each test finds the broker as it was, %s', async (value) => {
  await broker.produce('orders', value);
  const records = await broker.waitForRecords('orders', 1);
  expect(records.map((record) => record.value)).toEqual([value]);
});

test('a broker works under fake timers', async () => {
  vi.useFakeTimers();
  const other = await startBroker();
  await other.produce('made', 'x');
  await expect(other.waitForRecords('made', 2, { timeout: 5 })).rejects.toThrow(
    '1 of 2 records came to made within 5 ms',
  );
  await other.close();
  vi.useRealTimers();
});

test('the broker of the whole run is there', () => {
  expect(process.env['WALKA_BOOTSTRAP_SERVERS']).toMatch(/^127\.0\.0\.1:\d+$/);
});
