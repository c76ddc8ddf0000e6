/**
 * Every API this broker serves, one line each. What every client asks first is there at once; the code of the others, and
 * of their codecs, is loaded when the first request for them comes.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { hasReaders } from '../telemetry/readers.ts';
import { apiVersionsHandler } from './api-versions.ts';
import type { AnyApiHandler, ListedApi } from './types.ts';

/** An API with the versions that its handler says, too (held equal by a test). */
function listed(apiKey: number, minVersion: number, maxVersion: number, load: () => Promise<AnyApiHandler>): ListedApi {
  return { apiKey, minVersion, maxVersion, load };
}

export const handlers: readonly (AnyApiHandler | ListedApi)[] = [
  apiVersionsHandler(() => handlers),
  listed(ApiKey.AddOffsetsToTxn, 0, 4, async () => (await import('./add-offsets-to-txn.ts')).addOffsetsToTxnHandler),
  listed(
    ApiKey.AddPartitionsToTxn,
    0,
    5,
    async () => (await import('./add-partitions-to-txn.ts')).addPartitionsToTxnHandler,
  ),
  listed(
    ApiKey.AlterClientQuotas,
    0,
    1,
    async () => (await import('./alter-client-quotas.ts')).alterClientQuotasHandler,
  ),
  listed(ApiKey.AlterConfigs, 0, 2, async () => (await import('./alter-configs.ts')).alterConfigsHandler),
  listed(
    ApiKey.AlterPartitionReassignments,
    0,
    1,
    async () => (await import('./alter-partition-reassignments.ts')).alterPartitionReassignmentsHandler,
  ),
  listed(
    ApiKey.ConsumerGroupDescribe,
    0,
    1,
    async () => (await import('./consumer-group-describe.ts')).consumerGroupDescribeHandler,
  ),
  listed(
    ApiKey.ConsumerGroupHeartbeat,
    0,
    1,
    async () => (await import('./consumer-group-heartbeat.ts')).consumerGroupHeartbeatHandler,
  ),
  listed(
    ApiKey.AlterUserScramCredentials,
    0,
    0,
    async () => (await import('./alter-user-scram-credentials.ts')).alterUserScramCredentialsHandler,
  ),
  listed(
    ApiKey.DescribeUserScramCredentials,
    0,
    0,
    async () => (await import('./describe-user-scram-credentials.ts')).describeUserScramCredentialsHandler,
  ),
  listed(
    ApiKey.AlterShareGroupOffsets,
    0,
    0,
    async () => (await import('./alter-share-group-offsets.ts')).alterShareGroupOffsetsHandler,
  ),
  listed(ApiKey.CreateAcls, 0, 3, async () => (await import('./create-acls.ts')).createAclsHandler),
  listed(
    ApiKey.CreateDelegationToken,
    0,
    3,
    async () => (await import('./create-delegation-token.ts')).createDelegationTokenHandler,
  ),
  listed(ApiKey.CreatePartitions, 0, 3, async () => (await import('./create-partitions.ts')).createPartitionsHandler),
  listed(ApiKey.CreateTopics, 0, 7, async () => (await import('./create-topics.ts')).createTopicsHandler),
  listed(ApiKey.DeleteAcls, 0, 3, async () => (await import('./delete-acls.ts')).deleteAclsHandler),
  listed(ApiKey.DeleteGroups, 0, 3, async () => (await import('./delete-groups.ts')).deleteGroupsHandler),
  listed(ApiKey.DeleteRecords, 0, 2, async () => (await import('./delete-records.ts')).deleteRecordsHandler),
  listed(
    ApiKey.DeleteShareGroupOffsets,
    0,
    0,
    async () => (await import('./delete-share-group-offsets.ts')).deleteShareGroupOffsetsHandler,
  ),
  listed(
    ApiKey.DeleteShareGroupState,
    0,
    0,
    async () => (await import('./delete-share-group-state.ts')).deleteShareGroupStateHandler,
  ),
  listed(ApiKey.DeleteTopics, 0, 6, async () => (await import('./delete-topics.ts')).deleteTopicsHandler),
  listed(ApiKey.DescribeAcls, 0, 3, async () => (await import('./describe-acls.ts')).describeAclsHandler),
  listed(
    ApiKey.DescribeClientQuotas,
    0,
    1,
    async () => (await import('./describe-client-quotas.ts')).describeClientQuotasHandler,
  ),
  listed(ApiKey.DescribeCluster, 0, 2, async () => (await import('./describe-cluster.ts')).describeClusterHandler),
  listed(ApiKey.DescribeConfigs, 0, 4, async () => (await import('./describe-configs.ts')).describeConfigsHandler),
  listed(
    ApiKey.DescribeDelegationToken,
    0,
    3,
    async () => (await import('./describe-delegation-token.ts')).describeDelegationTokenHandler,
  ),
  listed(ApiKey.DescribeGroups, 0, 6, async () => (await import('./describe-groups.ts')).describeGroupsHandler),
  listed(ApiKey.DescribeLogDirs, 0, 5, async () => (await import('./describe-log-dirs.ts')).describeLogDirsHandler),
  listed(
    ApiKey.DescribeProducers,
    0,
    0,
    async () => (await import('./describe-producers.ts')).describeProducersHandler,
  ),
  listed(
    ApiKey.DescribeShareGroupOffsets,
    0,
    1,
    async () => (await import('./describe-share-group-offsets.ts')).describeShareGroupOffsetsHandler,
  ),
  listed(
    ApiKey.DescribeTopicPartitions,
    0,
    0,
    async () => (await import('./describe-topic-partitions.ts')).describeTopicPartitionsHandler,
  ),
  listed(
    ApiKey.DescribeTransactions,
    0,
    0,
    async () => (await import('./describe-transactions.ts')).describeTransactionsHandler,
  ),
  listed(ApiKey.ElectLeaders, 0, 2, async () => (await import('./elect-leaders.ts')).electLeadersHandler),
  listed(ApiKey.EndTxn, 0, 5, async () => (await import('./end-txn.ts')).endTxnHandler),
  listed(
    ApiKey.ExpireDelegationToken,
    0,
    2,
    async () => (await import('./expire-delegation-token.ts')).expireDelegationTokenHandler,
  ),
  listed(ApiKey.Fetch, 0, 18, async () => (await import('./fetch.ts')).fetchHandler),
  listed(ApiKey.FindCoordinator, 0, 6, async () => (await import('./find-coordinator.ts')).findCoordinatorHandler),
  {
    ...listed(
      ApiKey.GetTelemetrySubscriptions,
      0,
      0,
      async () => (await import('./get-telemetry-subscriptions.ts')).getTelemetrySubscriptionsHandler,
    ),
    isShown: hasReaders,
  },
  listed(ApiKey.Heartbeat, 0, 4, async () => (await import('./heartbeat.ts')).heartbeatHandler),
  listed(
    ApiKey.IncrementalAlterConfigs,
    0,
    1,
    async () => (await import('./incremental-alter-configs.ts')).incrementalAlterConfigsHandler,
  ),
  {
    ...listed(ApiKey.InitProducerId, 0, 5, async () => (await import('./init-producer-id.ts')).initProducerIdHandler),
    unstableVersion: 6,
  },
  listed(
    ApiKey.InitializeShareGroupState,
    0,
    0,
    async () => (await import('./initialize-share-group-state.ts')).initializeShareGroupStateHandler,
  ),
  listed(ApiKey.JoinGroup, 0, 9, async () => (await import('./join-group.ts')).joinGroupHandler),
  listed(ApiKey.LeaveGroup, 0, 5, async () => (await import('./leave-group.ts')).leaveGroupHandler),
  listed(
    ApiKey.ListConfigResources,
    0,
    1,
    async () => (await import('./list-config-resources.ts')).listConfigResourcesHandler,
  ),
  listed(ApiKey.ListGroups, 0, 5, async () => (await import('./list-groups.ts')).listGroupsHandler),
  listed(ApiKey.ListOffsets, 0, 11, async () => (await import('./list-offsets.ts')).listOffsetsHandler),
  listed(
    ApiKey.ListPartitionReassignments,
    0,
    0,
    async () => (await import('./list-partition-reassignments.ts')).listPartitionReassignmentsHandler,
  ),
  listed(ApiKey.ListTransactions, 0, 2, async () => (await import('./list-transactions.ts')).listTransactionsHandler),
  listed(ApiKey.Metadata, 0, 13, async () => (await import('./metadata.ts')).metadataHandler),
  listed(ApiKey.OffsetCommit, 0, 10, async () => (await import('./offset-commit.ts')).offsetCommitHandler),
  listed(ApiKey.OffsetDelete, 0, 0, async () => (await import('./offset-delete.ts')).offsetDeleteHandler),
  listed(ApiKey.OffsetFetch, 0, 10, async () => (await import('./offset-fetch.ts')).offsetFetchHandler),
  listed(
    ApiKey.OffsetForLeaderEpoch,
    0,
    4,
    async () => (await import('./offset-for-leader-epoch.ts')).offsetForLeaderEpochHandler,
  ),
  {
    ...listed(ApiKey.Produce, 0, 13, async () => (await import('./produce.ts')).produceHandler),
    advertisedMinVersion: 0,
  },
  {
    ...listed(ApiKey.PushTelemetry, 0, 0, async () => (await import('./push-telemetry.ts')).pushTelemetryHandler),
    isShown: hasReaders,
  },
  listed(
    ApiKey.ReadShareGroupState,
    0,
    0,
    async () => (await import('./read-share-group-state.ts')).readShareGroupStateHandler,
  ),
  listed(
    ApiKey.ReadShareGroupStateSummary,
    0,
    1,
    async () => (await import('./read-share-group-state-summary.ts')).readShareGroupStateSummaryHandler,
  ),
  listed(
    ApiKey.StreamsGroupDescribe,
    0,
    1,
    async () => (await import('./streams-group-describe.ts')).streamsGroupDescribeHandler,
  ),
  listed(
    ApiKey.StreamsGroupHeartbeat,
    0,
    1,
    async () => (await import('./streams-group-heartbeat.ts')).streamsGroupHeartbeatHandler,
  ),
  listed(
    ApiKey.StreamsGroupTopologyDescriptionUpdate,
    0,
    0,
    async () =>
      (await import('./streams-group-topology-description-update.ts')).streamsGroupTopologyDescriptionUpdateHandler,
  ),
  listed(ApiKey.ShareAcknowledge, 1, 2, async () => (await import('./share-acknowledge.ts')).shareAcknowledgeHandler),
  listed(ApiKey.ShareFetch, 1, 2, async () => (await import('./share-fetch.ts')).shareFetchHandler),
  listed(
    ApiKey.ShareGroupDescribe,
    1,
    1,
    async () => (await import('./share-group-describe.ts')).shareGroupDescribeHandler,
  ),
  listed(
    ApiKey.ShareGroupHeartbeat,
    1,
    1,
    async () => (await import('./share-group-heartbeat.ts')).shareGroupHeartbeatHandler,
  ),
  listed(
    ApiKey.RenewDelegationToken,
    0,
    2,
    async () => (await import('./renew-delegation-token.ts')).renewDelegationTokenHandler,
  ),
  listed(ApiKey.SaslAuthenticate, 0, 2, async () => (await import('./sasl-authenticate.ts')).saslAuthenticateHandler),
  listed(ApiKey.SaslHandshake, 0, 1, async () => (await import('./sasl-handshake.ts')).saslHandshakeHandler),
  listed(ApiKey.SyncGroup, 0, 5, async () => (await import('./sync-group.ts')).syncGroupHandler),
  listed(ApiKey.TxnOffsetCommit, 0, 6, async () => (await import('./txn-offset-commit.ts')).txnOffsetCommitHandler),
  listed(ApiKey.UpdateFeatures, 0, 2, async () => (await import('./update-features.ts')).updateFeaturesHandler),
  listed(ApiKey.AddRaftVoter, 0, 1, async () => (await import('./add-raft-voter.ts')).addRaftVoterHandler),
  listed(
    ApiKey.AlterReplicaLogDirs,
    0,
    2,
    async () => (await import('./alter-replica-log-dirs.ts')).alterReplicaLogDirsHandler,
  ),
  listed(ApiKey.DescribeQuorum, 0, 2, async () => (await import('./describe-quorum.ts')).describeQuorumHandler),
  listed(ApiKey.RemoveRaftVoter, 0, 0, async () => (await import('./remove-raft-voter.ts')).removeRaftVoterHandler),
  listed(ApiKey.UnregisterBroker, 0, 0, async () => (await import('./unregister-broker.ts')).unregisterBrokerHandler),
  listed(
    ApiKey.UnregisterController,
    0,
    0,
    async () => (await import('./unregister-controller.ts')).unregisterControllerHandler,
  ),
  listed(
    ApiKey.WriteShareGroupState,
    0,
    1,
    async () => (await import('./write-share-group-state.ts')).writeShareGroupStateHandler,
  ),
  listed(ApiKey.WriteTxnMarkers, 0, 2, async () => (await import('./write-txn-markers.ts')).writeTxnMarkersHandler),
];
