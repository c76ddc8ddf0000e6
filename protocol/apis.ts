/**
 * Every API of Kafka 4.4: its key, its stable versions and its header versions; and the older versions that Kafka 3.9
 * still served (KIP-896 dropped them in 4.0).
 *
 * What a broker offers is decided elsewhere; this is what exists.
 */

/** API keys by Kafka's names. Keys 4 to 7 were removed in 4.0 and have no versions. */
export const ApiKey = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  LeaderAndIsr: 4,
  StopReplica: 5,
  UpdateMetadata: 6,
  ControlledShutdown: 7,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  DescribeGroups: 15,
  ListGroups: 16,
  SaslHandshake: 17,
  ApiVersions: 18,
  CreateTopics: 19,
  DeleteTopics: 20,
  DeleteRecords: 21,
  InitProducerId: 22,
  OffsetForLeaderEpoch: 23,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  WriteTxnMarkers: 27,
  TxnOffsetCommit: 28,
  DescribeAcls: 29,
  CreateAcls: 30,
  DeleteAcls: 31,
  DescribeConfigs: 32,
  AlterConfigs: 33,
  AlterReplicaLogDirs: 34,
  DescribeLogDirs: 35,
  SaslAuthenticate: 36,
  CreatePartitions: 37,
  CreateDelegationToken: 38,
  RenewDelegationToken: 39,
  ExpireDelegationToken: 40,
  DescribeDelegationToken: 41,
  DeleteGroups: 42,
  ElectLeaders: 43,
  IncrementalAlterConfigs: 44,
  AlterPartitionReassignments: 45,
  ListPartitionReassignments: 46,
  OffsetDelete: 47,
  DescribeClientQuotas: 48,
  AlterClientQuotas: 49,
  DescribeUserScramCredentials: 50,
  AlterUserScramCredentials: 51,
  Vote: 52,
  BeginQuorumEpoch: 53,
  EndQuorumEpoch: 54,
  DescribeQuorum: 55,
  AlterPartition: 56,
  UpdateFeatures: 57,
  Envelope: 58,
  FetchSnapshot: 59,
  DescribeCluster: 60,
  DescribeProducers: 61,
  BrokerRegistration: 62,
  BrokerHeartbeat: 63,
  UnregisterBroker: 64,
  DescribeTransactions: 65,
  ListTransactions: 66,
  AllocateProducerIds: 67,
  ConsumerGroupHeartbeat: 68,
  ConsumerGroupDescribe: 69,
  ControllerRegistration: 70,
  GetTelemetrySubscriptions: 71,
  PushTelemetry: 72,
  AssignReplicasToDirs: 73,
  ListConfigResources: 74,
  DescribeTopicPartitions: 75,
  ShareGroupHeartbeat: 76,
  ShareGroupDescribe: 77,
  ShareFetch: 78,
  ShareAcknowledge: 79,
  AddRaftVoter: 80,
  RemoveRaftVoter: 81,
  UpdateRaftVoter: 82,
  InitializeShareGroupState: 83,
  ReadShareGroupState: 84,
  WriteShareGroupState: 85,
  DeleteShareGroupState: 86,
  ReadShareGroupStateSummary: 87,
  StreamsGroupHeartbeat: 88,
  StreamsGroupDescribe: 89,
  DescribeShareGroupOffsets: 90,
  AlterShareGroupOffsets: 91,
  DeleteShareGroupOffsets: 92,
  StreamsGroupTopologyDescriptionUpdate: 93,
  UnregisterController: 94,
} as const;

/** An API's number. */
export type ApiKey = (typeof ApiKey)[keyof typeof ApiKey];

/** An API's name. */
export type ApiName = keyof typeof ApiKey;

/** Who serves an API in Kafka. */
export type ApiListener = 'broker' | 'controller';

/** What is fixed about an API. */
export interface ApiInfo {
  readonly key: ApiKey;
  readonly name: ApiName;
  /** Oldest and newest stable version of Kafka 4.4, both inclusive. */
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Oldest version that Kafka 3.9 served, where that is older. */
  readonly oldVersion?: number;
  /** A newer version that Kafka still develops; not to be offered. */
  readonly unstableVersion?: number;
  /** First flexible version (KIP-482); Infinity for none. */
  readonly flexibleFrom: number;
  readonly listeners: readonly ApiListener[];
}

const BROKER: readonly ApiListener[] = ['broker'];
const CONTROLLER: readonly ApiListener[] = ['controller'];
const BOTH: readonly ApiListener[] = ['broker', 'controller'];

