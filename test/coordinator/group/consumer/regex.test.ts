/** Members that subscribe by a regular expression: RE2's language, whole names, looked up aside. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { compileRegex } from '../../../../src/config/regular-expression.ts';
import { ConsumerWorld, EAGER, JOIN } from '../../../support/consumer-world.ts';
import type { Beating } from '../../../support/consumer-world.ts';

const ALL = [0, 1, 2, 3];

function byRegex(subscribedTopicRegex: string): Beating {
  return { subscribedTopicNames: null, subscribedTopicRegex };
}

test('the topics of an expression are known with the next heartbeat', async () => {
  const world = await ConsumerWorld.open();
  const joined = await world.joinConsumer('a', byRegex('ord.*'));
  assert.deepEqual([joined.memberEpoch, joined.assignment], [1, {}]);
  await world.turn();
  const { memberEpoch, assignment } = await world.beat('a', { memberEpoch: 1, owned: {} });
  assert.deepEqual({ memberEpoch, assignment }, { memberEpoch: 2, assignment: { orders: ALL } });
});

test('an expression has to match the whole name, internal topics count, and names come on top', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.createTopic('returns');
  await world.joinConsumer('a', { ...byRegex('rder|__consumer.*'), subscribedTopicNames: ['returns'] });
  await world.turn();
  const { assignment } = await world.beat('a', { memberEpoch: 2, owned: { returns: ALL } });
  assert.deepEqual(Object.keys(assignment ?? {}).sort(), ['__consumer_offsets', 'returns']);
});

test('an expression that RE2 does not know is refused, also later, and changes nothing', async () => {
  const world = await ConsumerWorld.open();
  assert.equal(
    (await world.beat('a', { ...JOIN, ...byRegex('(?=x)') })).errorCode,
    ErrorCode.INVALID_REGULAR_EXPRESSION,
  );
  assert.equal((await world.describe()).errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  await world.joinConsumer('a');
  const refused = await world.beat('a', { memberEpoch: 2, subscribedTopicRegex: '(' });
  assert.equal(refused.errorCode, ErrorCode.INVALID_REGULAR_EXPRESSION);
  assert.match(
    refused.errorMessage ?? '',
    /^SubscribedTopicRegex `\(` is not a valid regular expression: missing closing \)/,
  );
  const { members, groupEpoch } = await world.describe();
  assert.deepEqual([members[0]?.subscribedTopicRegex, groupEpoch], ['', 2]);
});

test('an empty expression is none', async () => {
  const world = await ConsumerWorld.open();
  const { memberEpoch, assignment } = await world.joinConsumer('a', byRegex(''));
  assert.deepEqual({ memberEpoch, assignment }, { memberEpoch: 1, assignment: {} });
});

test('topics that come later are found ten seconds after the last look at the earliest', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a', byRegex('o.*'));
  await world.turn();
  await world.beat('a', { memberEpoch: 1, owned: {} });
  await world.createTopic('other');
  await world.pass(10_000);
  await world.beat('a', { memberEpoch: 2 });
  await world.turn();
  assert.equal((await world.describe()).groupEpoch, 2);
  await world.pass(1);
  await world.beat('a', { memberEpoch: 2 });
  await world.turn();
  const { memberEpoch, assignment } = await world.beat('a', { memberEpoch: 2 });
  assert.deepEqual({ memberEpoch, assignment }, { memberEpoch: 3, assignment: { orders: ALL, other: ALL } });
});

test('topics that came while the broker was down are found, too', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a', byRegex('o.*'));
  await world.turn();
  await world.beat('a', { memberEpoch: 1, owned: {} });
  await world.createTopic('other');
  await world.pass(10);
  const again = await world.restart(EAGER);
  await again.pass(10_001);
  await again.beat('a', { memberEpoch: 2 });
  await again.turn();
  const { assignment } = await again.beat('a', { memberEpoch: 2 });
  assert.deepEqual(assignment, { orders: ALL, other: ALL });
});

test('an expression that another member has already is known at once', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a', byRegex('o.*'));
  await world.turn();
  await world.beat('a', { memberEpoch: 1, owned: {} });
  const joined = await world.joinConsumer('b', byRegex('o.*'));
  assert.equal(joined.memberEpoch, 3);
  assert.deepEqual((await world.beat('a', { memberEpoch: 2, owned: { orders: ALL } })).assignment, { orders: [0, 1] });
});

test('an expression without members is forgotten', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.joinConsumer('a', byRegex('o.*'));
  await world.turn();
  await world.beat('a', { memberEpoch: 1, subscribedTopicNames: ['orders'], subscribedTopicRegex: '' });
  assert.ok(!(await world.liveRecords()).some(({ kind }) => kind === 'consumer-regex'));
});

test('a member that gives up the only expression for another waits for ten seconds since the last look', async () => {
  const world = await ConsumerWorld.open(EAGER);
  await world.createTopic('returns');
  await world.joinConsumer('a', byRegex('o.*'));
  await world.turn();
  await world.beat('a', { memberEpoch: 1, owned: {} });
  await world.beat('a', { memberEpoch: 2, ...byRegex('ret.*') });
  await world.turn();
  assert.equal((await world.describe()).groupEpoch, 2);
  await world.pass(10_001);
  await world.beat('a', { memberEpoch: 2 });
  await world.turn();
  const { assignment } = await world.beat('a', { memberEpoch: 2, owned: {} });
  assert.deepEqual(assignment, { returns: ALL });
});

test('a pattern that would take long is refused', () => {
  assert.equal(compileRegex('orders-[0-9]+', 'it').matches('orders-17'), true);
  assert.throws(() => compileRegex('(?:(?:[a-m]?[n-z]?){30}){30}(?:(?:[a-m]?[n-z]?){30}){30}', 'it'), {
    code: ErrorCode.INVALID_REGULAR_EXPRESSION,
  });
  const costly = [
    '(?i)[\\pL\\pN]'.repeat(2900),
    '(?i)' + '[B-\\x{10ffff}]'.repeat(200),
    '(?:(?:x?){30}){30}'.repeat(50),
  ];
  for (const pattern of costly) {
    assert.throws(() => compileRegex(pattern, 'it'), {
      code: ErrorCode.INVALID_REGULAR_EXPRESSION,
    });
  }
  const names = Array.from({ length: 250 }, (_, i) => `(?:[a-z]+\\.orders-${i})`).join('|');
  for (const pattern of [names, '(?i)[a-z]+[0-9]{3}\\.[A-F]{8}', '.*'.repeat(500)]) compileRegex(pattern, 'it');
});

test('many expressions are looked up in many turns', async () => {
  const world = await ConsumerWorld.open(EAGER);
  // A look comes ten seconds after the last one at the earliest: all others are looked up together then.
  let memberEpoch = 0;
  for (let i = 0; i <= 12; i++) {
    ({ memberEpoch } = await world.joinConsumer(`m${i}`, byRegex(`x${'y?'.repeat(1000)}|orders|${i}`)));
    if (i === 0) await world.turn();
  }
  await world.pass(10_001);
  const { clock } = world;
  const setTimer = clock.setTimer.bind(clock);
  let turns = 0;
  clock.setTimer = (delayMs, callback) => {
    if (delayMs === 0) turns++;
    return setTimer(delayMs, callback);
  };
  await world.beat('m12', { memberEpoch });
  for (let i = 0; i < 50; i++) await world.turn();
  const resolved = (await world.liveRecords()).filter(({ kind }) => kind === 'consumer-regex');
  assert.equal(resolved.length, 13);
  assert.ok(turns >= 5, `${turns} turns`);
});
