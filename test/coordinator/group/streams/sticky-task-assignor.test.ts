/** The sticky assignor of streams groups: who gets which task. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Random } from '../../../../src/base/random.ts';
import { stickyTaskAssignor } from '../../../../src/coordinator/group/streams/sticky-task-assignor.ts';
import type {
  AssignableMember,
  AssignableSubtopology,
  GroupSpec,
} from '../../../../src/coordinator/group/streams/task-assignor.ts';
import { NOTHING_HELD, compareTasks } from '../../../../src/coordinator/group/streams/tasks.ts';
import type { TaskId, Tasks } from '../../../../src/coordinator/group/streams/tasks.ts';

interface Holding {
  readonly process?: string;
  readonly active?: readonly TaskId[];
  readonly standby?: readonly TaskId[];
  readonly offsets?: Readonly<Record<TaskId, number>>;
}

function member(memberId: string, holding: Holding = {}): AssignableMember {
  const { process = memberId, active = [], standby = [], offsets = {} } = holding;
  return {
    memberId,
    processId: process,
    held: { active: new Map(active.map((task) => [task, 1])), standby: new Set(standby), warmup: new Set() },
    taskOffsets: new Map(Object.entries(offsets)),
  };
}

function part(id: string, taskCount: number, isStateful = false): AssignableSubtopology {
  return { id, taskCount, isStateful };
}

function assign(
  members: readonly AssignableMember[],
  subtopologies: readonly AssignableSubtopology[],
  numStandbyReplicas = 0,
): ReadonlyMap<string, Tasks> {
  return stickyTaskAssignor.assign({ members, subtopologies, numStandbyReplicas });
}

function active(assignment: ReadonlyMap<string, Tasks>): Record<string, TaskId[]> {
  return Object.fromEntries([...assignment].map(([id, tasks]) => [id, [...tasks.active].sort(compareTasks)]));
}

function standby(assignment: ReadonlyMap<string, Tasks>): Record<string, TaskId[]> {
  return Object.fromEntries([...assignment].map(([id, tasks]) => [id, [...tasks.standby].sort(compareTasks)]));
}

test('a new group shares the tasks of all subtopologies out evenly', () => {
  const assignment = assign([member('a'), member('b'), member('c')], [part('0', 4), part('1', 2)]);
  for (const tasks of assignment.values()) assert.equal(tasks.active.size, 2);
});

test('a member keeps its tasks when another joins, up to its share', () => {
  const before = member('a', { active: ['0_0', '0_1', '0_2', '0_3'] });
  const assignment = active(assign([before, member('b')], [part('0', 4)]));
  assert.deepEqual(assignment, { a: ['0_0', '0_1'], b: ['0_2', '0_3'] });
});

test('tasks of a member that left go to who has least, and nobody else moves', () => {
  const assignment = active(
    assign([member('a', { active: ['0_0', '0_1'] }), member('b', { active: ['0_2'] })], [part('0', 4)]),
  );
  assert.deepEqual(assignment, { a: ['0_0', '0_1'], b: ['0_2', '0_3'] });
});

test('a process with more threads gets more tasks', () => {
  const members = [member('a1', { process: 'a' }), member('a2', { process: 'a' }), member('b1', { process: 'b' })];
  const assignment = assign(members, [part('0', 6)]);
  for (const tasks of assignment.values()) assert.equal(tasks.active.size, 2);
});

test('an active task goes where its standby was', () => {
  const members = [
    member('a', { active: ['0_0'] }),
    member('b', { active: ['0_1'] }),
    member('c', { standby: ['0_2'] }),
  ];
  assert.deepEqual(active(assign(members, [part('0', 3, true)])), { a: ['0_0'], b: ['0_1'], c: ['0_2'] });
});

test('an active task goes where the state on disk has got furthest, also to a member that holds nothing', () => {
  const members = [
    member('a', { offsets: { '0_0': 10, '0_1': 900 } }),
    member('b', { offsets: { '0_0': 500, '0_1': 3 } }),
  ];
  assert.deepEqual(active(assign(members, [part('0', 2, true)])), { a: ['0_1'], b: ['0_0'] });
});

test('who holds a standby comes before who only reports offsets', () => {
  const members = [member('a', { offsets: { '0_0': 900 } }), member('b', { standby: ['0_0'] })];
  assert.deepEqual(active(assign(members, [part('0', 1, true)])), { a: [], b: ['0_0'] });
});

test('standbys go to other processes than the active task, and only of what keeps state', () => {
  const members = [member('a'), member('b')];
  const assignment = assign(members, [part('0', 2, true), part('1', 2)], 1);
  const [a, b] = [assignment.get('a'), assignment.get('b')];
  assert.ok(a !== undefined && b !== undefined);
  assert.deepEqual([...a.active, ...b.active].sort(compareTasks), ['0_0', '0_1', '1_0', '1_1']);
  assert.deepEqual([...a.standby, ...b.standby].sort(compareTasks), ['0_0', '0_1']);
  assert.ok(a.active.isDisjointFrom(a.standby) && b.active.isDisjointFrom(b.standby));
});

test('threads of one process get no standby of each other', () => {
  const members = [member('a1', { process: 'a' }), member('a2', { process: 'a' })];
  assert.deepEqual(standby(assign(members, [part('0', 2, true)], 1)), { a1: [], a2: [] });
});

test('more replicas than processes are not assigned', () => {
  const assignment = standby(assign([member('a'), member('b')], [part('0', 1, true)], 3));
  assert.equal(Object.values(assignment).flat().length, 1);
});

test('a standby stays where it was', () => {
  const members = [
    member('a', { active: ['0_0'] }),
    member('b', { active: ['0_1'] }),
    member('c', { standby: ['0_0', '0_1'] }),
  ];
  const assignment = assign(members, [part('0', 2, true)], 1);
  assert.deepEqual(standby(assignment), { a: [], b: [], c: ['0_0', '0_1'] });
});

test('a member that loses an active task to another keeps a standby of it', () => {
  const members = [member('a', { active: ['0_0', '0_1'] }), member('b')];
  const assignment = assign(members, [part('0', 2, true)], 1);
  assert.deepEqual(active(assignment), { a: ['0_0'], b: ['0_1'] });
  assert.deepEqual(standby(assignment), { a: ['0_1'], b: ['0_0'] });
});

test('a group without members gets nothing, and one without tasks empty sets', () => {
  assert.equal(assign([], [part('0', 2)]).size, 0);
  assert.deepEqual(active(assign([member('a')], [])), { a: [] });
});

/** Members and subtopologies of any kind, with nothing assigned yet. */
function anyGroup(random: Random): GroupSpec {
  const processes = 1 + random.int(5);
  const members = Array.from({ length: 1 + random.int(8) }, (_, index) =>
    member(`m${index}`, { process: `p${index % processes}` }),
  );
  const subtopologies = Array.from({ length: 1 + random.int(3) }, (_, index) =>
    part(String(index), 1 + random.int(10), random.int(2) === 0),
  );
  return { members, subtopologies, numStandbyReplicas: random.int(3) };
}

