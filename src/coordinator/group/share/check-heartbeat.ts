/** What a ShareGroupHeartbeat must say, whatever the state of the group. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { ShareGroupHeartbeatRequest } from '../../../../protocol/generated/share-group-heartbeat-request.ts';
import { MemberEpoch } from '../modern/member.ts';

/** A UUID in words. */
const MAX_MEMBER_ID_LENGTH = 36;

/** @throws KafkaError INVALID_REQUEST */
export function checkHeartbeat(request: ShareGroupHeartbeatRequest): void {
  const { groupId, memberId, memberEpoch, rackId, subscribedTopicNames } = request;
  requireText(memberId, 'MemberId');
  requireText(groupId, 'GroupId');
  requireText(rackId, 'RackId');
  if (memberId.length > MAX_MEMBER_ID_LENGTH) throw invalid('MemberId is too long.');
  if (memberEpoch === MemberEpoch.JOIN) {
    if (subscribedTopicNames === null || subscribedTopicNames.length === 0) {
      throw invalid('SubscribedTopicNames must be set in first request.');
    }
  } else if (memberEpoch < MemberEpoch.LEAVE) throw invalid('MemberEpoch is invalid.');
}

/** Null is not there at all, and fine. */
function requireText(value: string | null, name: string): void {
  if (value !== null && value.trim() === '') throw invalid(`${name} can't be empty.`);
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}
