/**
 * DeleteGroups (42), versions 0 to 3: deletes groups without members, with their offsets. Each group has an error of its
 * own; v3 has room for a message, which is left out for classic groups as in Kafka.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { readDeleteGroupsRequest } from '../../protocol/generated/delete-groups-request.ts';
import type { DeleteGroupsRequest } from '../../protocol/generated/delete-groups-request.ts';
import { writeDeleteGroupsResponse } from '../../protocol/generated/delete-groups-response.ts';
import type { DeletableGroupResult, DeleteGroupsResponse } from '../../protocol/generated/delete-groups-response.ts';
import type { Input } from '../../protocol/input.ts';
import { errorCodeOf } from '../coordinator/errors.ts';
import { deleteGroup } from '../coordinator/group/delete-group.ts';
import { deleteAllStates } from '../coordinator/group/share/delete-offsets.ts';
import { requireGroup } from './authorize.ts';
import { type RequestContext, handler } from './types.ts';

export const deleteGroupsHandler = handler<DeleteGroupsRequest, Input<DeleteGroupsResponse>>({
  apiKey: ApiKey.DeleteGroups,
  minVersion: 0,
  maxVersion: 3,
  readRequest: readDeleteGroupsRequest,
  writeResponse: writeDeleteGroupsResponse,
  async handle(context, request) {
    const groupIds = [...new Set(request.groupsNames)];
    return { results: await Promise.all(groupIds.map((groupId) => deleteOne(context, groupId))) };
  },
});

async function deleteOne(context: RequestContext, groupId: string): Promise<Input<DeletableGroupResult>> {
  const { groups, shareStates } = context.services;
  try {
    requireGroup(context, 'DELETE', groupId);
    await deleteAllStates(groups, shareStates, groupId);
    await groups.write(groupId, (env) => deleteGroup(env, groupId));
    return { groupId, errorCode: ErrorCode.NONE };
  } catch (error) {
    return { groupId, errorCode: errorCodeOf(error) };
  }
}
