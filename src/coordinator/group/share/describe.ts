/** ShareGroupDescribe: a share group as it is. */
import { boundedMessage, ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { ShareGroupDescribeResponse } from '../../../../protocol/generated/share-group-describe-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { GroupEnvironment } from '../environment.ts';
import { toTopicPartitions } from '../modern/assignment.ts';
import { requireShareGroup } from './find.ts';
import type { ShareMember } from './member.ts';

export type DescribedShareGroup = Input<ShareGroupDescribeResponse['groups'][number]>;
type Member = NonNullable<DescribedShareGroup['members']>[number];

/** Errors are in the answer. */
export function describeShareGroup(env: GroupEnvironment, groupId: string): DescribedShareGroup {
  try {
    const group = requireShareGroup(env, groupId);
    return {
      errorCode: ErrorCode.NONE,
      groupId,
      groupState: group.state,
      groupEpoch: group.groupEpoch,
      assignmentEpoch: group.assignmentEpoch,
      assignorName: 'simple',
      members: [...group.members.values()].map((member) => describeMember(env, member)),
    };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { groupId, errorCode: error.code, errorMessage: boundedMessage(error.message) };
  }
}

/** Topics that are deleted are left out. */
function describeMember(env: GroupEnvironment, member: ShareMember): Member {
  const { memberId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames } = member;
  const topicPartitions = toTopicPartitions(member.assigned).flatMap((listed) => {
    const topicName = env.topics.topicById(listed.topicId)?.name;
    return topicName === undefined ? [] : [{ ...listed, topicName }];
  });
  const assignment = { topicPartitions };
  const names = [...subscribedTopicNames];
  return { memberId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames: names, assignment };
}
