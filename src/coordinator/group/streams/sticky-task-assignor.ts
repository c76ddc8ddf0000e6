/**
 * Kafka's "sticky" assignor: a task stays where it is, or else goes where its state is, as long as that leaves no member
 * with more than its share; the rest goes to the least loaded process. Standby tasks go to other processes than the
 * active one, by the same rules.
 */
import { ProcessLoad, taskCount } from './process-load.ts';
import type { MemberLoad } from './process-load.ts';
import { ProcessQueue } from './process-queue.ts';
import type { AssignableMember, GroupSpec, TaskAssignor } from './task-assignor.ts';
import { compareTasks, partitionOf, subtopologyOf, taskId } from './tasks.ts';
import type { TaskId, Tasks } from './tasks.ts';

export const stickyTaskAssignor: TaskAssignor = {
  name: 'sticky',
  assign(spec) {
    if (spec.members.length === 0) return new Map();
    const draft = startDraft(spec);
    assignActive(
      draft,
      allTasks(spec, () => true),
    );
    if (spec.numStandbyReplicas > 0) {
      const stateful = allTasks(spec, ({ isStateful }) => isStateful);
      assignStandby(draft, stateful, spec.numStandbyReplicas);
    }
    return new Map([...draft.members].map(([memberId, member]) => [memberId, tasksOf(member)]));
  },
};

function tasksOf({ active, standby }: MemberLoad): Tasks {
  return { active, standby, warmup: new Set() };
}

function allTasks({ subtopologies }: GroupSpec, wanted: (s: GroupSpec['subtopologies'][number]) => boolean): TaskId[] {
  return subtopologies
    .filter(wanted)
    .flatMap(({ id, taskCount: count }) => Array.from({ length: count }, (_, partition) => taskId(id, partition)));
}

/**
 * How many tasks a member may have at most for all to have about the same. As members reach it, what is left is shared
 * out among the others anew.
 */
class Quota {
  #tasks: number;
  #members: number;
  #perMember: number;

  constructor(tasks: number, members: number) {
    this.#tasks = tasks;
    this.#members = members;
    this.#perMember = this.#share();
  }

  #share(): number {
    return this.#members === 0 ? 0 : Math.ceil(this.#tasks / this.#members);
  }

  hasRoom(member: MemberLoad): boolean {
    return taskCount(member) < this.#perMember;
  }

  /** To be called after each task that a member gets. */
  taken(member: MemberLoad): void {
    if (taskCount(member) !== this.#perMember) return;
    this.#members--;
    this.#tasks -= this.#perMember;
    this.#perMember = this.#share();
  }
}

interface Draft {
  readonly members: ReadonlyMap<string, MemberLoad>;
  readonly processes: readonly ProcessLoad[];
  readonly activeQuota: Quota;
  readonly totalQuota: Quota;
  readonly lastActive: ReadonlyMap<TaskId, MemberLoad>;
  /** Members that have state of a task: those that hold it as standby first, then by how much they have. */
  readonly stateHolders: ReadonlyMap<TaskId, readonly MemberLoad[]>;
}

function startDraft(spec: GroupSpec): Draft {
  const processes = new Map<string, ProcessLoad>();
  const members = new Map<string, MemberLoad>();
  const lastActive = new Map<TaskId, MemberLoad>();
  for (const { memberId, processId, held } of spec.members) {
    const process = processes.get(processId) ?? new ProcessLoad();
    processes.set(processId, process);
    const member = process.addMember(memberId);
    members.set(memberId, member);
    for (const task of held.active.keys()) lastActive.set(task, member);
  }
  let active = 0;
  let total = 0;
  for (const { taskCount: count, isStateful } of spec.subtopologies) {
    active += count;
    total += isStateful ? count * (1 + spec.numStandbyReplicas) : count;
  }
  return {
    members,
    processes: [...processes.values()],
    activeQuota: new Quota(active, members.size),
    totalQuota: new Quota(total, members.size),
    lastActive,
    stateHolders: findStateHolders(spec.members, members),
  };
}