type Row = readonly [
  name: ApiName,
  minVersion: number,
  maxVersion: number,
  flexibleFrom: number,
  readonly ApiListener[],
];

const ROWS: readonly Row[] = [
  ['Produce', 3, 13, 9, BROKER],
  ['Fetch', 4, 18, 12, BOTH],
  ['ListOffsets', 1, 11, 6, BROKER],
  ['Metadata', 0, 13, 9, BROKER],
  ['OffsetCommit', 2, 10, 8, BROKER],
  ['OffsetFetch', 1, 10, 6, BROKER],
  ['FindCoordinator', 0, 6, 3, BROKER],
  ['JoinGroup', 0, 9, 6, BROKER],
  ['Heartbeat', 0, 4, 4, BROKER],
  ['LeaveGroup', 0, 5, 4, BROKER],
  ['SyncGroup', 0, 5, 4, BROKER],
  ['DescribeGroups', 0, 6, 5, BROKER],
  ['ListGroups', 0, 5, 3, BROKER],
  ['SaslHandshake', 0, 1, Infinity, BOTH],
  ['ApiVersions', 0, 5, 3, BOTH],
  ['CreateTopics', 2, 7, 5, BOTH],
  ['DeleteTopics', 1, 6, 4, BOTH],
  ['DeleteRecords', 0, 2, 2, BROKER],
  ['InitProducerId', 0, 5, 2, BROKER],
  ['OffsetForLeaderEpoch', 2, 4, 4, BROKER],
  ['AddPartitionsToTxn', 0, 5, 3, BROKER],
  ['AddOffsetsToTxn', 0, 4, 3, BROKER],
  ['EndTxn', 0, 5, 3, BROKER],
  ['WriteTxnMarkers', 1, 2, 1, BROKER],
  ['TxnOffsetCommit', 0, 6, 3, BROKER],
  ['DescribeAcls', 1, 3, 2, BOTH],
  ['CreateAcls', 1, 3, 2, BOTH],
  ['DeleteAcls', 1, 3, 2, BOTH],
  ['DescribeConfigs', 1, 4, 4, BOTH],
  ['AlterConfigs', 0, 2, 2, BOTH],
  ['AlterReplicaLogDirs', 1, 2, 2, BROKER],
  ['DescribeLogDirs', 1, 5, 2, BROKER],
  ['SaslAuthenticate', 0, 2, 2, BOTH],
  ['CreatePartitions', 0, 3, 2, BOTH],
  ['CreateDelegationToken', 1, 3, 2, BOTH],
  ['RenewDelegationToken', 1, 2, 2, BOTH],
  ['ExpireDelegationToken', 1, 2, 2, BOTH],
  ['DescribeDelegationToken', 1, 3, 2, BOTH],
  ['DeleteGroups', 0, 3, 2, BROKER],
  ['ElectLeaders', 0, 2, 2, BOTH],
  ['IncrementalAlterConfigs', 0, 1, 1, BOTH],
  ['AlterPartitionReassignments', 0, 1, 0, BOTH],
  ['ListPartitionReassignments', 0, 0, 0, BOTH],
  ['OffsetDelete', 0, 0, Infinity, BROKER],
  ['DescribeClientQuotas', 0, 1, 1, BROKER],
  ['AlterClientQuotas', 0, 1, 1, BOTH],
  ['DescribeUserScramCredentials', 0, 0, 0, BOTH],
  ['AlterUserScramCredentials', 0, 0, 0, BOTH],
  ['Vote', 0, 2, 0, CONTROLLER],
  ['BeginQuorumEpoch', 0, 1, 1, CONTROLLER],
  ['EndQuorumEpoch', 0, 1, 1, CONTROLLER],
  ['DescribeQuorum', 0, 2, 0, BOTH],
  ['AlterPartition', 2, 3, 0, CONTROLLER],
  ['UpdateFeatures', 0, 2, 0, BOTH],
  ['Envelope', 0, 0, 0, CONTROLLER],
  ['FetchSnapshot', 0, 1, 0, CONTROLLER],
  ['DescribeCluster', 0, 2, 0, BOTH],
  ['DescribeProducers', 0, 0, 0, BROKER],
  ['BrokerRegistration', 0, 4, 0, CONTROLLER],
  ['BrokerHeartbeat', 0, 2, 0, CONTROLLER],
  ['UnregisterBroker', 0, 0, 0, BOTH],
  ['DescribeTransactions', 0, 0, 0, BROKER],
  ['ListTransactions', 0, 2, 0, BROKER],
  ['AllocateProducerIds', 0, 0, 0, CONTROLLER],
  ['ConsumerGroupHeartbeat', 0, 1, 0, BROKER],
  ['ConsumerGroupDescribe', 0, 1, 0, BROKER],
  ['ControllerRegistration', 0, 0, 0, CONTROLLER],
  ['GetTelemetrySubscriptions', 0, 0, 0, BROKER],
  ['PushTelemetry', 0, 0, 0, BROKER],
  ['AssignReplicasToDirs', 0, 0, 0, CONTROLLER],
  ['ListConfigResources', 0, 1, 0, BROKER],
  ['DescribeTopicPartitions', 0, 0, 0, BROKER],
  ['ShareGroupHeartbeat', 1, 1, 0, BROKER],
  ['ShareGroupDescribe', 1, 1, 0, BROKER],
  ['ShareFetch', 1, 2, 0, BROKER],
  ['ShareAcknowledge', 1, 2, 0, BROKER],
  ['AddRaftVoter', 0, 1, 0, BOTH],
  ['RemoveRaftVoter', 0, 0, 0, BOTH],
  ['UpdateRaftVoter', 0, 0, 0, CONTROLLER],
  ['InitializeShareGroupState', 0, 0, 0, BROKER],
  ['ReadShareGroupState', 0, 0, 0, BROKER],
  ['WriteShareGroupState', 0, 1, 0, BROKER],
  ['DeleteShareGroupState', 0, 0, 0, BROKER],
  ['ReadShareGroupStateSummary', 0, 1, 0, BROKER],
  ['StreamsGroupHeartbeat', 0, 1, 0, BROKER],
  ['StreamsGroupDescribe', 0, 1, 0, BROKER],
  ['DescribeShareGroupOffsets', 0, 1, 0, BROKER],
  ['AlterShareGroupOffsets', 0, 0, 0, BROKER],
  ['DeleteShareGroupOffsets', 0, 0, 0, BROKER],
  ['StreamsGroupTopologyDescriptionUpdate', 0, 0, 0, BROKER],
  ['UnregisterController', 0, 0, 0, BOTH],
];

