/** An operation on a share group under way, see modern/draft.ts. */
import type { GroupResult } from '../environment.ts';
import { draftedOn, ModernDraft } from '../modern/draft.ts';
import type { ShareGroup } from './group.ts';
import type { ShareGroupRecord } from './records.ts';
import { applyRecord } from './replay.ts';

export class Draft extends ModernDraft<ShareGroup, ShareGroupRecord> {
  constructor(group: ShareGroup) {
    super(group, applyRecord);
  }
}

/** Runs `work`, which gives the answer, on a draft of the group. */
export function drafted<R>(group: ShareGroup, work: (draft: Draft) => R): GroupResult<R> {
  return draftedOn(new Draft(group), work);
}
