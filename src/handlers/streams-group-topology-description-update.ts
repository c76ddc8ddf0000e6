/**
 * StreamsGroupTopologyDescriptionUpdate (93), version 0: hands in the description of a streams topology (KIP-1331). Kafka
 * gives it to a plugin, and answers UNSUPPORTED_VERSION without one; here there is none.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readStreamsGroupTopologyDescriptionUpdateRequest } from '../../protocol/generated/streams-group-topology-description-update-request.ts';
import type { StreamsGroupTopologyDescriptionUpdateRequest } from '../../protocol/generated/streams-group-topology-description-update-request.ts';
import { writeStreamsGroupTopologyDescriptionUpdateResponse } from '../../protocol/generated/streams-group-topology-description-update-response.ts';
import type { StreamsGroupTopologyDescriptionUpdateResponse } from '../../protocol/generated/streams-group-topology-description-update-response.ts';
import type { Input } from '../../protocol/input.ts';
import { errorFields } from './api-error.ts';
import { requireGroup } from './authorize.ts';
import { handler } from './types.ts';

const NO_PLUGIN = 'The broker has no streams group topology description plugin configured.';

export const streamsGroupTopologyDescriptionUpdateHandler = handler<
  StreamsGroupTopologyDescriptionUpdateRequest,
  Input<StreamsGroupTopologyDescriptionUpdateResponse>
>({
  apiKey: ApiKey.StreamsGroupTopologyDescriptionUpdate,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readStreamsGroupTopologyDescriptionUpdateRequest,
  writeResponse: writeStreamsGroupTopologyDescriptionUpdateResponse,
  handle(context, { groupId }) {
    try {
      requireGroup(context, 'READ', groupId);
      throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, NO_PLUGIN);
    } catch (error) {
      return errorFields(error, context.services);
    }
  },
});
