/** Which ACLs a filter finds, as Apache Kafka 4.4.0 was seen to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Acl } from '../../../src/security/acls/acl.ts';
import { type AclFilter, matches } from '../../../src/security/acls/acl-filter.ts';

const base = { type: 'TOPIC', principal: 'User:alice', host: '*', operation: 'READ', permission: 'ALLOW' } as const;
const ACLS: Readonly<Record<string, Acl>> = {
  literal: { ...base, patternType: 'LITERAL', name: 'orders' },
  wildcard: { ...base, patternType: 'LITERAL', name: '*' },
  prefix: { ...base, patternType: 'PREFIXED', name: 'ord' },
  'prefix of its length': { ...base, patternType: 'PREFIXED', name: 'orders' },
  all: { ...base, patternType: 'LITERAL', name: 'orders', operation: 'ALL' },
  everybody: { ...base, patternType: 'LITERAL', name: 'orders', principal: 'User:*' },
  group: { ...base, type: 'GROUP', patternType: 'LITERAL', name: 'orders' },
};

function found(filter: AclFilter): string[] {
  return Object.keys(ACLS).filter((key) => matches(filter, ACLS[key] as Acl));
}

const topic = (patternType: AclFilter['patternType'], name?: string): AclFilter => ({
  type: 'TOPIC',
  patternType,
  name,
  operation: 'READ',
  principal: 'User:alice',
});

test('MATCH finds what is about a name, ANY and the kinds themselves what is called so', () => {
  assert.deepEqual(found(topic('MATCH', 'orders')), ['literal', 'wildcard', 'prefix', 'prefix of its length']);
  assert.deepEqual(found(topic('ANY', 'orders')), ['literal', 'prefix of its length']);
  assert.deepEqual(found(topic('PREFIXED', 'orders')), ['prefix of its length']);
  assert.deepEqual(found(topic('LITERAL', 'orders')), ['literal']);
  assert.deepEqual(found(topic('LITERAL', '*')), ['wildcard']);
});

test('without a name all of a kind are found', () => {
  assert.deepEqual(found(topic('PREFIXED')), ['prefix', 'prefix of its length']);
  assert.equal(found({ patternType: 'ANY' }).length, Object.keys(ACLS).length);
});

test('an operation and a principal find only themselves', () => {
  assert.deepEqual(found({ patternType: 'ANY', operation: 'ALL' }), ['all']);
  assert.deepEqual(found({ patternType: 'ANY', principal: 'User:*' }), ['everybody']);
  assert.deepEqual(found({ patternType: 'ANY', principal: 'alice' }), []);
});
