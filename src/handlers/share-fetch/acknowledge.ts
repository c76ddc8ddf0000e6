/** Acknowledgements of share groups, as ShareFetch and ShareAcknowledge carry them; errors are those of partitions. */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { AcknowledgeType, type Acknowledgement } from '../../share/acknowledge.ts';
import type { TopicIdPartition } from '../../share/sessions.ts';
import { codeFields, type ErrorFields, errorFields, NO_ERROR } from '../api-error.ts';
import { findPartition } from '../find-topic.ts';
import type { RequestContext } from '../types.ts';

/** First version that renews locks. */
const RENEW_FROM = 2;

export interface AcknowledgeRequest {
  readonly groupId: string | null;
  readonly memberId: string | null;
  /** The client knows that locks are to be renewed. */
  readonly isRenewAck: boolean;
  readonly topics: readonly {
    readonly topicId: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly acknowledgementBatches: readonly {
        readonly firstOffset: number;
        readonly lastOffset: number;
        readonly acknowledgeTypes: readonly number[];
      }[];
    }[];
  }[];
}

export interface Acknowledged extends TopicIdPartition, ErrorFields {}

/**
 * Takes what the request acknowledges; the answer has its partitions, in order, once what they say is stored. Those of
 * which it says nothing are left out. What is wrong with the words themselves has no message.
 */
export async function acknowledge(context: RequestContext, request: AcknowledgeRequest): Promise<Acknowledged[]> {
  const answers: Promise<Acknowledged | null>[] = [];
  for (const { topicId, partitions } of request.topics) {
    for (const { partitionIndex, acknowledgementBatches } of partitions) {
      const acknowledgements = acknowledgementBatches.map(({ acknowledgeTypes, ...range }) => {
        return { ...range, types: acknowledgeTypes };
      });
      answers.push(acknowledgePartition(context, request, { topicId, partition: partitionIndex }, acknowledgements));
    }
  }
  return (await Promise.all(answers)).filter((answer) => answer !== null);
}

async function acknowledgePartition(
  context: RequestContext,
  { groupId, memberId, isRenewAck }: AcknowledgeRequest,
  partition: TopicIdPartition,
  acknowledgements: readonly Acknowledgement[],
): Promise<Acknowledged | null> {
  const { services, apiVersion } = context;
  try {
    findPartition(context, { topicId: partition.topicId }, partition.partition, 'READ');
    check(acknowledgements, apiVersion >= RENEW_FROM, isRenewAck);
  } catch (error) {
    return { ...partition, errorCode: errorFields(error, services).errorCode, errorMessage: null };
  }
  if (acknowledgements.length === 0) return null;
  try {
    const share = services.sharePartitions.find({ groupId: groupId ?? '', ...partition });
    if (share === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    await share.acknowledge(memberId ?? '', acknowledgements);
    return { ...partition, ...NO_ERROR };
  } catch (error) {
    const { errorCode, errorMessage } = errorFields(error, services);
    return { ...partition, errorCode, errorMessage: errorMessage ?? codeFields(errorCode).errorMessage };
  }
}

/** @throws KafkaError INVALID_REQUEST for what no client in its right mind says */
function check(acknowledgements: readonly Acknowledgement[], canRenew: boolean, isRenewAck: boolean): void {
  let previousLast = -1;
  for (const { firstOffset, lastOffset, types } of acknowledgements) {
    const isRange = firstOffset <= lastOffset && firstOffset >= previousLast;
    const fits = types.length === 1 || types.length === lastOffset - firstOffset + 1;
    const isKnown = types.every((type) => {
      if (type === AcknowledgeType.RENEW) return canRenew && isRenewAck;
      return type >= AcknowledgeType.GAP && type < AcknowledgeType.RENEW;
    });
    if (!isRange || !fits || !isKnown || types.length === 0) throw new KafkaError(ErrorCode.INVALID_REQUEST);
    previousLast = lastOffset;
  }
}