/** The group after everybody has got its tasks, with one member less and one more. */
function nextGroup(spec: GroupSpec, assignment: ReadonlyMap<string, Tasks>, random: Random, round: number): GroupSpec {
  const members = spec.members.map((it): AssignableMember => {
    const tasks = assignment.get(it.memberId);
    if (tasks === undefined) return { ...it, held: NOTHING_HELD };
    return { ...it, held: { ...tasks, active: new Map([...tasks.active].map((task) => [task, round])) } };
  });
  if (members.length > 1) members.splice(random.int(members.length), 1);
  members.push(member(`n${round}`, { process: `p${random.int(5)}` }));
  return { ...spec, members };
}

function check(spec: GroupSpec, assignment: ReadonlyMap<string, Tasks>): void {
  const all = spec.subtopologies.flatMap(({ id, taskCount }) =>
    Array.from({ length: taskCount }, (_, i) => `${id}_${i}`),
  );
  const given = [...assignment.values()].flatMap((tasks) => [...tasks.active]);
  assert.deepEqual(given.sort(compareTasks), all.sort(compareTasks), 'each task is active once');

  const share = Math.ceil(all.length / spec.members.length);
  for (const [memberId, tasks] of assignment) {
    assert.ok(tasks.active.size <= share + 1, `${memberId} has ${tasks.active.size} of ${all.length} tasks`);
  }
  const processOf = new Map(spec.members.map(({ memberId, processId }) => [memberId, processId]));
  const placed = [...assignment].flatMap(([memberId, tasks]) =>
    [...tasks.active, ...tasks.standby].map((task) => `${task} at ${processOf.get(memberId)}`),
  );
  assert.equal(new Set(placed).size, placed.length, 'a process has a task once');
  const processes = new Set(processOf.values()).size;
  for (const { id, taskCount, isStateful } of spec.subtopologies) {
    for (let partition = 0; partition < taskCount; partition++) {
      const copies = [...assignment.values()].filter((tasks) => tasks.standby.has(`${id}_${partition}`)).length;
      assert.equal(
        copies,
        isStateful ? Math.min(spec.numStandbyReplicas, processes - 1) : 0,
        `copies of ${id}_${partition}`,
      );
    }
  }
}

for (let seed = 1; seed <= 200; seed++) {
  test(`any group gets each task once and about evenly, seed ${seed}`, () => {
    const random = seededRandom(seed);
    let spec = anyGroup(random);
    for (let round = 1; round <= 5; round++) {
      const assignment = assign(spec.members, spec.subtopologies, spec.numStandbyReplicas);
      check(spec, assignment);
      spec = nextGroup(spec, assignment, random, round);
    }
  });
}
