/** ShareGroupDescribe (77), version 1 (KIP-932): share groups and their members. */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  readShareGroupDescribeRequest,
  type ShareGroupDescribeRequest,
} from '../../protocol/generated/share-group-describe-request.ts';
import {
  type ShareGroupDescribeResponse,
  writeShareGroupDescribeResponse,
} from '../../protocol/generated/share-group-describe-response.ts';
import type { Input } from '../../protocol/input.ts';
import { type DescribedShareGroup, describeShareGroup } from '../coordinator/group/share/describe.ts';
import { AnswerBound } from './answer-bound.ts';
import { errorFields } from './api-error.ts';
import { ALL_GROUP_OPERATIONS } from './authorized-operations.ts';
import { requireGroupId } from './group-caller.ts';
import { requireShareGroups } from './share-group-heartbeat.ts';
import { Slices } from './slices.ts';
import { type BrokerServices, handler } from './types.ts';

/** Members described in one turn of the event loop. */
const MEMBERS_PER_SLICE = 2000;
/** What a member takes in the answer without its topics, with ids of the usual length. */
const MEMBER_BYTES = 300;
/** What a partition of an assignment takes. */
const PARTITION_BYTES = 4;

export const shareGroupDescribeHandler = handler<ShareGroupDescribeRequest, Input<ShareGroupDescribeResponse>>({
  apiKey: ApiKey.ShareGroupDescribe,
  minVersion: 1,
  maxVersion: 1,
  readRequest: readShareGroupDescribeRequest,
  writeResponse: writeShareGroupDescribeResponse,
  async handle({ services }, request) {
    const slices = new Slices(MEMBERS_PER_SLICE);
    const bound = new AnswerBound();
    const groups: DescribedShareGroup[] = [];
    for (const groupId of request.groupIds) {
      const group: DescribedShareGroup = bound.isReached
        ? { groupId, errorCode: ErrorCode.INVALID_REQUEST }
        : await describe(services, groupId, request.includeAuthorizedOperations);
      groups.push(group);
      const members = group.members ?? [];
      for (const { assignment } of members) bound.add(MEMBER_BYTES + byteLengthOf(assignment));
      const pause = slices.spend(1 + members.length);
      if (pause !== null) await pause;
    }
    return { groups };
  },
});

async function describe(
  services: BrokerServices,
  groupId: string,
  withOperations: boolean,
): Promise<DescribedShareGroup> {
  try {
    requireShareGroups(services);
    requireGroupId(groupId);
    const group = await services.groups.read(groupId, (env) => describeShareGroup(env, groupId));
    const isFound = group.errorCode === ErrorCode.NONE;
    return withOperations && isFound ? { ...group, authorizedOperations: ALL_GROUP_OPERATIONS } : group;
  } catch (error) {
    return { groupId, ...errorFields(error, services) };
  }
}

type Assignment = NonNullable<DescribedShareGroup['members']>[number]['assignment'];

function byteLengthOf(assignment: Assignment): number {
  let bytes = 0;
  for (const { topicName, partitions } of assignment?.topicPartitions ?? []) {
    bytes += (topicName?.length ?? 0) + PARTITION_BYTES * (partitions?.length ?? 0);
  }
  return bytes;
}
