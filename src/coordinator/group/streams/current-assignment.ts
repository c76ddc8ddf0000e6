/**
 * Moves a member one step towards its target assignment: it gives up what it is to lose first, and gets what it is to
 * have when nobody holds that any more.
 */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { MemberState } from './member.ts';
import type { StreamsMember } from './member.ts';
import { NOTHING_HELD, isNothing, overlap } from './tasks.ts';
import type { HeldTasks, TaskId, TaskRole, Tasks } from './tasks.ts';

/** The processes whose members hold a task in a role, or have not given it up yet. */
export type TaskHolders = (role: TaskRole, task: TaskId) => readonly string[];

export interface AssignmentStep {
  readonly targetEpoch: number;
  readonly target: Tasks;
  readonly holders: TaskHolders;
  /** What the member says it holds; null when its heartbeat does not say. */
  readonly owned: Tasks | null;
}

/**
 * Gives the member after the step; the same object when there is nothing to do.
 * @throws KafkaError FENCED_MEMBER_EPOCH when it is not known where the member stands, and it holds tasks
 */
export function nextAssignment(member: StreamsMember, step: AssignmentStep): StreamsMember {
  switch (member.state) {
    case MemberState.STABLE:
      return member.memberEpoch === step.targetEpoch ? member : advance(member, member.memberEpoch, step);
    case MemberState.UNREVOKED_TASKS:
      if (!isReleased(member.pendingRevocation, step.owned)) return member;
      return advance(member, member.memberEpoch + 1, step);
    case MemberState.UNRELEASED_TASKS:
      return advance(member, member.memberEpoch, step);
    case MemberState.UNKNOWN:
      if (step.owned === null || !isNothing(step.owned)) {
        throw new KafkaError(
          ErrorCode.FENCED_MEMBER_EPOCH,
          'The streams group member is in a unknown state. The member must abandon all its tasks and rejoin.',
        );
      }
      return advance(member, step.targetEpoch, step);
  }
}

/** True when the member says that it no longer holds any of these. */
function isReleased(pending: HeldTasks, owned: Tasks | null): boolean {
  return owned !== null && !overlap(owned, pending);
}

/** Tasks that are still being collected. */
interface Collected {
  readonly active: Map<TaskId, number>;
  readonly standby: Set<TaskId>;
  readonly warmup: Set<TaskId>;
}

/** Where each task goes in this step. */
interface Draft {
  readonly kept: Collected;
  readonly revoked: Collected;
  readonly granted: Collected;
}

function nothingYet(): Collected {
  return { active: new Map(), standby: new Set(), warmup: new Set() };
}

/** @param memberEpoch the epoch of a member that has something to give up */
function advance(member: StreamsMember, memberEpoch: number, step: AssignmentStep): StreamsMember {
  const { assigned } = member;
  const draft: Draft = { kept: nothingYet(), revoked: nothingYet(), granted: nothingYet() };
  for (const [task, epoch] of assigned.active) {
    (step.target.active.has(task) ? draft.kept : draft.revoked).active.set(task, epoch);
  }
  splitReplicas(assigned.standby, step.target.standby, draft.kept.standby, draft.revoked.standby);
  splitReplicas(assigned.warmup, step.target.warmup, draft.kept.warmup, draft.revoked.warmup);
  const waits = grantFree(member, step, draft);
  changeRolesInPlace(assigned, step.target, draft);
  const mustRevoke = !isNothing(draft.revoked) && !isReleased(draft.revoked, step.owned);
  keepUntilPromoted(assigned, step.target, draft, mustRevoke);

  const previousMemberEpoch = member.memberEpoch;
  if (mustRevoke) {
    const state = MemberState.UNREVOKED_TASKS;
    return {
      ...member,
      state,
      memberEpoch,
      previousMemberEpoch,
      assigned: draft.kept,
      pendingRevocation: draft.revoked,
    };
  }
  return {
    ...member,
    state: waits ? MemberState.UNRELEASED_TASKS : MemberState.STABLE,
    memberEpoch: step.targetEpoch,
    previousMemberEpoch,
    assigned: {
      active: new Map([...draft.kept.active, ...draft.granted.active]),
      standby: draft.kept.standby.union(draft.granted.standby),
      warmup: draft.kept.warmup.union(draft.granted.warmup),
    },
    pendingRevocation: NOTHING_HELD,
  };
}

function splitReplicas(
  held: ReadonlySet<TaskId>,
  target: ReadonlySet<TaskId>,
  kept: Set<TaskId>,
  revoked: Set<TaskId>,
): void {
  for (const task of held) (target.has(task) ? kept : revoked).add(task);
}

/** Grants what the member is to have and nobody holds; gives whether something is still held by others. */
function grantFree(member: StreamsMember, step: AssignmentStep, { kept, granted }: Draft): boolean {
  const { target, targetEpoch, holders } = step;
  const { assigned, processId } = member;
  /** Another member of this process holds it in that role: one process keeps a task's state only once. */
  const elsewhereInProcess = (role: TaskRole, task: TaskId): boolean =>
    holders(role, task).includes(processId) && !assigned[role].has(task);
  const isFree = {
    active: (task: TaskId): boolean =>
      holders('active', task).length === 0 &&
      !elsewhereInProcess('standby', task) &&
      !elsewhereInProcess('warmup', task),
    standby: (task: TaskId): boolean =>
      !elsewhereInProcess('active', task) &&
      !holders('standby', task).includes(processId) &&
      !elsewhereInProcess('warmup', task),
    warmup: (task: TaskId): boolean =>
      !holders('active', task).includes(processId) &&
      !elsewhereInProcess('standby', task) &&
      !holders('warmup', task).includes(processId),
  };
  let waits = false;
  for (const task of target.active.difference(kept.active)) {
    if (isFree.active(task)) granted.active.set(task, targetEpoch);
    else waits = true;
  }
  for (const role of ['standby', 'warmup'] as const) {
    for (const task of target[role].difference(kept[role])) {
      if (isFree[role](task)) granted[role].add(task);
      else waits = true;
    }
  }
  return waits;
}

/** What the member holds in one role and is granted in a lesser or like one keeps its state, and need not be revoked. */
function changeRolesInPlace(assigned: HeldTasks, target: Tasks, { kept, revoked, granted }: Draft): void {
  // An active task that becomes a standby is granted at once, while the active one is being given up.
  for (const task of assigned.active.keys()) {
    if (granted.standby.delete(task)) kept.standby.add(task);
  }
  for (const task of assigned.standby) {
    if (granted.warmup.delete(task)) {
      kept.warmup.add(task);
      revoked.standby.delete(task);
    }
  }
  for (const task of assigned.warmup) {
    if (granted.standby.delete(task)) {
      kept.standby.add(task);
      revoked.warmup.delete(task);
    }
  }
  for (const task of target.active) {
    revoked.standby.delete(task);
    revoked.warmup.delete(task);
  }
}

/** A replica that is to become active stays what it is until the member gets the active task. */
function keepUntilPromoted(assigned: HeldTasks, target: Tasks, draft: Draft, mustRevoke: boolean): void {
  for (const role of ['standby', 'warmup'] as const) {
    for (const task of assigned[role]) {
      const isPromoted = !mustRevoke && draft.granted.active.has(task);
      if (target.active.has(task) && !isPromoted) draft.kept[role].add(task);
    }
  }
}
