/** AlterShareGroupOffsets (91), version 0 (KIP-932): moves where a share group without members goes on. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readAlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsRequest,
} from '../../protocol/generated/alter-share-group-offsets-request.ts';
import {
  type AlterShareGroupOffsetsResponse,
  writeAlterShareGroupOffsetsResponse,
} from '../../protocol/generated/alter-share-group-offsets-response.ts';
import type { Input } from '../../protocol/input.ts';
import { alterShareGroupOffsets } from '../coordinator/group/share/alter-offsets.ts';
import { allows, denied, requireGroup } from './authorize.ts';
import { codeFields, errorFields } from './api-error.ts';
import { requireGroupId } from './group-caller.ts';
import { requireShareGroups } from './share-group-heartbeat.ts';
import { handler } from './types.ts';

export const alterShareGroupOffsetsHandler = handler<
  AlterShareGroupOffsetsRequest,
  Input<AlterShareGroupOffsetsResponse>
>({
  apiKey: ApiKey.AlterShareGroupOffsets,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readAlterShareGroupOffsetsRequest,
  writeResponse: writeAlterShareGroupOffsetsResponse,
  async handle(context, request) {
    const { services } = context;
    try {
      requireGroup(context, 'READ', request.groupId);
      requireShareGroups(services);
      requireGroupId(request.groupId);
      const denials = new Set(request.topics.filter(({ topicName }) => !allows(context, 'READ', 'TOPIC', topicName)));
      const wanted = { ...request, topics: request.topics.filter((topic) => !denials.has(topic)) };
      const response = await alterShareGroupOffsets(services.groups, services.shareStates, wanted);
      const refused = [...denials].map(refuse);
      return { ...response, responses: [...(response.responses ?? []), ...refused] };
    } catch (error) {
      const { errorCode, errorMessage } = errorFields(error, services);
      return { errorCode, errorMessage: errorMessage ?? codeFields(errorCode).errorMessage };
    }
  },
});

type Refused = NonNullable<Input<AlterShareGroupOffsetsResponse>['responses']>[number];

function refuse({ topicName, partitions }: AlterShareGroupOffsetsRequest['topics'][number]): Refused {
  const { code: errorCode, message: errorMessage } = denied('TOPIC');
  return {
    topicName,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, errorMessage })),
  };
}
