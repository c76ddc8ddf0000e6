/** Records of groups and offsets: byte for byte those of Kafka. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { classicGroupTombstone } from '../../../src/coordinator/group/classic/records.ts';
import { offsetTombstone } from '../../../src/coordinator/group/offsets/records.ts';
import type { OffsetRecord } from '../../../src/coordinator/group/offsets/records.ts';
import { groupRecordCodec } from '../../../src/coordinator/group/protocols.ts';

/** Versions of values that are written; older ones are only read. */
const WRITTEN: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [2, 3],
  [3, 0],
  [4, 0],
  [5, 0],
  [6, 0],
  [7, 0],
  [8, 0],
  [10, 0],
  [11, 0],
  [12, 0],
  [13, 0],
  [14, 0],
  [15, 0],
  [16, 0],
  [17, 0],
  [19, 0],
  [20, 0],
  [21, 0],
  [22, 0],
  [23, 0],
]);

function goldenRecords(): { key: Buffer; value: Buffer | null }[] {
  const text = readFileSync(new URL('../../golden/coordinator-records.hex', import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('__consumer_offsets '));
  return lines.map((line) => {
    const [, key = '', value = '-'] = line.split(' ');
    return { key: Buffer.from(key, 'hex'), value: value === '-' ? null : Buffer.from(value, 'hex') };
  });
}

test('what Kafka 4.4 has written is read and written again byte for byte', () => {
  let compared = 0;
  for (const { key, value } of goldenRecords()) {
    const type = key.readInt16BE(0);
    const record = groupRecordCodec.decode(key, value);
    assert.equal(record === null, !WRITTEN.has(type), `a record of type ${type}`);
    if (record === null || (value !== null && value.readInt16BE(0) !== WRITTEN.get(type))) continue;
    assert.deepEqual(groupRecordCodec.encode(record), { key, value });
    compared++;
  }
  assert.ok(compared >= 3, `only ${compared} records were compared`);
});

test('records survive the trip, whatever their version', () => {
  const offset = (expireTimestampMs: number, leaderEpoch: number, topicId: string): OffsetRecord => ({
    kind: 'offset',
    groupId: 'group',
    topic: 'orders',
    partition: 3,
    value: { offset: 2 ** 52, leaderEpoch, metadata: 'ünicode', commitTimestampMs: 5, expireTimestampMs, topicId },
  });
  const records = [
    offset(-1, 7, '0123456789abcdefghijkA'),
    offset(99, -1, 'AAAAAAAAAAAAAAAAAAAAAA'),
    offsetTombstone('group', 'orders', 0),
    classicGroupTombstone('group'),
  ];
  for (const record of records) {
    const { key, value } = groupRecordCodec.encode(record);
    assert.deepEqual(groupRecordCodec.decode(key, value), record);
  }
});

test('offsets of a key in its oldest form are read', () => {
  const { key, value } = groupRecordCodec.encode(offsetTombstone('group', 'orders', 1));
  key.writeInt16BE(0, 0);
  assert.deepEqual(groupRecordCodec.decode(key, value), offsetTombstone('group', 'orders', 1));
});
