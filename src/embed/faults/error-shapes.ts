/**
 * Where the error of each API stands in its answer, as Kafka answers a request that failed as a whole: in one place at
 * the top, or beside each thing that the request names. An API that is not listed has one error at the top.
 */
import type { ApiName } from '../../../protocol/apis.ts';

/** From a list of the request to the list of the answer that has an element for each of its elements. */
export interface ListStep {
  readonly from: string;
  readonly to: string;
  /** For a list of numbers or texts, or of what has another `name` there: what that is called in the answer. */
  readonly as?: string;
  /** The answer has no element for these, and those of the next step stand in `to`. */
  readonly isFlat?: true;
}

/** The way to the elements that carry the error: one list, or lists within lists. */
export type ListPath = readonly ListStep[];

export interface ErrorShape {
  /** Ways by version of the API: the first one whose list the request has is gone. None: the error is at the top alone. */
  readonly lists?: readonly ListPath[];
  /** First version in which the top has the error instead; default with `lists`: none. */
  readonly topFrom?: number;
  /** Versions, inclusive, in which the top has it, too. */
  readonly topToo?: readonly [first: number, last: number];
  /** What the error's field is called in the list; default errorCode. */
  readonly code?: string;
  /** First version whose answer may have a message beside the error. */
  readonly messageFrom?: number;
  /** Other fields of whatever carries the error. */
  readonly also?: Readonly<Record<string, unknown>>;
  /** The lists name topics, and partitions of them: an error may be for some of them only. */
  readonly namesTopics?: boolean;
}

function step(from: string, to = from, as?: string): ListStep {
  return as === undefined ? { from, to } : { from, to, as };
}

const topicPartitions = (...paths: ListPath[]): ErrorShape => ({ lists: paths, namesTopics: true });

const byTopic = topicPartitions([step('topics'), step('partitions')]);
const byState = topicPartitions([step('topics', 'results'), step('partitions')]);
const byResource: ErrorShape = { lists: [[step('resources', 'responses')]] };
const byGroupId: ErrorShape = { lists: [[step('groupIds', 'groups', 'groupId')]] };
const byUser = [step('deletions', 'results', 'user'), step('upsertions', 'results')] as const;

export const ERROR_SHAPES: Readonly<Partial<Record<ApiName, ErrorShape>>> = {
  AddPartitionsToTxn: {
    lists: [
      [
        step('v3AndBelowTopics', 'resultsByTopicV3AndBelow'),
        step('partitions', 'resultsByPartition', 'partitionIndex'),
      ],
    ],
    topFrom: 4,
    code: 'partitionErrorCode',
    namesTopics: true,
  },
  AlterClientQuotas: { lists: [[step('entries')]] },
  AlterConfigs: byResource,
  AlterPartitionReassignments: topicPartitions([step('topics', 'responses'), step('partitions')]),
  AlterReplicaLogDirs: {
    lists: [
      [
        { from: 'dirs', to: 'results', isFlat: true },
        step('topics', 'results', 'topicName'),
        step('partitions', 'partitions', 'partitionIndex'),
      ],
    ],
  },
  AlterUserScramCredentials: { lists: byUser.map((one) => [one]) },
  ConsumerGroupDescribe: byGroupId,
  CreateAcls: { lists: [[step('creations', 'results')]] },
  CreatePartitions: topicPartitions([step('topics', 'results')]),
  CreateTopics: topicPartitions([step('topics')]),
  DeleteAcls: { lists: [[step('filters', 'filterResults')]] },
  DeleteGroups: { lists: [[step('groupsNames', 'results', 'groupId')]] },
  DeleteRecords: { ...byTopic, also: { lowWatermark: -1 } },
  DeleteShareGroupState: byState,
  DeleteTopics: topicPartitions([step('topics', 'responses')], [step('topicNames', 'responses', 'name')]),
  DescribeConfigs: { lists: [[step('resources', 'results')]] },
  DescribeGroups: { lists: [[step('groups', 'groups', 'groupId')]], messageFrom: 6 },
  DescribeProducers: topicPartitions([step('topics'), step('partitionIndexes', 'partitions', 'partitionIndex')]),
  DescribeShareGroupOffsets: { lists: [[step('groups')]] },
  DescribeTopicPartitions: topicPartitions([step('topics')]),
  DescribeTransactions: { lists: [[step('transactionalIds', 'transactionStates', 'transactionalId')]] },
  ElectLeaders: {
    ...topicPartitions([
      step('topicPartitions', 'replicaElectionResults'),
      step('partitions', 'partitionResult', 'partitionId'),
    ]),
    topToo: [1, Infinity],
  },
  Fetch: { ...topicPartitions([step('topics', 'responses'), step('partitions')]), also: { highWatermark: -1 } },
  FindCoordinator: {
    lists: [[step('coordinatorKeys', 'coordinators', 'key')]],
    also: { nodeId: -1, host: '', port: -1 },
  },
  IncrementalAlterConfigs: byResource,
  InitProducerId: { also: { producerEpoch: -1 } },
  InitializeShareGroupState: byState,
  ListOffsets: byTopic,
  Metadata: topicPartitions([step('topics')]),
  OffsetCommit: byTopic,
  OffsetDelete: { ...byTopic, topFrom: 0 },
  OffsetFetch: {
    lists: [[step('groups')], [step('topics'), step('partitionIndexes', 'partitions', 'partitionIndex')]],
    also: { committedOffset: -1 },
    topToo: [2, 7],
  },
  OffsetForLeaderEpoch: byTopic,
  Produce: {
    ...topicPartitions([step('topicData', 'responses'), step('partitionData', 'partitionResponses')]),
    also: { baseOffset: -1 },
  },
  ReadShareGroupState: byState,
  ReadShareGroupStateSummary: byState,
  ShareAcknowledge: { ...topicPartitions([step('topics', 'responses'), step('partitions')]), topFrom: 0 },
  ShareFetch: { ...topicPartitions([step('topics', 'responses'), step('partitions')]), topFrom: 0 },
  ShareGroupDescribe: byGroupId,
  StreamsGroupDescribe: byGroupId,
  TxnOffsetCommit: byTopic,
  WriteShareGroupState: byState,
  WriteTxnMarkers: {
    lists: [[step('markers'), step('topics'), step('partitionIndexes', 'partitions', 'partitionIndex')]],
  },
};
