/** A broker's methods with what they do not take, and once the broker is closed: one line that says what is wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '../../src/index.ts';

test('a topic that is no text is refused by every method that takes one', async () => {
  await using broker = await startBroker();
  const given = undefined as never;
  const message = /: the topic is text, not undefined$/;
  await assert.rejects(broker.produce(given, 'x'), message);
  await assert.rejects(broker.records(given), message);
  await assert.rejects(broker.follow(given).next(), message);
  await assert.rejects(broker.waitForRecords(given, 1), message);
  await assert.rejects(broker.offsets(given), message);
  await assert.rejects(broker.deleteTopic(given), message);
  await assert.rejects(broker.group(5 as never), { message: 'group: the id is text, not 5' });
  await assert.rejects(broker.rebalance(given), { message: 'rebalance: the group is text, not undefined' });
  await assert.rejects(broker.moveCoordinator(given), /^TypeError: moveCoordinator: takes an object/);
  await assert.rejects(broker.moveCoordinator({ group: 1 } as never), /is text, not 1$/);
});

test('options of reading that are wrong are refused', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const refused = (options: unknown, message: string) =>
    assert.rejects(broker.records('t', options as never), { name: 'TypeError', message });
  await refused(null, 'records: takes an object of options, not null');
  await refused(5, 'records: takes an object of options, not 5');
  await refused({ from: -1 }, 'records: from is an offset, a Date, beginning or end, not -1');
  await refused({ from: 'start' }, 'records: from is an offset, a Date, beginning or end, not start');
  await refused({ to: new Date('x') }, 'records: to is an offset or a Date, not Invalid Date');
  await refused({ limit: -1 }, 'records: limit is a whole number from 0 on, not -1');
  await refused({ partition: -1 }, 'records: a partition is a whole number from 0 on, not -1');
  await refused({ partition: ['0'] }, 'records: a partition is a whole number from 0 on, not "0"');
});

test('a wait with a function that gives a promise, or a timeout that is none, is refused', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  await broker.produce('t', 'x');
  await assert.rejects(broker.waitForRecords('t', (async () => false) as never), /says true or false at once/);
  await assert.rejects(broker.waitForRecords('t', 9, { timeout: 'x' as never }), {
    name: 'RangeError',
    message: 'waitForRecords: timeout is a number of milliseconds, not x',
  });
});

test('a record that JSON would write as something else is refused', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const refused = (record: unknown, message: string) =>
    assert.rejects(broker.produce('t', record as never), { name: 'TypeError', message: `produce: record 0${message}` });
  await refused(undefined, ' is undefined; a record is text, bytes, or { key, value, headers, … }');
  await refused({ value: new Map() }, ': value is a Map, which is neither text, bytes nor JSON');
  await refused({ key: Number.NaN }, ': key is a number that is not finite, which is neither text, bytes nor JSON');
  await refused({ value: new ArrayBuffer(1) }, ': value is an ArrayBuffer, which is neither text, bytes nor JSON');
  await refused({ value: 'x', headers: 'now' }, ': headers is an object of names and values, not a string');
});

test('faults that are wrong are refused when they are asked for', async () => {
  await using broker = await startBroker();
  const any = broker as unknown as Record<'fail' | 'delay' | 'drop' | 'throttle', (...given: unknown[]) => unknown>;
  assert.throws(() => any.fail('Produce'), /^TypeError: fail: takes an object of options, not undefined/);
  assert.throws(() => any.delay('Produce'), /^TypeError: delay: takes an object of options, not undefined/);
  assert.throws(() => any.throttle('Produce', null), /^TypeError: throttle: takes an object of options, not null/);
  assert.throws(() => any.drop(5), /^TypeError: drop: an API is a name of Kafka's, a list of them, or '\*', not 5$/m);
  assert.throws(() => any.drop([]), /not \[\]$/m);
  assert.throws(() => any.drop('Produce', { topic: 5 }), /^TypeError: drop: topic is text, not 5$/m);
  assert.throws(() => any.drop('Produce', { topic: 't', partition: '0' }), /a whole number from 0 on, not "0"$/m);
  assert.throws(() => any.drop('Produce', { when: true }), /^TypeError: drop: when is a function/m);
});

test('closing a broker ends what waits for records, and what is called then says that it is closed', async () => {
  const broker = await startBroker({ topics: ['t'] });
  await broker.produce('t', 'x');
  const followed = Array.fromAsync(broker.follow('t', { from: 'end' }));
  const awaited = broker.waitForRecords('t', 2, { timeout: 60_000 });
  const refused = assert.rejects(awaited, /1 of 2 records came to t before the broker was closed/);
  await broker.records('t');
  await broker.close();
  assert.deepEqual(await followed, []);
  await refused;
  const closed = { name: 'Error', message: 'The broker is closed' };
  await assert.rejects(broker.produce('t', 'x'), closed);
  await assert.rejects(broker.records('t'), closed);
  await assert.rejects(broker.waitForRecords('t', 1), closed);
  await assert.rejects(broker.createTopic('u'), closed);
  await assert.rejects(broker.groups(), closed);
  await assert.rejects(broker.reset(), closed);
  assert.throws(() => broker.topics(), closed);
  await broker.close();
});
