/** What an assignor of streams groups is given and gives. */
import type { HeldTasks, TaskId, Tasks } from './tasks.ts';

export interface AssignableMember {
  readonly memberId: string;
  readonly processId: string;
  readonly held: HeldTasks;
  /** How far the state on the member's disk has got, as it reported last: also of tasks that it does not hold. */
  readonly taskOffsets: ReadonlyMap<TaskId, number>;
}

export interface AssignableSubtopology {
  readonly id: string;
  readonly taskCount: number;
  /** True when it keeps state: only then it has use for standby tasks. */
  readonly isStateful: boolean;
}

export interface GroupSpec {
  readonly members: readonly AssignableMember[];
  readonly subtopologies: readonly AssignableSubtopology[];
  readonly numStandbyReplicas: number;
}

export interface TaskAssignor {
  readonly name: string;
  /** Gives each member its tasks, by member id. */
  assign(spec: GroupSpec): ReadonlyMap<string, Tasks>;
}
