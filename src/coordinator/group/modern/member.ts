/** What members of consumer and share groups have in common. A member is never changed but replaced by another. */
import type { Undo } from '../../types.ts';

export interface ModernMember {
  readonly memberId: string;
  /** The epoch of the target assignment that the member goes by, 0 while it joins. */
  readonly memberEpoch: number;
  /** The epoch before, for a request that repeats one whose answer got lost. */
  readonly previousMemberEpoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: ReadonlySet<string>;
}

/** Epochs in requests that are no epochs. */
export const MemberEpoch = { JOIN: 0, LEAVE: -1, LEAVE_STATIC: -2 } as const;

export function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const name of a) if (!b.has(name)) return false;
  return true;
}

/** Takes back several changes, the last first. */
export function undoAll(undos: readonly Undo[]): void {
  for (const undo of undos.toReversed()) undo();
}
