/** A group's settings in force. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { GroupConfig } from '../../src/config/group-config.ts';
import { parseIsoDuration } from '../../src/config/iso-duration.ts';

function groupConfig(own: Record<string, string>, broker: Record<string, string> = {}): GroupConfig {
  return new GroupConfig(createBrokerConfig(new Map(Object.entries(broker))), new Map(Object.entries(own)));
}

test("a group without settings of its own has the broker's", () => {
  const plain = groupConfig({}, { 'group.consumer.session.timeout.ms': '50000', 'group.streams.assignors': 'sticky' });
  assert.equal(plain.consumerSessionTimeoutMs, 50_000);
  assert.equal(plain.consumerHeartbeatIntervalMs, 5000);
  assert.equal(plain.consumerAssignmentIntervalMs, 1000);
  assert.equal(plain.shareAutoOffsetReset, 'latest');
  assert.equal(plain.shareIsolationLevel, 'read_uncommitted');
  assert.equal(plain.shareRenewAcknowledgeEnable, true);
  assert.equal(plain.sharePartitionMaxRecordLocks, 2000);
  assert.equal(plain.streamsAcceptableRecoveryLag, 10_000);
  assert.deepEqual(plain.streamsRackAwareAssignmentTags, []);
  assert.equal(plain.deadLetterTopicName, '');
  assert.equal(plain.deadLetterCopyRecordEnable, false);
});

test("a group's own settings come first", () => {
  const own = groupConfig({
    'consumer.heartbeat.interval.ms': '7000',
    'share.auto.offset.reset': 'by_duration:PT1H',
    'share.isolation.level': 'read_committed',
    'share.renew.acknowledge.enable': 'false',
    'streams.rack.aware.assignment.tags': 'zone,cluster',
    'errors.deadletterqueue.topic.name': 'dlq.a',
    'errors.deadletterqueue.copy.record.enable': 'true',
  });
  assert.equal(own.consumerHeartbeatIntervalMs, 7000);
  assert.deepEqual(own.shareAutoOffsetReset, { durationMs: 3_600_000 });
  assert.equal(own.shareIsolationLevel, 'read_committed');
  assert.equal(own.shareRenewAcknowledgeEnable, false);
  assert.deepEqual(own.streamsRackAwareAssignmentTags, ['zone', 'cluster']);
  assert.equal(own.deadLetterTopicName, 'dlq.a');
  assert.equal(own.deadLetterCopyRecordEnable, true);
});

test('a setting that bounds of the broker overtook counts as the bound', () => {
  const own = { 'consumer.session.timeout.ms': '60000', 'share.delivery.count.limit': '3' };
  const bounds = { 'group.consumer.max.session.timeout.ms': '55000', 'group.share.min.delivery.count.limit': '4' };
  const clamped = groupConfig(own, bounds);
  assert.equal(clamped.consumerSessionTimeoutMs, 55_000);
  assert.equal(clamped.shareDeliveryCountLimit, 4);
});

test('durations are read as Java writes them', () => {
  const cases: readonly (readonly [string, number | null])[] = [
    ['PT1H', 3_600_000],
    ['P1DT2H3M4.5S', (((24 + 2) * 60 + 3) * 60 + 4) * 1000 + 500],
    ['pt0.001s', 1],
    ['P2D', 172_800_000],
    ['PT-1S', -1000],
    ['-PT1S', -1000],
    ['P', null],
    ['PT', null],
    ['P1DT', null],
    ['PT1', null],
    ['1H', null],
    ['P1Y', null],
    ['', null],
  ];
  for (const [text, ms] of cases) assert.equal(parseIsoDuration(text), ms, text);
});
