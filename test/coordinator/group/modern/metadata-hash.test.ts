/** Checksums of topics and groups, against what Kafka 4.4's own library computes for the same input. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupHash, topicHash } from '../../../../src/coordinator/group/modern/metadata-hash.ts';

function topic(partitionCount: number): Parameters<typeof topicHash>[0] {
  return { name: 'orders.ä', id: 'Rr6zOWwiT1C4lXtjO2KbQQ', partitions: { length: partitionCount } };
}

test('a topic without racks has the checksum that Kafka gives it', () => {
  assert.equal(topicHash(topic(1), null), 83800911318308338n);
  assert.equal(topicHash(topic(3), null), -667038345384587805n);
  assert.equal(topicHash(topic(100), null), 5475175332249608892n);
});

test('the rack of the broker is part of the checksum', () => {
  assert.equal(topicHash(topic(1), 'rack-ä'), 7253240877526316956n);
  assert.equal(topicHash(topic(3), 'rack-ä'), -5660326940243030693n);
  assert.equal(topicHash(topic(100), 'rack-ä'), -9074344689191896551n);
});

test('a group has the checksum of those of its topics in the order of their names', () => {
  const hashes = new Map([
    ['b', -456n],
    ['a', 123n],
  ]);
  assert.equal(groupHash(hashes), 7996115216154285533n);
});

test('a group without topics has checksum 0', () => {
  assert.equal(groupHash(new Map()), 0n);
});
