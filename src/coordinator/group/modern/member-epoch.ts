/** Which member epochs a heartbeat may carry. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { MemberEpoch } from './member.ts';

/** Kinds of groups as error messages name them. */
export type ModernKind = 'consumer' | 'share' | 'streams';

export interface EpochCheck {
  readonly kind: ModernKind;
  /** The member as it is. */
  readonly member: { readonly memberId: string; readonly memberEpoch: number; readonly previousMemberEpoch: number };
  /** As the request has it. */
  readonly memberEpoch: number;
  /** True if a request with the epoch before repeats one whose answer got lost. */
  readonly isRepeat: () => boolean;
}

/** An epoch of 0 joins (again) and is always accepted. @throws KafkaError FENCED_MEMBER_EPOCH */
export function checkMemberEpoch({ kind, member, memberEpoch, isRepeat }: EpochCheck): void {
  const current = member.memberEpoch;
  if (memberEpoch === MemberEpoch.JOIN || memberEpoch === current) return;
  if (memberEpoch < current && memberEpoch === member.previousMemberEpoch && isRepeat()) return;
  throw new KafkaError(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The ${kind} group member has a ${memberEpoch > current ? 'greater' : 'smaller'} member epoch (${memberEpoch}) than ` +
      `the one known by the group coordinator (${current})${suffix(kind, member.previousMemberEpoch, memberEpoch > current)}. ` +
      'The member must abandon all its partitions and rejoin.',
  );
}

function suffix(kind: ModernKind, previousEpoch: number, isGreater: boolean): string {
  if (kind !== 'share' || isGreater) return '';
  return `, and it does not match the previous member epoch (${previousEpoch})`;
}
