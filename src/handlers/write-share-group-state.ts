/** WriteShareGroupState (85), versions 0 and 1: adds to the state of share partitions what their leader says; v1 brings how many records are done with. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readWriteShareGroupStateRequest,
  type WriteShareGroupStateRequest,
} from '../../protocol/generated/write-share-group-state-request.ts';
import {
  type WriteShareGroupStateResponse,
  writeWriteShareGroupStateResponse,
} from '../../protocol/generated/write-share-group-state-response.ts';
import type { Input } from '../../protocol/input.ts';
import { write } from '../coordinator/share/operations.ts';
import { forEachState } from './share-state.ts';
import { handler } from './types.ts';

export const writeShareGroupStateHandler = handler<WriteShareGroupStateRequest, Input<WriteShareGroupStateResponse>>({
  apiKey: ApiKey.WriteShareGroupState,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readWriteShareGroupStateRequest,
  writeResponse: writeWriteShareGroupStateResponse,
  handle: (context, request) =>
    forEachState(context, request, (shard, key, change) =>
      write(shard, key, { ...change, batches: change.stateBatches }),
    ),
});
