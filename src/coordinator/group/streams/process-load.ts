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

  /** A process has at least one member. */
  get leastLoadedMember(): MemberLoad {
    return this.#members.reduce((least, member) => (taskCount(member) < taskCount(least) ? member : least));
  }
}

export function taskCount({ active, standby }: MemberLoad): number {
  return active.size + standby.size;
}
