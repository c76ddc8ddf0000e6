/**
 * An operation on a group under way. Each of its records is applied to the group at once, so that the next step sees what
 * the group will be; in the end all are taken back, and it is for the runtime to append and replay them.
 */
import { replayed } from '../../types.ts';
import type { Undo } from '../../types.ts';
import type { GroupResult } from '../environment.ts';
import type { GroupRecord } from '../protocol.ts';
import { undoAll } from './member.ts';

export class ModernDraft<G, R extends GroupRecord> {
  readonly group: G;
  readonly records: GroupRecord[] = [];
  readonly #apply: (group: G, record: R) => Undo;
  readonly #undos: Undo[] = [];

  constructor(group: G, apply: (group: G, record: R) => Undo) {
    this.group = group;
    this.#apply = apply;
  }

  /** Adds records of this group. */
  add(...records: readonly R[]): void {
    for (const record of records) {
      this.records.push(record);
      this.#undos.push(this.#apply(this.group, record));
    }
  }

  takeBack(): void {
    undoAll(this.#undos);
  }
}

/** Runs `work`, which gives the answer, on a draft, and takes the draft back. */
export function draftedOn<D extends Pick<ModernDraft<unknown, GroupRecord>, 'records' | 'takeBack'>, A>(
  draft: D,
  work: (draft: D) => A,
): GroupResult<A> {
  try {
    return replayed(draft.records, work(draft));
  } finally {
    draft.takeBack();
  }
}
