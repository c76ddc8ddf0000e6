/** DeleteShareGroupState (86), version 0: deletes the state of share partitions. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readDeleteShareGroupStateRequest,
  type DeleteShareGroupStateRequest,
} from '../../protocol/generated/delete-share-group-state-request.ts';
import {
  type DeleteShareGroupStateResponse,
  writeDeleteShareGroupStateResponse,
} from '../../protocol/generated/delete-share-group-state-response.ts';
import type { Input } from '../../protocol/input.ts';
import { remove } from '../coordinator/share/operations.ts';
import { forEachState } from './share-state.ts';
import { handler } from './types.ts';

export const deleteShareGroupStateHandler = handler<DeleteShareGroupStateRequest, Input<DeleteShareGroupStateResponse>>(
  {
    apiKey: ApiKey.DeleteShareGroupState,
    minVersion: 0,
    maxVersion: 0,
    readRequest: readDeleteShareGroupStateRequest,
    writeResponse: writeDeleteShareGroupStateResponse,
    handle: (context, request) => forEachState(context, request, (shard, key) => remove(shard, key)),
  },
);
