/**
 * Every API this broker serves, one line each. What every client asks first is there at once; the code of the others, and
 * of their codecs, is loaded when the first request for them comes.
 */
import { ApiKey, type ApiName } from '../../protocol/apis.ts';
import { hasReaders } from '../telemetry/readers.ts';
import { apiVersionsHandler } from './api-versions.ts';
import type { AnyApiHandler, ListedApi } from './types.ts';

/** The module of an API: `produceHandler` is that of Produce. */
type HandlerModule<Name extends ApiName> = Readonly<Record<`${Uncapitalize<Name>}Handler`, AnyApiHandler>>;

/** An API with the versions that its handler says, too (held equal by a test). */
function listed<Name extends ApiName>(
  name: Name,
  minVersion: number,
  maxVersion: number,
  load: () => Promise<HandlerModule<Name>>,
): ListedApi {
  const handler = `${name[0]?.toLowerCase()}${name.slice(1)}Handler` as `${Uncapitalize<Name>}Handler`;
  return { apiKey: ApiKey[name], minVersion, maxVersion, load: async () => (await load())[handler] };
}

export const handlers: readonly (AnyApiHandler | ListedApi)[] = [
  apiVersionsHandler(() => handlers),
  listed('AddOffsetsToTxn', 0, 4, () => import('./add-offsets-to-txn.ts')),
  listed('AddPartitionsToTxn', 0, 5, () => import('./add-partitions-to-txn.ts')),
  listed('AlterClientQuotas', 0, 1, () => import('./alter-client-quotas.ts')),
  listed('AlterConfigs', 0, 2, () => import('./alter-configs.ts')),
  listed('AlterPartitionReassignments', 0, 1, () => import('./alter-partition-reassignments.ts')),
  listed('ConsumerGroupDescribe', 0, 1, () => import('./consumer-group-describe.ts')),
  listed('ConsumerGroupHeartbeat', 0, 1, () => import('./consumer-group-heartbeat.ts')),
  listed('AlterUserScramCredentials', 0, 0, () => import('./alter-user-scram-credentials.ts')),
  listed('DescribeUserScramCredentials', 0, 0, () => import('./describe-user-scram-credentials.ts')),
  listed('AlterShareGroupOffsets', 0, 0, () => import('./alter-share-group-offsets.ts')),
  listed('CreateAcls', 0, 3, () => import('./create-acls.ts')),
  listed('CreateDelegationToken', 0, 3, () => import('./create-delegation-token.ts')),
  listed('CreatePartitions', 0, 3, () => import('./create-partitions.ts')),
  listed('CreateTopics', 0, 7, () => import('./create-topics.ts')),
  listed('DeleteAcls', 0, 3, () => import('./delete-acls.ts')),
  listed('DeleteGroups', 0, 3, () => import('./delete-groups.ts')),
  listed('DeleteRecords', 0, 2, () => import('./delete-records.ts')),
  listed('DeleteShareGroupOffsets', 0, 0, () => import('./delete-share-group-offsets.ts')),
  listed('DeleteShareGroupState', 0, 0, () => import('./delete-share-group-state.ts')),
  listed('DeleteTopics', 0, 6, () => import('./delete-topics.ts')),
  listed('DescribeAcls', 0, 3, () => import('./describe-acls.ts')),
  listed('DescribeClientQuotas', 0, 1, () => import('./describe-client-quotas.ts')),
  listed('DescribeCluster', 0, 2, () => import('./describe-cluster.ts')),
  listed('DescribeConfigs', 0, 4, () => import('./describe-configs.ts')),
  listed('DescribeDelegationToken', 0, 3, () => import('./describe-delegation-token.ts')),
  listed('DescribeGroups', 0, 6, () => import('./describe-groups.ts')),
  listed('DescribeLogDirs', 0, 5, () => import('./describe-log-dirs.ts')),
  listed('DescribeProducers', 0, 0, () => import('./describe-producers.ts')),
  listed('DescribeShareGroupOffsets', 0, 1, () => import('./describe-share-group-offsets.ts')),
  listed('DescribeTopicPartitions', 0, 0, () => import('./describe-topic-partitions.ts')),
  listed('DescribeTransactions', 0, 0, () => import('./describe-transactions.ts')),
  listed('ElectLeaders', 0, 2, () => import('./elect-leaders.ts')),
  listed('EndTxn', 0, 5, () => import('./end-txn.ts')),
  listed('ExpireDelegationToken', 0, 2, () => import('./expire-delegation-token.ts')),
  {
    ...listed('Fetch', 0, 18, () => import('./fetch.ts')),
    // Of Kafka's controllers it reads the log of the metadata, which is not to be had here.
    endpointTypes: ['broker'],
  },
  listed('FindCoordinator', 0, 6, () => import('./find-coordinator.ts')),
  {
    ...listed('GetTelemetrySubscriptions', 0, 0, () => import('./get-telemetry-subscriptions.ts')),
    isShown: hasReaders,
  },
  listed('Heartbeat', 0, 4, () => import('./heartbeat.ts')),
  listed('IncrementalAlterConfigs', 0, 1, () => import('./incremental-alter-configs.ts')),
  {
    ...listed('InitProducerId', 0, 5, () => import('./init-producer-id.ts')),
    unstableVersion: 6,
  },
  listed('InitializeShareGroupState', 0, 0, () => import('./initialize-share-group-state.ts')),
  listed('JoinGroup', 0, 9, () => import('./join-group.ts')),
  listed('LeaveGroup', 0, 5, () => import('./leave-group.ts')),
  listed('ListConfigResources', 0, 1, () => import('./list-config-resources.ts')),
  listed('ListGroups', 0, 5, () => import('./list-groups.ts')),
  listed('ListOffsets', 0, 11, () => import('./list-offsets.ts')),
  listed('ListPartitionReassignments', 0, 0, () => import('./list-partition-reassignments.ts')),
  listed('ListTransactions', 0, 2, () => import('./list-transactions.ts')),
  listed('Metadata', 0, 13, () => import('./metadata.ts')),
  listed('OffsetCommit', 0, 10, () => import('./offset-commit.ts')),
  listed('OffsetDelete', 0, 0, () => import('./offset-delete.ts')),
  listed('OffsetFetch', 0, 10, () => import('./offset-fetch.ts')),
  listed('OffsetForLeaderEpoch', 0, 4, () => import('./offset-for-leader-epoch.ts')),
  {
    ...listed('Produce', 0, 13, () => import('./produce.ts')),
    advertisedMinVersion: 0,
  },
  {
    ...listed('PushTelemetry', 0, 0, () => import('./push-telemetry.ts')),
    isShown: hasReaders,
  },
  listed('ReadShareGroupState', 0, 0, () => import('./read-share-group-state.ts')),
  listed('ReadShareGroupStateSummary', 0, 1, () => import('./read-share-group-state-summary.ts')),
  listed('StreamsGroupDescribe', 0, 1, () => import('./streams-group-describe.ts')),
  listed('StreamsGroupHeartbeat', 0, 1, () => import('./streams-group-heartbeat.ts')),
  listed('StreamsGroupTopologyDescriptionUpdate', 0, 0, () => import('./streams-group-topology-description-update.ts')),
  listed('ShareAcknowledge', 1, 2, () => import('./share-acknowledge.ts')),
  listed('ShareFetch', 1, 2, () => import('./share-fetch.ts')),
  listed('ShareGroupDescribe', 1, 1, () => import('./share-group-describe.ts')),
  listed('ShareGroupHeartbeat', 1, 1, () => import('./share-group-heartbeat.ts')),
  listed('RenewDelegationToken', 0, 2, () => import('./renew-delegation-token.ts')),
  listed('SaslAuthenticate', 0, 2, () => import('./sasl-authenticate.ts')),
  listed('SaslHandshake', 0, 1, () => import('./sasl-handshake.ts')),
  listed('SyncGroup', 0, 5, () => import('./sync-group.ts')),
  listed('TxnOffsetCommit', 0, 6, () => import('./txn-offset-commit.ts')),
  listed('UpdateFeatures', 0, 2, () => import('./update-features.ts')),
  listed('AddRaftVoter', 0, 1, () => import('./add-raft-voter.ts')),
  listed('AlterReplicaLogDirs', 0, 2, () => import('./alter-replica-log-dirs.ts')),
  listed('DescribeQuorum', 0, 2, () => import('./describe-quorum.ts')),
  listed('RemoveRaftVoter', 0, 0, () => import('./remove-raft-voter.ts')),
  listed('UnregisterBroker', 0, 0, () => import('./unregister-broker.ts')),
  listed('UnregisterController', 0, 0, () => import('./unregister-controller.ts')),
  listed('WriteShareGroupState', 0, 1, () => import('./write-share-group-state.ts')),
  listed('WriteTxnMarkers', 0, 2, () => import('./write-txn-markers.ts')),
];
