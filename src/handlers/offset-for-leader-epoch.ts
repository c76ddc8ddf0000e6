/**
 * OffsetForLeaderEpoch (23), versions 0 to 4 (KIP-320): where a leader epoch ends on this log, so that a client notices
 * that records it has read are gone.
 *
 * The answer is the largest epoch that is not above the one asked for, with its exclusive end offset; for the current
 * epoch that is the log end. -1 and -1 when there is none. v3 brings the replica id, which changes nothing here.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderPartition,
  readOffsetForLeaderEpochRequest,
} from '../../protocol/generated/offset-for-leader-epoch-request.ts';
import {
  type EpochEndOffset,
  type OffsetForLeaderEpochResponse,
  writeOffsetForLeaderEpochResponse,
} from '../../protocol/generated/offset-for-leader-epoch-response.ts';
import type { Input } from '../../protocol/input.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import { may } from './authorize.ts';
import { findPartition } from './find-topic.ts';
import { Slices } from './slices.ts';
import { handler, type RequestContext } from './types.ts';

/** Partitions looked at in one turn of the event loop. */
const PARTITIONS_PER_SLICE = 500;

export const offsetForLeaderEpochHandler = handler<OffsetForLeaderEpochRequest, Input<OffsetForLeaderEpochResponse>>({
  apiKey: ApiKey.OffsetForLeaderEpoch,
  minVersion: 0,
  maxVersion: 4,
  readRequest: readOffsetForLeaderEpochRequest,
  writeResponse: writeOffsetForLeaderEpochResponse,
  async handle(context, request) {
    // Brokers have the right to all topics at once.
    const right = may(context, 'CLUSTER_ACTION', 'CLUSTER', CLUSTER_NAME) ? null : 'DESCRIBE';
    const slices = new Slices(PARTITIONS_PER_SLICE);
    const topics = [];
    for (const { topic, partitions } of request.topics) {
      const answers = [];
      for (const wanted of partitions) {
        answers.push(await answerPartition(context, topic, wanted, right));
        const pause = slices.spend(1);
        if (pause !== null) await pause;
      }
      topics.push({ topic, partitions: answers });
    }
    return { topics };
  },
});

async function answerPartition(
  context: RequestContext,
  topicName: string,
  { partition: index, currentLeaderEpoch, leaderEpoch }: OffsetForLeaderPartition,
  right: 'DESCRIBE' | null,
): Promise<EpochEndOffset> {
  try {
    const partition = findPartition(context, { name: topicName }, index, right);
    partition.checkLeaderEpoch(currentLeaderEpoch);
    const end = await partition.endOffsetForEpoch(leaderEpoch);
    return {
      errorCode: ErrorCode.NONE,
      partition: index,
      leaderEpoch: end?.leaderEpoch ?? -1,
      endOffset: end?.endOffset ?? -1,
    };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { errorCode: error.code, partition: index, leaderEpoch: -1, endOffset: -1 };
  }
}
