/** ReadShareGroupState (84), version 0: reads the state of share partitions for their leader, and fences those before. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readReadShareGroupStateRequest,
  type ReadShareGroupStateRequest,
} from '../../protocol/generated/read-share-group-state-request.ts';
import {
  type ReadShareGroupStateResponse,
  writeReadShareGroupStateResponse,
} from '../../protocol/generated/read-share-group-state-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { read } from '../coordinator/share/operations.ts';
import { AnswerBound } from './answer-bound.ts';
import { forEachState } from './share-state.ts';
import { handler } from './types.ts';

const BATCH_BYTES = 20;

export const readShareGroupStateHandler = handler<ReadShareGroupStateRequest, Input<ReadShareGroupStateResponse>>({
  apiKey: ApiKey.ReadShareGroupState,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readReadShareGroupStateRequest,
  writeResponse: writeReadShareGroupStateResponse,
  handle: (context, request) => {
    const bound = new AnswerBound();
    return forEachState(context, request, (shard, key, { leaderEpoch }) => {
      if (bound.isReached) throw new KafkaError(ErrorCode.INVALID_REQUEST);
      const result = read(shard, key, leaderEpoch);
      const { stateEpoch, startOffset, batches } = result.response;
      bound.add(BATCH_BYTES * batches.length);
      return { ...result, response: { stateEpoch, startOffset, stateBatches: [...batches] } };
    });
  },
});
