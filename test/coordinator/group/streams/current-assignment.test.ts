/** The steps by which a member of a streams group comes to hold what it is to hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { nextAssignment } from '../../../../src/coordinator/group/streams/current-assignment.ts';
import type { AssignmentStep } from '../../../../src/coordinator/group/streams/current-assignment.ts';
import { MemberState } from '../../../../src/coordinator/group/streams/member.ts';
import type { StreamsMember } from '../../../../src/coordinator/group/streams/member.ts';
import { NOTHING_HELD } from '../../../../src/coordinator/group/streams/tasks.ts';
import type { HeldTasks, TaskId, TaskRole, Tasks } from '../../../../src/coordinator/group/streams/tasks.ts';

type Roles = Partial<Record<TaskRole, readonly TaskId[]>>;

function tasks({ active = [], standby = [], warmup = [] }: Roles): Tasks {
  return { active: new Set(active), standby: new Set(standby), warmup: new Set(warmup) };
}

function held(roles: Roles, epoch = 10): HeldTasks {
  const { active, standby, warmup } = tasks(roles);
  return { active: new Map([...active].map((task) => [task, epoch])), standby, warmup };
}

function member(change: Partial<StreamsMember>): StreamsMember {
  return {
    memberId: 'm',
    instanceId: null,
    rackId: null,
    clientId: 'client',
    clientHost: '/127.0.0.1',
    rebalanceTimeoutMs: 1000,
    topologyEpoch: 0,
    processId: 'p',
    userEndpoint: null,
    clientTags: new Map(),
    memberEpoch: 10,
    previousMemberEpoch: 9,
    state: MemberState.STABLE,
    assigned: NOTHING_HELD,
    pendingRevocation: NOTHING_HELD,
    ...change,
  };
}

type Holders = Readonly<Record<string, readonly string[]>>;

/** @param holders processes by role and task, as 'active 0_1' */
function step(target: Roles, owned: Roles | null, holders: Holders = {}): AssignmentStep {
  return {
    targetEpoch: 11,
    target: tasks(target),
    owned: owned === null ? null : tasks(owned),
    holders: (role, task) => holders[`${role} ${task}`] ?? [],
  };
}

function shown({ memberEpoch, state, assigned, pendingRevocation }: StreamsMember): unknown {
  const ids = (it: HeldTasks): unknown => ({
    ...(it.active.size > 0 && { active: Object.fromEntries(it.active) }),
    ...(it.standby.size > 0 && { standby: [...it.standby] }),
    ...(it.warmup.size > 0 && { warmup: [...it.warmup] }),
  });
  return { memberEpoch, state, assigned: ids(assigned), revoked: ids(pendingRevocation) };
}

test('nothing happens to a stable member in the epoch of the target', () => {
  const stable = member({ memberEpoch: 11, assigned: held({ active: ['0_0'] }) });
  assert.equal(nextAssignment(stable, step({}, null)), stable);
});

test('free tasks are granted at once, in the epoch of the target', () => {
  const next = nextAssignment(
    member({ assigned: held({ active: ['0_0'] }) }),
    step({ active: ['0_0', '0_1'], standby: ['0_2'], warmup: ['0_3'] }, null),
  );
  assert.deepEqual(shown(next), {
    memberEpoch: 11,
    state: MemberState.STABLE,
    assigned: { active: { '0_0': 10, '0_1': 11 }, standby: ['0_2'], warmup: ['0_3'] },
    revoked: {},
  });
  assert.equal(next.previousMemberEpoch, 10);
});

test('what a member loses is revoked in the old epoch, and nothing is granted before', () => {
  const next = nextAssignment(member({ assigned: held({ active: ['0_0'] }) }), step({ active: ['0_1'] }, null));
  assert.deepEqual(shown(next), {
    memberEpoch: 10,
    state: MemberState.UNREVOKED_TASKS,
    assigned: {},
    revoked: { active: { '0_0': 10 } },
  });
});

test('a member that no longer owns what it loses goes on at once', () => {
  const next = nextAssignment(
    member({ assigned: held({ active: ['0_0'] }) }),
    step({ active: ['0_1'] }, { standby: ['0_0'] }),
  );
  assert.deepEqual(shown(next), {
    memberEpoch: 11,
    state: MemberState.STABLE,
    assigned: { active: { '0_1': 11 } },
    revoked: {},
  });
});

const REVOKING = member({
  state: MemberState.UNREVOKED_TASKS,
  assigned: held({ active: ['0_0'] }),
  pendingRevocation: held({ active: ['0_1'] }),
});

test('a revoking member waits until it says that it has given up its tasks', () => {
  assert.equal(nextAssignment(REVOKING, step({ active: ['0_0'] }, null)), REVOKING);
  assert.equal(nextAssignment(REVOKING, step({ active: ['0_0'] }, { active: ['0_0', '0_1'] })), REVOKING);
  const next = nextAssignment(REVOKING, step({ active: ['0_0', '0_2'] }, { active: ['0_0'] }));
  assert.deepEqual(shown(next), {
    memberEpoch: 11,
    state: MemberState.STABLE,
    assigned: { active: { '0_0': 10, '0_2': 11 } },
    revoked: {},
  });
});

test('a revoking member may have to revoke more by then, in the next epoch', () => {
  const next = nextAssignment(REVOKING, { ...step({}, { active: ['0_0'] }), targetEpoch: 15 });
  assert.deepEqual(shown(next), {
    memberEpoch: 11,
    state: MemberState.UNREVOKED_TASKS,
    assigned: {},
    revoked: { active: { '0_0': 10 } },
  });
});

