/** DeleteShareGroupOffsets (92), version 0 (KIP-932): a share group without members forgets topics. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readDeleteShareGroupOffsetsRequest,
  type DeleteShareGroupOffsetsRequest,
} from '../../protocol/generated/delete-share-group-offsets-request.ts';
import {
  type DeleteShareGroupOffsetsResponse,
  writeDeleteShareGroupOffsetsResponse,
} from '../../protocol/generated/delete-share-group-offsets-response.ts';
import type { Input } from '../../protocol/input.ts';
import { deleteShareGroupOffsets } from '../coordinator/group/share/delete-offsets.ts';
import { allows, denied, requireGroup } from './authorize.ts';
import { codeFields, errorFields } from './api-error.ts';
import { requireGroupId } from './group-caller.ts';
import { requireShareGroups } from './share-group-heartbeat.ts';
import { handler } from './types.ts';

export const deleteShareGroupOffsetsHandler = handler<
  DeleteShareGroupOffsetsRequest,
  Input<DeleteShareGroupOffsetsResponse>
>({
  apiKey: ApiKey.DeleteShareGroupOffsets,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readDeleteShareGroupOffsetsRequest,
  writeResponse: writeDeleteShareGroupOffsetsResponse,
  async handle(context, request) {
    const { services } = context;
    try {
      requireGroup(context, 'DELETE', request.groupId);
      requireShareGroups(services);
      requireGroupId(request.groupId);
      const denials = new Set(request.topics.filter(({ topicName }) => !allows(context, 'READ', 'TOPIC', topicName)));
      const wanted = { ...request, topics: request.topics.filter((topic) => !denials.has(topic)) };
      const response = await deleteShareGroupOffsets(services.groups, services.shareStates, wanted);
      const { code: errorCode, message: errorMessage } = denied('TOPIC');
      const refused = [...denials].map(({ topicName }) => ({ topicName, errorCode, errorMessage }));
      return { ...response, responses: [...(response.responses ?? []), ...refused] };
    } catch (error) {
      const { errorCode, errorMessage } = errorFields(error, services);
      return { errorCode, errorMessage: errorMessage ?? codeFields(errorCode).errorMessage };
    }
  },
});