/** Newest versions that exist but are not stable. */
const UNSTABLE: Readonly<Partial<Record<ApiName, number>>> = { InitProducerId: 6 };

/** Oldest versions that Kafka 3.9 served, of the APIs of which 4.0 dropped some. */
const OLD: Readonly<Partial<Record<ApiName, number>>> = {
  Produce: 0,
  Fetch: 0,
  ListOffsets: 0,
  OffsetCommit: 0,
  OffsetFetch: 0,
  CreateTopics: 0,
  DeleteTopics: 0,
  OffsetForLeaderEpoch: 0,
  WriteTxnMarkers: 0,
  DescribeAcls: 0,
  CreateAcls: 0,
  DeleteAcls: 0,
  DescribeConfigs: 0,
  AlterReplicaLogDirs: 0,
  DescribeLogDirs: 0,
  CreateDelegationToken: 0,
  RenewDelegationToken: 0,
  ExpireDelegationToken: 0,
  DescribeDelegationToken: 0,
};

/** Everything known about each API, by key, in the order of the keys. */
export const apiInfo: ReadonlyMap<number, ApiInfo> = new Map(
  ROWS.map(([name, minVersion, maxVersion, flexibleFrom, listeners]) => {
    const key = ApiKey[name];
    const unstableVersion = UNSTABLE[name];
    const unstable = unstableVersion === undefined ? {} : { unstableVersion };
    const oldVersion = OLD[name];
    const old = oldVersion === undefined ? {} : { oldVersion };
    return [key, { key, name, minVersion, maxVersion, flexibleFrom, listeners, ...unstable, ...old }];
  }),
);

/** An API's name, or `Unknown(n)`: for logs and metrics. */
export function apiName(key: number): string {
  return apiInfo.get(key)?.name ?? `Unknown(${key})`;
}

/** Header version of a request: 2 for flexible versions, else 1. An unknown key has 1. */
export function requestHeaderVersion(apiKey: number, apiVersion: number): 1 | 2 {
  const info = apiInfo.get(apiKey);
  return info !== undefined && apiVersion >= info.flexibleFrom ? 2 : 1;
}

/**
 * Header version of a response: 1 for flexible versions, else 0. ApiVersions always has 0 (KIP-511), as its client
 * does not know yet what the broker speaks.
 */
export function responseHeaderVersion(apiKey: number, apiVersion: number): 0 | 1 {
  if (apiKey === ApiKey.ApiVersions) return 0;
  return requestHeaderVersion(apiKey, apiVersion) === 2 ? 1 : 0;
}