test('a task that another member still holds is waited for, with the epoch of the target', () => {
  const busy = step({ active: ['0_0', '0_1'] }, null, { 'active 0_1': ['other'] });
  const next = nextAssignment(member({}), busy);
  assert.deepEqual(shown(next), {
    memberEpoch: 11,
    state: MemberState.UNRELEASED_TASKS,
    assigned: { active: { '0_0': 11 } },
    revoked: {},
  });
  assert.equal(nextAssignment(next, busy).state, MemberState.UNRELEASED_TASKS);
  const released = nextAssignment(next, step({ active: ['0_0', '0_1'] }, null));
  assert.deepEqual(shown(released), {
    memberEpoch: 11,
    state: MemberState.STABLE,
    assigned: { active: { '0_0': 11, '0_1': 11 } },
    revoked: {},
  });
});

test('one process gets a task only when no other member of it has the state', () => {
  for (const [target, holders] of [
    [{ active: ['0_0'] }, { 'standby 0_0': ['p'] }],
    [{ active: ['0_0'] }, { 'warmup 0_0': ['p'] }],
    [{ standby: ['0_0'] }, { 'active 0_0': ['p'] }],
    [{ standby: ['0_0'] }, { 'standby 0_0': ['p'] }],
    [{ standby: ['0_0'] }, { 'warmup 0_0': ['p'] }],
    [{ warmup: ['0_0'] }, { 'active 0_0': ['p'] }],
    [{ warmup: ['0_0'] }, { 'standby 0_0': ['p'] }],
    [{ warmup: ['0_0'] }, { 'warmup 0_0': ['p'] }],
  ] as const) {
    const next = nextAssignment(member({}), step(target, null, holders));
    assert.equal(next.state, MemberState.UNRELEASED_TASKS, JSON.stringify({ target, holders }));
    assert.equal(next.assigned.active.size + next.assigned.standby.size + next.assigned.warmup.size, 0);
  }
});

test('a standby may be on another process than the active task', () => {
  const elsewhere = { 'active 0_0': ['q'], 'standby 0_0': ['q'], 'warmup 0_0': ['q'] };
  const next = nextAssignment(member({}), step({ standby: ['0_0'] }, null, elsewhere));
  assert.equal(next.state, MemberState.STABLE);
  assert.deepEqual([...next.assigned.standby], ['0_0']);
});

test('a standby becomes active without being revoked, and stays standby while other things are revoked', () => {
  const own = { 'standby 0_0': ['p'], 'active 0_9': ['p'] };
  const promoted = nextAssignment(
    member({ assigned: held({ standby: ['0_0'] }) }),
    step({ active: ['0_0'] }, null, own),
  );
  assert.deepEqual(shown(promoted), {
    memberEpoch: 11,
    state: MemberState.STABLE,
    assigned: { active: { '0_0': 11 } },
    revoked: {},
  });
  const revoking = nextAssignment(
    member({ assigned: held({ active: ['0_9'], standby: ['0_0'] }) }),
    step({ active: ['0_0'] }, null, own),
  );
  assert.deepEqual(shown(revoking), {
    memberEpoch: 10,
    state: MemberState.UNREVOKED_TASKS,
    assigned: { standby: ['0_0'] },
    revoked: { active: { '0_9': 10 } },
  });
});

test('a standby that is to become active stays standby until the old owner is done', () => {
  const next = nextAssignment(
    member({ assigned: held({ standby: ['0_0'] }) }),
    step({ active: ['0_0'] }, null, { 'active 0_0': ['q'], 'standby 0_0': ['p'] }),
  );
  assert.deepEqual(shown(next), {
    memberEpoch: 11,
    state: MemberState.UNRELEASED_TASKS,
    assigned: { standby: ['0_0'] },
    revoked: {},
  });
});

test('an active task that becomes a standby is revoked as active, and granted as standby at once', () => {
  const next = nextAssignment(
    member({ assigned: held({ active: ['0_0'] }) }),
    step({ standby: ['0_0'] }, null, { 'active 0_0': ['p'] }),
  );
  assert.deepEqual(shown(next), {
    memberEpoch: 10,
    state: MemberState.UNREVOKED_TASKS,
    assigned: { standby: ['0_0'] },
    revoked: { active: { '0_0': 10 } },
  });
});

test('standby and warm-up change into each other without a revocation', () => {
  const own = { 'standby 0_0': ['p'], 'warmup 0_1': ['p'] };
  const next = nextAssignment(
    member({ assigned: held({ standby: ['0_0'], warmup: ['0_1'] }) }),
    step({ warmup: ['0_0'], standby: ['0_1'] }, null, own),
  );
  assert.deepEqual(shown(next), {
    memberEpoch: 11,
    state: MemberState.STABLE,
    assigned: { standby: ['0_1'], warmup: ['0_0'] },
    revoked: {},
  });
});

test('a member in an unknown state must have given up everything', () => {
  const unknown = member({ state: MemberState.UNKNOWN });
  for (const owned of [null, { active: ['0_0'] }]) {
    assert.throws(
      () => nextAssignment(unknown, step({ active: ['0_0'] }, owned)),
      (error) => error instanceof KafkaError && error.code === ErrorCode.FENCED_MEMBER_EPOCH,
    );
  }
  const next = nextAssignment(unknown, step({ active: ['0_0'] }, {}));
  assert.equal(next.memberEpoch, 11);
  assert.deepEqual([...next.assigned.active.keys()], ['0_0']);
});
