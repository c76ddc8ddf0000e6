/**
 * DescribeShareGroupOffsets (90), versions 0 and 1 (KIP-932): where share groups go on. Null topics mean all with a
 * state. v1 has the lag (KIP-1226).
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  type DescribeShareGroupOffsetsRequest,
  type DescribeShareGroupOffsetsRequestGroup,
  readDescribeShareGroupOffsetsRequest,
} from '../../protocol/generated/describe-share-group-offsets-request.ts';
import {
  type DescribeShareGroupOffsetsResponse,
  type DescribeShareGroupOffsetsResponseGroup,
  writeDescribeShareGroupOffsetsResponse,
} from '../../protocol/generated/describe-share-group-offsets-response.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { Input } from '../../protocol/input.ts';
import { allOffsetTopics, describeOffsets } from '../coordinator/group/share/describe-offsets.ts';
import { allows, denied, may } from './authorize.ts';
import { AnswerBound } from './answer-bound.ts';
import { codeFields, errorFields } from './api-error.ts';
import { requireShareGroups } from './share-group-heartbeat.ts';
import { Slices } from './slices.ts';
import { handler, type RequestContext } from './types.ts';

/** Partitions described in one turn of the event loop. */
const PARTITIONS_PER_SLICE = 5000;
const PARTITION_BYTES = 30;

export const describeShareGroupOffsetsHandler = handler<
  DescribeShareGroupOffsetsRequest,
  Input<DescribeShareGroupOffsetsResponse>
>({
  apiKey: ApiKey.DescribeShareGroupOffsets,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readDescribeShareGroupOffsetsRequest,
  writeResponse: writeDescribeShareGroupOffsetsResponse,
  async handle(context, request) {
    const slices = new Slices(PARTITIONS_PER_SLICE);
    const bound = new AnswerBound();
    const groups: Input<DescribeShareGroupOffsetsResponseGroup>[] = [];
    for (const group of request.groups) {
      const described = bound.isReached ? tooMuch(group.groupId) : await describe(context, group);
      groups.push(described);
      const partitionCount = (described.topics ?? []).reduce((sum, { partitions = [] }) => sum + partitions.length, 0);
      bound.add(PARTITION_BYTES * partitionCount);
      const pause = slices.spend(1 + partitionCount);
      if (pause !== null) await pause;
    }
    return { groups };
  },
});

function tooMuch(groupId: string): Input<DescribeShareGroupOffsetsResponseGroup> {
  return { groupId, ...codeFields(ErrorCode.INVALID_REQUEST) };
}

async function describe(
  context: RequestContext,
  { groupId, topics }: DescribeShareGroupOffsetsRequestGroup,
): Promise<Input<DescribeShareGroupOffsetsResponseGroup>> {
  const { services } = context;
  if (!allows(context, 'DESCRIBE', 'GROUP', groupId)) {
    return { groupId, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
  }
  try {
    requireShareGroups(services);
    const isSeen = ({ topicName }: { readonly topicName: string }): boolean =>
      may(context, 'DESCRIBE', 'TOPIC', topicName);
    const wanted = topics ?? (await allOffsetTopics(services, groupId)).filter(isSeen);
    const described = wanted.map((topic) =>
      isSeen(topic) ? describeOffsets(services, groupId, topic) : Promise.resolve(refuse(topic)),
    );
    return { groupId, topics: await Promise.all(described) };
  } catch (error) {
    const { errorCode, errorMessage } = errorFields(error, services);
    return { groupId, errorCode, errorMessage: errorMessage ?? codeFields(errorCode).errorMessage };
  }
}

type DescribedTopic = NonNullable<Input<DescribeShareGroupOffsetsResponseGroup>['topics']>[number];

function refuse({
  topicName,
  partitions,
}: {
  readonly topicName: string;
  readonly partitions: readonly number[];
}): DescribedTopic {
  const { code: errorCode, message: errorMessage } = denied('TOPIC');
  return {
    topicName,
    partitions: partitions.map((partitionIndex) => ({ partitionIndex, startOffset: -1, errorCode, errorMessage })),
  };
}
