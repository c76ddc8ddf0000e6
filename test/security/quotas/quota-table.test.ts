/** Which quota counts for whom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type EntityType,
  entityKey,
  parseEntityKey,
  type QuotaEntity,
} from '../../../src/security/quotas/quota-entity.ts';
import { QuotaTable } from '../../../src/security/quotas/quota-table.ts';

function entity(parts: Partial<Record<EntityType, string | null>>): QuotaEntity {
  return new Map(Object.entries(parts) as Array<[EntityType, string | null]>);
}

/** From the one that counts most to the one that counts least. */
const ORDER: ReadonlyArray<Partial<Record<EntityType, string | null>>> = [
  { user: 'alice', 'client-id': 'app' },
  { user: 'alice', 'client-id': null },
  { user: 'alice' },
  { user: null, 'client-id': 'app' },
  { user: null, 'client-id': null },
  { user: null },
  { 'client-id': 'app' },
  { 'client-id': null },
];

test('the quota that says most of a client counts, user before client id, a name before the default', () => {
  const table = new QuotaTable();
  for (const [place, parts] of [...ORDER.entries()].toReversed()) {
    table.set(entity(parts), new Map([['producer_byte_rate', place + 1]]));
    const found = table.clientLimit('producer_byte_rate', 'alice', 'app');
    const shared = { user: 'user' in parts ? 'alice' : null, clientId: 'client-id' in parts ? 'app' : null };
    assert.deepEqual(found, { limit: place + 1, ...shared });
  }
  assert.equal(table.clientLimit('consumer_byte_rate', 'alice', 'app'), null);
  assert.equal(table.clientLimit('producer_byte_rate', 'bob', 'other')?.limit, 5);
});

test('a name that looks like the default is a name', () => {
  const table = new QuotaTable();
  table.set(entity({ user: '<default>' }), new Map([['request_percentage', 1]]));
  assert.equal(table.clientLimit('request_percentage', 'alice', ''), null);
  assert.equal(table.clientLimit('request_percentage', '<default>', '')?.limit, 1);
});

test('an address has its own limit, or that of all others; a host stands for its address', () => {
  const table = new QuotaTable();
  table.set(entity({ user: 'alice' }), new Map([['producer_byte_rate', 1]]));
  assert.deepEqual([table.hasClients, table.hasAddresses, table.addressLimit('10.0.0.1')], [true, false, null]);
  table.set(entity({ ip: 'db.test' }), new Map([['connection_creation_rate', 7]]));
  table.know('db.test', '10.0.0.1');
  table.set(entity({ ip: null }), new Map([['connection_creation_rate', 3]]));
  assert.deepEqual([table.addressLimit('10.0.0.1'), table.addressLimit('10.0.0.2')], [7, 3]);
  table.set(entity({ ip: 'db.test' }), new Map());
  table.set(entity({ user: 'alice' }), new Map());
  assert.deepEqual([table.hasClients, table.hasAddresses, table.addressLimit('10.0.0.1')], [false, true, 3]);
});

test('two names of one address are no quota of a client', () => {
  const table = new QuotaTable();
  for (const ip of ['localhost', '127.0.0.1']) table.set(entity({ ip }), new Map([['connection_creation_rate', 7]]));
  table.know('localhost', '127.0.0.1');
  assert.deepEqual([table.hasClients, table.hasAddresses, table.addressLimit('127.0.0.1')], [false, true, 7]);
});

test('entities are kept under one key, whatever the order of their parts', () => {
  const [one, other] = [entity({ user: 'a"b', 'client-id': null }), entity({ 'client-id': null, user: 'a"b' })];
  assert.equal(entityKey(one), entityKey(other));
  assert.deepEqual(parseEntityKey(entityKey(one)), other);
});
