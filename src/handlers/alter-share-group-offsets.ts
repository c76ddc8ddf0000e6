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
  async handle({ services }, request) {
    try {
      requireShareGroups(services);
      requireGroupId(request.groupId);
      return await alterShareGroupOffsets(services.groups, services.shareStates, request);
    } catch (error) {
      const { errorCode, errorMessage } = errorFields(error, services);
      return { errorCode, errorMessage: errorMessage ?? codeFields(errorCode).errorMessage };
    }
  },
});
