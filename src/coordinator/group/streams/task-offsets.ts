/** How far the state on a member's disk has got, as it last reported. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { taskId } from './tasks.ts';
import type { TaskId } from './tasks.ts';

export interface TaskOffsets {
  /** Sum of the changelog offsets that a task has got to. */
  readonly offsets: ReadonlyMap<TaskId, number>;
  /** Sum of the ends of a task's changelogs. */
  readonly endOffsets: ReadonlyMap<TaskId, number>;
}

/** As messages list it. */
export interface TaskOffset {
  readonly subtopologyId: string;
  readonly partition: number;
  readonly offset: number;
}

export const NO_OFFSETS: TaskOffsets = { offsets: new Map(), endOffsets: new Map() };

/** What a heartbeat leaves out stays as it is. @throws KafkaError INVALID_REQUEST for a task that comes twice */
export function updatedOffsets(
  current: TaskOffsets,
  offsets: readonly TaskOffset[] | null,
  endOffsets: readonly TaskOffset[] | null,
): TaskOffsets {
  return {
    offsets: offsets === null ? current.offsets : byTask(offsets),
    endOffsets: endOffsets === null ? current.endOffsets : byTask(endOffsets),
  };
}

function byTask(list: readonly TaskOffset[]): ReadonlyMap<TaskId, number> {
  const offsets = new Map<TaskId, number>();
  for (const { subtopologyId, partition, offset } of list) {
    const task = taskId(subtopologyId, partition);
    if (offsets.has(task)) {
      throw new KafkaError(
        ErrorCode.INVALID_REQUEST,
        `Task offsets contain a duplicate entry for subtopology ${subtopologyId} and partition ${partition}.`,
      );
    }
    offsets.set(task, offset);
  }
  return offsets;
}
