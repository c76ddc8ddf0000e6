/** Kafka's rules for topic names. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { collisionKey, isInternalTopic, topicNameProblem } from '../../src/metadata/topic-name.ts';

it('letters, digits, dots, dashes and underscores make a name, up to 249 of them', () => {
  for (const name of ['a', 'A.b_c-9', '...', '__consumer_offsets', 'x'.repeat(249)]) {
    assert.equal(topicNameProblem(name), null);
  }
  for (const name of ['', '.', '..', 'a b', 'a/b', 'é', 'a\n', 'x'.repeat(250)]) {
    assert.notEqual(topicNameProblem(name), null);
  }
});

it('names collide when they differ only in dots and underscores', () => {
  assert.equal(collisionKey('a.b_c'), collisionKey('a_b.c'));
  assert.notEqual(collisionKey('a-b'), collisionKey('a_b'));
});

it('three topics are internal', () => {
  const names = ['__consumer_offsets', '__transaction_state', '__share_group_state', '__cluster_metadata', '_x'];
  assert.deepEqual(names.map(isInternalTopic), [true, true, true, false, false]);
});
