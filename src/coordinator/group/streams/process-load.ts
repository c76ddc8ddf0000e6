/** How many tasks an assignment in the making has given to a process and to each of its members. */
import type { TaskId } from './tasks.ts';

/** A member with the tasks it is given; a process is as large as it has members, which are its threads. */
export interface MemberLoad {
  readonly memberId: string;
  readonly process: ProcessLoad;
  readonly active: Set<TaskId>;
  readonly standby: Set<TaskId>;
}

export class ProcessLoad {
  readonly #members: MemberLoad[] = [];
  readonly #tasks = new Set<TaskId>();

  addMember(memberId: string): MemberLoad {
    const member: MemberLoad = { memberId, process: this, active: new Set(), standby: new Set() };
    this.#members.push(member);
    return member;
  }

  /** Tasks per member. */
  get load(): number {
    return this.#tasks.size / this.#members.length;
  }

  /** True when a member has the task, in whatever role: a process needs a task's state only once. */
  has(task: TaskId): boolean {
    return this.#tasks.has(task);
  }

  give(member: MemberLoad, role: 'active' | 'standby', task: TaskId): void {
    member[role].add(task);
    this.#tasks.add(task);
  }

  get leastLoadedMember(): MemberLoad | undefined {
    return leastBy(this.#members, taskCount);
  }
}

export function taskCount({ active, standby }: MemberLoad): number {
  return active.size + standby.size;
}

/** The first of those with the least value. */
export function leastBy<T>(items: Iterable<T>, valueOf: (item: T) => number): T | undefined {
  let least: T | undefined;
  let leastValue = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const value = valueOf(item);
    if (value >= leastValue) continue;
    least = item;
    leastValue = value;
  }
  return least;
}