function findStateHolders(
  members: readonly AssignableMember[],
  loads: ReadonlyMap<string, MemberLoad>,
): ReadonlyMap<TaskId, readonly MemberLoad[]> {
  const found = new Map<TaskId, { member: MemberLoad; isStandby: boolean; offset: number }[]>();
  for (const { memberId, held, taskOffsets } of members) {
    const member = loads.get(memberId);
    if (member === undefined) continue;
    for (const task of held.standby.union(new Set(taskOffsets.keys()))) {
      const holder = { member, isStandby: held.standby.has(task), offset: taskOffsets.get(task) ?? 0 };
      const holders = found.get(task);
      if (holders === undefined) found.set(task, [holder]);
      else holders.push(holder);
    }
  }
  return new Map(
    [...found].map(([task, holders]) => {
      holders.sort((a, b) => Number(b.isStandby) - Number(a.isStandby) || b.offset - a.offset);
      return [task, holders.map(({ member }) => member)];
    }),
  );
}

function give(draft: Draft, member: MemberLoad, role: 'active' | 'standby', task: TaskId): void {
  member.process.give(member, role, task);
  if (role === 'active') draft.activeQuota.taken(member);
  draft.totalQuota.taken(member);
}

/** What is kept is looked at in this order, what is left by subtopology first: so a new group gets ranges. */
function byPartition(a: TaskId, b: TaskId): number {
  return partitionOf(a) - partitionOf(b) || (subtopologyOf(a) < subtopologyOf(b) ? -1 : 1);
}

function assignActive(draft: Draft, tasks: readonly TaskId[]): void {
  const { activeQuota, lastActive, stateHolders, processes } = draft;
  const unlessFull = (task: TaskId, member: MemberLoad | undefined): boolean => {
    if (member === undefined || !activeQuota.hasRoom(member)) return true;
    give(draft, member, 'active', task);
    return false;
  };
  const left = tasks
    .toSorted(byPartition)
    .filter((task) => unlessFull(task, lastActive.get(task)))
    .filter((task) => unlessFull(task, leastLoaded(stateHolders.get(task) ?? [])));
  const queue = new ProcessQueue(processes);
  for (const task of left.sort(compareTasks)) {
    queue.useFirst(
      () => true,
      (process) => give(draft, process.leastLoadedMember, 'active', task),
    );
  }
}

/** The first, unless both the process and the member of a later one have less to do. */
function leastLoaded(members: readonly MemberLoad[]): MemberLoad | undefined {
  let least: MemberLoad | undefined;
  for (const member of members) {
    const isLess =
      least === undefined || (member.process.load < least.process.load && taskCount(member) < taskCount(least));
    if (isLess) least = member;
  }
  return least;
}

function assignStandby(draft: Draft, tasks: readonly TaskId[], replicas: number): void {
  const left: { readonly task: TaskId; readonly count: number }[] = [];
  for (const task of tasks.toSorted((a, b) => byPartition(b, a))) {
    let count = replicas;
    while (count > 0) {
      const member = stickyStandby(draft, task);
      if (member === undefined) break;
      give(draft, member, 'standby', task);
      count--;
    }
    if (count > 0) left.push({ task, count });
  }
  const queue = new ProcessQueue(draft.processes);
  for (const { task, count } of left.sort((a, b) => compareTasks(b.task, a.task))) {
    const giveOne = (): boolean =>
      queue.useFirst(
        (process) => !process.has(task),
        (process) => give(draft, process.leastLoadedMember, 'standby', task),
      );
    // There may not be enough processes for so many copies.
    for (let given = 0; given < count && giveOne(); given++);
  }
}

/** Where the state of a task is that this process does not have yet, if the member there has room. */
function stickyStandby({ lastActive, stateHolders, totalQuota }: Draft, task: TaskId): MemberLoad | undefined {
  const active = lastActive.get(task);
  if (active !== undefined && !active.process.has(task) && totalQuota.hasRoom(active)) return active;
  const holders = (stateHolders.get(task) ?? []).filter(({ process }) => !process.has(task));
  const holder = leastLoaded(holders);
  return holder !== undefined && totalQuota.hasRoom(holder) ? holder : undefined;
}
