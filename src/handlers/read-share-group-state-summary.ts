/** ReadShareGroupStateSummary (87), versions 0 and 1: reads where share partitions begin; v1 brings how many records are done with. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readReadShareGroupStateSummaryRequest,
  type ReadShareGroupStateSummaryRequest,
} from '../../protocol/generated/read-share-group-state-summary-request.ts';
import {
  type ReadShareGroupStateSummaryResponse,
  writeReadShareGroupStateSummaryResponse,
} from '../../protocol/generated/read-share-group-state-summary-response.ts';
import type { Input } from '../../protocol/input.ts';
import { summarize } from '../coordinator/share/operations.ts';
import { forEachState } from './share-state.ts';
import { handler } from './types.ts';

export const readShareGroupStateSummaryHandler = handler<
  ReadShareGroupStateSummaryRequest,
  Input<ReadShareGroupStateSummaryResponse>
>({
  apiKey: ApiKey.ReadShareGroupStateSummary,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readReadShareGroupStateSummaryRequest,
  writeResponse: writeReadShareGroupStateSummaryResponse,
  handle: (context, request) => forEachState(context, request, (shard, key) => summarize(shard, key)),
});
