/** An operation on a consumer group under way, see modern/draft.ts. */
import type { GroupResult } from '../environment.ts';
import { draftedOn, ModernDraft } from '../modern/draft.ts';
import { applyRecord } from './apply.ts';
import type { ConsumerGroup } from './group.ts';
import type { ConsumerRecord } from './records.ts';

export class Draft extends ModernDraft<ConsumerGroup, ConsumerRecord> {
  constructor(group: ConsumerGroup) {
    super(group, applyRecord);
  }
}

/** Runs `work`, which gives the answer, on a draft of the group. */
export function drafted<R>(group: ConsumerGroup, work: (draft: Draft) => R): GroupResult<R> {
  return draftedOn(new Draft(group), work);
}
