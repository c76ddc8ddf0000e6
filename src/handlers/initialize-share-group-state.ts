/** InitializeShareGroupState (83), version 0: begins the state of share partitions. The group coordinator does so itself; this is for other brokers. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readInitializeShareGroupStateRequest,
  type InitializeShareGroupStateRequest,
} from '../../protocol/generated/initialize-share-group-state-request.ts';
import {
  type InitializeShareGroupStateResponse,
  writeInitializeShareGroupStateResponse,
} from '../../protocol/generated/initialize-share-group-state-response.ts';
import type { Input } from '../../protocol/input.ts';
import { initialize } from '../coordinator/share/operations.ts';
import { forEachState } from './share-state.ts';
import { handler } from './types.ts';

export const initializeShareGroupStateHandler = handler<
  InitializeShareGroupStateRequest,
  Input<InitializeShareGroupStateResponse>
>({
  apiKey: ApiKey.InitializeShareGroupState,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readInitializeShareGroupStateRequest,
  writeResponse: writeInitializeShareGroupStateResponse,
  handle: (context, request) => forEachState(context, request, (shard, key, begun) => initialize(shard, key, begun)),
});
