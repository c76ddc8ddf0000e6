/**
 * Tasks of a streams group (KIP-1071): one per subtopology and input partition. A member holds each in one of three
 * roles: active (processes), standby (keeps a copy of the state) or warm-up (builds up the state).
 */

/** Name of a task as Kafka Streams writes it: subtopology id, underscore, partition. */
export type TaskId = string;

/** Tasks by role. Wire order does not matter, duplicates collapse. */
export interface Tasks {
  readonly active: ReadonlySet<TaskId>;
  readonly standby: ReadonlySet<TaskId>;
  readonly warmup: ReadonlySet<TaskId>;
}

/** The same, with the epoch in which each active task was assigned: what says whose older offsets still count. */
export interface HeldTasks {
  readonly active: ReadonlyMap<TaskId, number>;
  readonly standby: ReadonlySet<TaskId>;
  readonly warmup: ReadonlySet<TaskId>;
}

export type TaskRole = keyof Tasks;

/** Tasks of one subtopology as messages and records have them. */
export interface TaskIds {
  readonly subtopologyId: string;
  readonly partitions: readonly number[];
}

export const NO_TASKS: Tasks = { active: new Set(), standby: new Set(), warmup: new Set() };
export const NOTHING_HELD: HeldTasks = { active: new Map(), standby: new Set(), warmup: new Set() };

export function taskId(subtopologyId: string, partition: number): TaskId {
  return `${subtopologyId}_${partition}`;
}

/** A subtopology's id may contain underscores itself. */
export function subtopologyOf(task: TaskId): string {
  return task.slice(0, task.lastIndexOf('_'));
}

export function partitionOf(task: TaskId): number {
  return Number(task.slice(task.lastIndexOf('_') + 1));
}

/** By subtopology, then by partition. */
export function compareTasks(a: TaskId, b: TaskId): number {
  const first = subtopologyOf(a);
  const second = subtopologyOf(b);
  if (first !== second) return first < second ? -1 : 1;
  return partitionOf(a) - partitionOf(b);
}

export function fromTaskIds(list: readonly TaskIds[]): ReadonlySet<TaskId> {
  return new Set(list.flatMap(({ subtopologyId, partitions }) => partitions.map((p) => taskId(subtopologyId, p))));
}

/** Sorted by subtopology and partition. */
export function toTaskIds(tasks: Iterable<TaskId>): { subtopologyId: string; partitions: number[] }[] {
  const bySubtopology = new Map<string, number[]>();
  for (const task of [...tasks].sort(compareTasks)) {
    const subtopologyId = subtopologyOf(task);
    const partitions = bySubtopology.get(subtopologyId);
    if (partitions === undefined) bySubtopology.set(subtopologyId, [partitionOf(task)]);
    else partitions.push(partitionOf(task));
  }
  return [...bySubtopology].map(([subtopologyId, partitions]) => ({ subtopologyId, partitions }));
}

/** True for the same tasks, whatever their epochs. */
function sameIds(a: ReadonlySetLike<TaskId>, b: ReadonlySet<TaskId>): boolean {
  return a.size === b.size && b.isSubsetOf(a);
}

export function sameTasks(a: Tasks, b: Tasks): boolean {
  return sameIds(a.active, b.active) && sameIds(a.standby, b.standby) && sameIds(a.warmup, b.warmup);
}

/** True for the same tasks of the same epochs. */
export function sameHeld(a: HeldTasks, b: HeldTasks): boolean {
  if (a.active.size !== b.active.size) return false;
  for (const [task, epoch] of a.active) if (b.active.get(task) !== epoch) return false;
  return sameIds(a.standby, b.standby) && sameIds(a.warmup, b.warmup);
}

export function isNothing(held: HeldTasks | Tasks): boolean {
  return held.active.size === 0 && held.standby.size === 0 && held.warmup.size === 0;
}

/** True when a task of one is in the other in the same role. */
export function overlap(tasks: Tasks, held: HeldTasks): boolean {
  return !(
    tasks.active.isDisjointFrom(held.active) &&
    tasks.standby.isDisjointFrom(held.standby) &&
    tasks.warmup.isDisjointFrom(held.warmup)
  );
}
