/** The assignors of consumer groups: who gets what, and what stays where it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rangeAssignor } from '../../../../src/coordinator/group/consumer/assignors/range.ts';
import { uniformAssignor } from '../../../../src/coordinator/group/consumer/assignors/uniform.ts';
import type { Assignment } from '../../../../src/coordinator/group/modern/assignment.ts';
import type { AssignedMember, Assignor } from '../../../../src/coordinator/group/modern/assignor.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Random } from '../../../../src/base/random.ts';

type Targets = Record<string, Record<string, number[]>>;

interface Member {
  readonly topics: readonly string[];
  readonly assigned?: Record<string, readonly number[]>;
  readonly instanceId?: string;
}

function assign(assignor: Assignor, topics: Record<string, number>, members: Record<string, Member>): Targets {
  const specs = Object.entries(members).map(([memberId, member]): AssignedMember => {
    const assigned = Object.entries(member.assigned ?? {});
    return {
      memberId,
      instanceId: member.instanceId ?? null,
      rackId: null,
      topicIds: new Set(member.topics),
      assigned: new Map(assigned.map(([topic, partitions]) => [topic, new Set(partitions)])),
    };
  });
  const subscriptions = new Set(Object.values(members).map((member) => member.topics.toSorted().join()));
  return plain(
    assignor.assign({
      members: specs,
      isHomogeneous: subscriptions.size === 1,
      partitionCount: (topic) => topics[topic] as number,
    }),
  );
}

function plain(targets: ReadonlyMap<string, Assignment>): Targets {
  const result: Targets = {};
  for (const [memberId, target] of targets) {
    result[memberId] = {};
    for (const [topic, partitions] of target) result[memberId][topic] = [...partitions].sort((a, b) => a - b);
  }
  return result;
}

function load(target: Record<string, readonly number[]> | undefined): number {
  return Object.values(target ?? {}).reduce((sum, partitions) => sum + partitions.length, 0);
}

/** Every partition of a topic that somebody subscribes to has exactly one owner, who subscribes to it. */
function assertWhole(topics: Record<string, number>, members: Record<string, Member>, targets: Targets): void {
  const owners = new Map<string, string>();
  for (const [memberId, target] of Object.entries(targets)) {
    for (const [topic, partitions] of Object.entries(target)) {
      assert.ok(members[memberId]?.topics.includes(topic), `${memberId} does not subscribe to ${topic}`);
      for (const partition of partitions) {
        assert.equal(owners.get(`${topic}-${partition}`), undefined, `${topic}-${partition} has two owners`);
        owners.set(`${topic}-${partition}`, memberId);
      }
    }
  }
  for (const [topic, count] of Object.entries(topics)) {
    if (!Object.values(members).some((member) => member.topics.includes(topic))) continue;
    for (let partition = 0; partition < count; partition++) assert.ok(owners.has(`${topic}-${partition}`));
  }
}

function kept(before: Record<string, Member>, after: Targets): number {
  let count = 0;
  for (const [memberId, { assigned }] of Object.entries(before)) {
    for (const [topic, partitions] of Object.entries(assigned ?? {})) {
      count += partitions.filter((partition) => after[memberId]?.[topic]?.includes(partition)).length;
    }
  }
  return count;
}

test('range gives neighbouring partitions, one more to the first members', () => {
  const members = { b: { topics: ['t'] }, a: { topics: ['t'] }, c: { topics: ['t'] } };
  assert.deepEqual(assign(rangeAssignor, { t: 7 }, members), {
    a: { t: [0, 1, 2] },
    b: { t: [3, 4] },
    c: { t: [5, 6] },
  });
});

test('range assigns topics of equal size alike, whatever was assigned before', () => {
  const topics = ['t', 'u'];
  const members = { a: { topics, assigned: { t: [2] } }, b: { topics, assigned: { t: [0, 1] } } };
  const targets = assign(rangeAssignor, { t: 3, u: 3 }, members);
  assert.deepEqual(targets, { a: { t: [0, 1], u: [0, 1] }, b: { t: [2], u: [2] } });
});

test('range puts static members first, by instance id', () => {
  const topics = ['t'];
  const members = { a: { topics }, z: { topics, instanceId: '1' }, y: { topics, instanceId: '2' } };
  const targets = assign(rangeAssignor, { t: 3 }, members);
  assert.deepEqual(targets, { z: { t: [0] }, y: { t: [1] }, a: { t: [2] } });
});

test('range leaves members over when there are more of them than partitions', () => {
  const members = { a: { topics: ['t'] }, b: { topics: ['t'] }, c: { topics: ['t', 'u'] } };
  assert.deepEqual(assign(rangeAssignor, { t: 2, u: 2 }, members), {
    a: { t: [0] },
    b: { t: [1] },
    c: { u: [0, 1] },
  });
});

test('uniform spreads the partitions of several topics as evenly as it goes', () => {
  const topics = { t: 3, u: 2 };
  const members = { a: { topics: ['t', 'u'] }, b: { topics: ['t', 'u'] } };
  const targets = assign(uniformAssignor, topics, members);
  assertWhole(topics, members, targets);
  assert.deepEqual([load(targets['a']), load(targets['b'])].sort(), [2, 3]);
});

