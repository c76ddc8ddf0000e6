/** Which processes hold which tasks, by role: kept up with the members, as a member may wait for another to let go. */
import type { StreamsMember } from './member.ts';
import type { HeldTasks, TaskId, TaskRole } from './tasks.ts';

const ROLES = ['active', 'standby', 'warmup'] as const;

export class TaskHolders {
  /** Ids of processes, one for each member that holds the task. */
  readonly #processes = {
    active: new Map<TaskId, readonly string[]>(),
    standby: new Map<TaskId, readonly string[]>(),
    warmup: new Map<TaskId, readonly string[]>(),
  };

  of(role: TaskRole, task: TaskId): readonly string[] {
    return this.#processes[role].get(task) ?? [];
  }

  /** A member holds what it is assigned, and what it has not given up yet. */
  add(member: StreamsMember): void {
    for (const held of [member.assigned, member.pendingRevocation]) {
      this.#each(held, (processes) => [...processes, member.processId]);
    }
  }

  /** Of a member that was added before. */
  remove(member: StreamsMember): void {
    for (const held of [member.assigned, member.pendingRevocation]) {
      this.#each(held, (processes) => processes.toSpliced(processes.indexOf(member.processId), 1));
    }
  }

  #each(held: HeldTasks, change: (processes: readonly string[]) => readonly string[]): void {
    for (const role of ROLES) {
      for (const task of held[role].keys()) {
        const processes = change(this.of(role, task));
        if (processes.length > 0) this.#processes[role].set(task, processes);
        else this.#processes[role].delete(task);
      }
    }
  }
}
