/** The helpers for Jest, and a broker that is loaded where timers are fake already. */
jest.useFakeTimers();
const { startBroker } = require('walka');
const { useBroker } = require('walka/testing');

const broker = useBroker({ topics: ['orders'], resetBeforeEach: true });

test.each(['one', 'two'])('each test finds the broker as it was, %s', async (value) => {
  await broker.produce('orders', { key: 'k', value: { value } });
  const [record] = await broker.waitForRecords('orders', 1, { as: 'json' });
  expect(record.value).toEqual({ value });
  expect(await broker.records('orders')).toHaveLength(1);
});

test('a broker works where timers were fake before it was loaded', async () => {
  const other = await startBroker();
  await other.produce('made', Buffer.from('x'));
  await expect(other.waitForRecords('made', 2, { timeout: 5 })).rejects.toThrow('1 of 2 records came to made within 5 ms');
  await other.clock.advance(1000);
  await other.close();
});
