/** Quotas as they are enforced: who shares one, when what was found is looked up anew, and how much is remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { userPrincipal } from '../../../src/security/principal.ts';
import { ClientQuotas, type QuotaClient } from '../../../src/security/quotas/client-quotas.ts';
import { MAX_NAME_CHARACTERS, Meters } from '../../../src/security/quotas/meters.ts';
import type { EntityType } from '../../../src/security/quotas/quota-entity.ts';
import { QuotaTable } from '../../../src/security/quotas/quota-table.ts';

const windows = { count: 11, ms: 1000 };

function world() {
  const [table, clock] = [new QuotaTable(), new ManualClock()];
  const quotas = new ClientQuotas({ table, clock, windows, mutationWindows: windows });
  const set = (parts: Partial<Record<EntityType, string | null>>, values: Record<string, number>): void => {
    table.set(new Map(Object.entries(parts) as Array<[EntityType, string | null]>), new Map(Object.entries(values)));
    quotas.changed();
  };
  return { table, clock, quotas, set };
}

function client(name: string): QuotaClient {
  return { session: { principal: userPrincipal(name) }, quotas: null };
}

test('connections of a user share his rate, those of another do not', () => {
  const { quotas, set } = world();
  set({ user: null }, { producer_byte_rate: 10_000 });
  const [one, other, stranger] = [client('alice'), client('alice'), client('bob')];
  assert.equal(quotas.produced(one, 'a', 100_000), 0);
  assert.equal(quotas.produced(other, 'b', 50_000), 5000);
  assert.equal(quotas.produced(stranger, 'a', 50_000), 0);
});

test('what was found for a connection is kept until quotas, its user or its client id change', () => {
  const { quotas, set } = world();
  set({ user: 'alice' }, { consumer_byte_rate: 10_000 });
  const alice = client('alice');
  const found = quotas.of(alice, 'app');
  assert.equal(quotas.of(alice, 'app'), found);
  assert.notEqual(quotas.of(alice, 'other'), found);
  (alice.session as { principal: unknown }).principal = userPrincipal('bob');
  assert.equal(quotas.of(alice, 'other').consumed, null);
  (alice.session as { principal: unknown }).principal = userPrincipal('alice');
  assert.notEqual(quotas.of(alice, 'app').consumed, null);
  set({ user: 'alice' }, {});
  assert.equal(quotas.of(alice, 'app').consumed, null);
});

test('a new limit counts for what was brought before', () => {
  const { quotas, set } = world();
  set({ user: 'alice' }, { producer_byte_rate: 1_000_000 });
  const alice = client('alice');
  assert.equal(quotas.produced(alice, null, 100_000), 0);
  set({ user: 'alice' }, { producer_byte_rate: 10_000 });
  assert.equal(quotas.produced(alice, null, 10_000), 1000);
});

test('time on the event loop holds nobody back for more than a window, nor does what is only noted', () => {
  const { quotas, set } = world();
  set({ 'client-id': 'busy' }, { request_percentage: 1 });
  const some = client('alice');
  quotas.wasBusy(some, 'busy', 10_000);
  assert.equal(quotas.busy(some, 'idle', 10_000), 0);
  assert.equal(quotas.busy(some, 'busy', 0.001), 1000);
});

test('nobody is held back for longer than an answer can say', () => {
  const { quotas, set } = world();
  set({ user: 'alice' }, { producer_byte_rate: 1 });
  assert.equal(quotas.produced(client('alice'), null, 100_000_000), 2 ** 31 - 1);
});

test('an answer that would be too much does not count when it is not given', () => {
  const { quotas, set, clock } = world();
  set({ user: 'alice' }, { consumer_byte_rate: 10_000 });
  const alice = client('alice');
  const bytes = (count: number) => (): number => count;
  assert.equal(quotas.fetchBound(alice, null), 100_000);
  assert.equal(quotas.wouldConsume(alice, null, bytes(60_000)), 0);
  assert.equal(quotas.wouldConsume(alice, null, bytes(60_100)), 2010);
  clock.advance(1);
  assert.equal(quotas.wouldConsume(alice, null, bytes(30_000)), 0);
});

test('client ids that somebody makes up are forgotten, those in use are not', () => {
  const { clock } = world();
  let forgotten = 0;
  const meters = new Meters<{ lastMs: number }>(() => void (forgotten += 1), 100);
  const meter = (name: string): { lastMs: number } =>
    meters.get(name, clock.monotonicMs(), () => ({ lastMs: clock.monotonicMs() }));
  const mine = meter('mine');
  for (let i = 0; i < 1000; i++) {
    meter(`made up ${i}`);
    assert.equal(meter('mine'), mine);
  }
  assert.deepEqual([meters.size, forgotten], [100, 901]);
  clock.advance(59 * 60 * 1000);
  mine.lastMs = clock.monotonicMs();
  clock.advance(2 * 60 * 1000);
  assert.equal(meter('mine'), mine);
  assert.equal(meters.size, 1);
});

test('who uses what he holds is not forgotten for client ids that somebody else makes up', () => {
  const { quotas, set, clock } = world();
  set({ user: 'alice' }, { producer_byte_rate: 10_000 });
  set({ 'client-id': null }, { producer_byte_rate: 10_000 });
  const [alice, mallory] = [client('alice'), client('mallory')];
  for (let i = 0; i < 12_000; i++) {
    clock.advance(1);
    quotas.produced(alice, 'app', 100);
    quotas.produced(mallory, `made up ${i}`, 1);
  }
  // She brought 1,200,000 bytes in 12 s, of which the last 11 windows count.
  assert.ok(quotas.produced(alice, 'app', 1) > 90_000);
  assert.equal([...quotas.meters()].length, 10_000);
});

test('of long client ids that somebody makes up fewer are kept', () => {
  const { quotas, set } = world();
  set({ 'client-id': null }, { producer_byte_rate: 10_000 });
  for (let i = 0; i < 400; i++) quotas.produced(client('alice'), `${i}`.padEnd(30_000, 'x'), 1);
  const kept = [...quotas.meters()].map(({ clientId }) => clientId ?? '');
  assert.ok(kept.join('').length <= MAX_NAME_CHARACTERS);
  assert.equal(kept.at(-1)?.startsWith('399x'), true);
  quotas.forget();
  quotas.produced(client('alice'), 'x'.repeat(30_000), 1);
  assert.equal([...quotas.meters()].length, 1);
});

test('a connection does not go on with a meter that was forgotten', () => {
  const { quotas, set, clock } = world();
  set({ 'client-id': null }, { producer_byte_rate: 10_000 });
  const old = client('alice');
  const found = quotas.of(old, 'app').produced;
  clock.advance(2 * 60 * 60 * 1000);
  const fresh = quotas.of(client('alice'), 'another');
  assert.notEqual(quotas.of(old, 'app').produced, found);
  assert.notEqual(fresh.produced, found);
});
