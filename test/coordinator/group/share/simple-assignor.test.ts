/** What the assignor of share groups promises, for groups of any kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Random } from '../../../../src/base/random.ts';
import type { Assignment } from '../../../../src/coordinator/group/modern/assignment.ts';
import type { GroupSpec } from '../../../../src/coordinator/group/modern/assignor.ts';
import { simpleAssignor } from '../../../../src/coordinator/group/share/simple-assignor.ts';

type Subscriptions = Readonly<Record<string, readonly string[]>>;

function specOf(
  subscriptions: Subscriptions,
  counts: Readonly<Record<string, number>>,
  before: ReadonlyMap<string, Assignment> = new Map(),
): GroupSpec {
  const lists = Object.values(subscriptions).map((topicIds) => topicIds.toSorted().join());
  return {
    members: Object.entries(subscriptions).map(([memberId, topicIds]) => ({
      memberId,
      instanceId: null,
      rackId: null,
      topicIds: new Set(topicIds),
      assigned: before.get(memberId) ?? new Map(),
    })),
    isHomogeneous: new Set(lists).size === 1,
    partitionCount: (topicId) => counts[topicId] ?? 0,
  };
}

const { assign } = simpleAssignor(() => true);

function shown(result: ReadonlyMap<string, Assignment>): Record<string, string> {
  return Object.fromEntries([...result].map(([memberId, assignment]) => [memberId, namesOf(assignment).join(' ')]));
}

function namesOf(assignment: Assignment | undefined): string[] {
  return [...(assignment ?? [])]
    .flatMap(([topicId, indexes]) => [...indexes].map((index) => topicId + index))
    .toSorted();
}

test('a member alone has all partitions, and gives up half of them to the second', () => {
  const alone = assign(specOf({ a: ['t'] }, { t: 4 }));
  assert.deepEqual(shown(alone), { a: 't0 t1 t2 t3' });
  const both = assign(specOf({ a: ['t'], b: ['t'] }, { t: 4 }, alone));
  assert.deepEqual(shown(both), { a: 't0 t1', b: 't2 t3' });
});

test('where there are more members than partitions, they share them', () => {
  const result = assign(specOf({ a: ['t'], b: ['t'], c: ['t'], d: ['t'] }, { t: 2 }));
  const counts = new Map<string, number>();
  for (const assignment of result.values()) {
    const names = namesOf(assignment);
    assert.equal(names.length, 1);
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  assert.deepEqual([...counts].toSorted(), [
    ['t0', 2],
    ['t1', 2],
  ]);
});

test('partitions without a state yet, and topics that are gone, are given to nobody', () => {
  const { assign: assignSome } = simpleAssignor((_, partition) => partition !== 1);
  assert.deepEqual(shown(assignSome(specOf({ a: ['t', 'gone'] }, { t: 3 }))), { a: 't0 t2' });
  assert.deepEqual(shown(assign(specOf({ a: ['gone'] }, {}))), {});
});

/** Some members with some topics each; homogeneous ones all have the same. */
function randomSubscriptions(random: Random, topicIds: readonly string[], isHomogeneous: boolean): Subscriptions {
  const some = (): string[] => {
    const picked = topicIds.filter(() => random.int(2) === 0);
    return picked.length === 0 ? [topicIds[0] as string] : picked;
  };
  const all = some();
  const members = Array.from({ length: 1 + random.int(12) }, (_, i) => `m${i}`);
  return Object.fromEntries(members.map((memberId) => [memberId, isHomogeneous ? all : some()]));
}

function checkPromises(spec: GroupSpec, result: ReadonlyMap<string, Assignment>): void {
  const holders = new Map<string, number>();
  for (const { memberId, topicIds } of spec.members) {
    for (const [topicId, indexes] of result.get(memberId) ?? []) {
      assert.ok(topicIds.has(topicId), 'a member has what it did not subscribe to');
      for (const index of indexes) {
        assert.ok(index < spec.partitionCount(topicId));
        holders.set(topicId + index, (holders.get(topicId + index) ?? 0) + 1);
      }
    }
  }
  const wanted = new Set(spec.members.flatMap(({ topicIds }) => [...topicIds]));
  const all = [...wanted].flatMap((topicId) =>
    Array.from({ length: spec.partitionCount(topicId) }, (_, index) => topicId + index),
  );
  for (const name of all) assert.ok((holders.get(name) ?? 0) > 0, `nobody has ${name}`);
  assert.equal(holders.size, all.length);
  const sizes = spec.members.map(({ memberId }) => namesOf(result.get(memberId)).length);
  if (all.length > 0) assert.ok(Math.min(...sizes) > 0, 'a member has nothing');
  if (spec.isHomogeneous) assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `unbalanced: ${sizes.join()}`);
}

test('everybody has something and every partition somebody, whatever changes; nothing moves without a change', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seededRandom(seed);
    const isHomogeneous = seed % 2 === 0;
    const topicIds = ['a', 'b', 'c', 'd'];
    const counts = Object.fromEntries(topicIds.map((topicId) => [topicId, 1 + random.int(6)]));
    let before: ReadonlyMap<string, Assignment> = new Map();
    for (let change = 0; change < 6; change++) {
      const subscriptions = randomSubscriptions(random, topicIds, isHomogeneous);
      const spec = specOf(subscriptions, counts, before);
      const result = assign(spec);
      checkPromises(spec, result);
      assert.deepEqual(shown(assign(specOf(subscriptions, counts, result))), shown(result), `seed ${seed}`);
      before = result;
      const grown = topicIds[random.int(4)] as string;
      counts[grown] = (counts[grown] ?? 0) + random.int(2);
    }
  }
});
