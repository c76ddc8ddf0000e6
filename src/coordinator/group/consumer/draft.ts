/**
 * An operation on a consumer group under way. Each of its records is applied to the group at once, so that the next step
 * sees what the group will be; in the end all are taken back, and it is for the runtime to append and replay them.
 */
import { replayed } from '../../types.ts';
import type { Undo } from '../../types.ts';
import type { GroupResult } from '../environment.ts';
import { undoAll } from '../modern/member.ts';
import type { GroupRecord } from '../protocol.ts';
import { applyRecord } from './apply.ts';
import type { ConsumerGroup } from './group.ts';
import type { ConsumerRecord } from './records.ts';

export class Draft {
  readonly group: ConsumerGroup;
  readonly records: GroupRecord[] = [];
  readonly #undos: Undo[] = [];

  constructor(group: ConsumerGroup) {
    this.group = group;
  }

  /** Adds records of this group. */
  add(...records: readonly ConsumerRecord[]): void {
    for (const record of records) {
      this.records.push(record);
      this.#undos.push(applyRecord(this.group, record));
    }
  }

  takeBack(): void {
    undoAll(this.#undos);
  }
}

/** Runs `work`, which gives the answer, on a draft of the group. */
export function drafted<R>(group: ConsumerGroup, work: (draft: Draft) => R): GroupResult<R> {
  const draft = new Draft(group);
  try {
    return replayed(draft.records, work(draft));
  } finally {
    draft.takeBack();
  }
}