test('uniform takes from each member just what a new one needs', () => {
  const topics = { t: 6 };
  const members = {
    a: { topics: ['t'], assigned: { t: [0, 1, 2] } },
    b: { topics: ['t'], assigned: { t: [3, 4, 5] } },
    c: { topics: ['t'] },
  };
  const targets = assign(uniformAssignor, topics, members);
  assertWhole(topics, members, targets);
  assert.deepEqual(Object.values(targets).map(load), [2, 2, 2]);
  assert.equal(kept(members, targets), 4);
});

test('uniform moves nothing where the spread is even already', () => {
  const members = {
    a: { topics: ['t'], assigned: { t: [4, 0] } },
    b: { topics: ['t'], assigned: { t: [3] } },
    c: { topics: ['t'], assigned: { t: [1, 2] } },
  };
  assert.equal(kept(members, assign(uniformAssignor, { t: 5 }, members)), 5);
});

test('uniform lets those keep an extra partition that have one', () => {
  const members = { a: { topics: ['t'], assigned: {} }, b: { topics: ['t'], assigned: { t: [0, 1, 2] } } };
  const targets = assign(uniformAssignor, { t: 3 }, members);
  assert.deepEqual([load(targets['a']), load(targets['b'])], [1, 2]);
});

test('uniform gives what a member that left had to the others', () => {
  const members = { a: { topics: ['t'], assigned: { t: [0, 1] } }, c: { topics: ['t'], assigned: { t: [4, 5] } } };
  const targets = assign(uniformAssignor, { t: 6 }, members);
  assertWhole({ t: 6 }, members, targets);
  assert.equal(kept(members, targets), 4);
});

test('uniform drops partitions of topics that nobody subscribes to any more', () => {
  const members = { a: { topics: ['u'], assigned: { t: [0] } } };
  assert.deepEqual(assign(uniformAssignor, { t: 1, u: 1 }, members), { a: { u: [0] } });
});

test('uniform assigns nothing without topics', () => {
  assert.equal(load(assign(uniformAssignor, {}, { a: { topics: [] } })['a']), 0);
});

test('uniform balances over different subscriptions', () => {
  const topics = { t: 6, u: 6 };
  const members = { a: { topics: ['t'] }, b: { topics: ['t', 'u'] }, c: { topics: ['u'] } };
  const targets = assign(uniformAssignor, topics, members);
  assertWhole(topics, members, targets);
  assert.deepEqual(Object.values(targets).map(load), [4, 4, 4]);
});

test('uniform takes from a member only what others may have, when subscriptions differ', () => {
  const topics = { t: 4, u: 2 };
  const members = {
    a: { topics: ['t', 'u'], assigned: { t: [0, 1, 2, 3], u: [0, 1] } },
    b: { topics: ['u'] },
  };
  const targets = assign(uniformAssignor, topics, members);
  assertWhole(topics, members, targets);
  assert.deepEqual(targets['b'], { u: [0, 1] });
  assert.equal(kept(members, targets), 4);
});

/** Members come, go and change what they subscribe to; after each step all is assigned, evenly, with few moves. */
function simulate(seed: number, random: Random): void {
  const topics: Record<string, number> = {};
  for (let i = 0; i < 1 + random.int(5); i++) topics[`t${i}`] = 1 + random.int(12);
  const names = Object.keys(topics);
  const isHomogeneous = random.int(2) === 0;
  let members: Record<string, Member> = {};
  for (let step = 0; step < 12; step++) {
    const id = `m${random.int(8)}`;
    const present = Object.keys(members).length;
    if (members[id] !== undefined && present > 1 && random.int(2) === 0) delete members[id];
    else {
      const some = names.filter(() => random.int(2) === 0);
      members[id] = { ...members[id], topics: isHomogeneous || some.length === 0 ? names : some };
    }
    const targets = assign(uniformAssignor, topics, members);
    assertWhole(topics, members, targets);
    assertBalanced(members, targets, seed);
    const again = withTargets(members, targets);
    assert.deepEqual(assign(uniformAssignor, topics, again), targets, `seed ${seed}: it moves without a reason`);
    members = again;
  }
}

function withTargets(members: Record<string, Member>, targets: Targets): Record<string, Member> {
  const entries = Object.entries(members).map(([id, { topics }]) => [id, { topics, assigned: targets[id] ?? {} }]);
  return Object.fromEntries(entries) as Record<string, Member>;
}

/** No single partition can move to a member that has two less. */
function assertBalanced(members: Record<string, Member>, targets: Targets, seed: number): void {
  for (const target of Object.values(targets)) {
    for (const topic of Object.keys(target)) {
      for (const [other, { topics }] of Object.entries(members)) {
        if (!topics.includes(topic)) continue;
        assert.ok(load(target) - load(targets[other]) <= 1, `seed ${seed}: ${topic} could go to ${other}`);
      }
    }
  }
}

test('uniform is whole, even and sticky through random changes', () => {
  for (let seed = 0; seed < 300; seed++) simulate(seed, seededRandom(seed));
});
