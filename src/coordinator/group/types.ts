/**
 * The group coordinator as handlers see it. Inputs and outputs follow the wire messages' words; errors that belong to a
 * whole request are thrown as KafkaError, those of a partition or member are in the result.
 */
import type { Input } from '../../../protocol/input.ts';
import type { DeleteGroupsResponse } from '../../../protocol/generated/delete-groups-response.ts';
import type { DescribeGroupsResponse } from '../../../protocol/generated/describe-groups-response.ts';
import type { HeartbeatRequest } from '../../../protocol/generated/heartbeat-request.ts';
import type { JoinGroupRequest } from '../../../protocol/generated/join-group-request.ts';
import type { JoinGroupResponse } from '../../../protocol/generated/join-group-response.ts';
import type { LeaveGroupRequest } from '../../../protocol/generated/leave-group-request.ts';
import type { LeaveGroupResponse } from '../../../protocol/generated/leave-group-response.ts';
import type { ListGroupsRequest } from '../../../protocol/generated/list-groups-request.ts';
import type { ListGroupsResponse } from '../../../protocol/generated/list-groups-response.ts';
import type { OffsetCommitRequest } from '../../../protocol/generated/offset-commit-request.ts';
import type { OffsetCommitResponse } from '../../../protocol/generated/offset-commit-response.ts';
import type { OffsetDeleteRequest } from '../../../protocol/generated/offset-delete-request.ts';
import type { OffsetDeleteResponse } from '../../../protocol/generated/offset-delete-response.ts';
import type { OffsetFetchRequest } from '../../../protocol/generated/offset-fetch-request.ts';
import type { OffsetFetchResponse } from '../../../protocol/generated/offset-fetch-response.ts';
import type { SyncGroupRequest } from '../../../protocol/generated/sync-group-request.ts';
import type { SyncGroupResponse } from '../../../protocol/generated/sync-group-response.ts';

/** Who asks, for member ids and group descriptions. */
export interface GroupCaller {
  readonly clientId: string;
  /** Shown as Kafka does, `/127.0.0.1`. */
  readonly clientHost: string;
  readonly apiVersion: number;
  /** Calls back when the client's connection closes; gives the function that stops it. */
  onClose(callback: () => void): () => void;
}

export interface GroupCoordinator {
  /** Loads the state from __consumer_offsets, if the topic exists. */
  start(): Promise<void>;
  /** Makes sure the coordinator of `groupId` can serve; creates __consumer_offsets. @throws KafkaError COORDINATOR_NOT_AVAILABLE */
  ensureReady(groupId: string): Promise<void>;
  joinGroup(caller: GroupCaller, request: JoinGroupRequest): Promise<Input<JoinGroupResponse>>;
  syncGroup(caller: GroupCaller, request: SyncGroupRequest): Promise<Input<SyncGroupResponse>>;
  /** Gives the error code. */
  heartbeat(caller: GroupCaller, request: HeartbeatRequest): number;
  leaveGroup(caller: GroupCaller, request: LeaveGroupRequest): Promise<Input<LeaveGroupResponse>>;
  offsetCommit(caller: GroupCaller, request: OffsetCommitRequest): Promise<Input<OffsetCommitResponse>>;
  offsetFetch(caller: GroupCaller, request: OffsetFetchRequest): Promise<Input<OffsetFetchResponse>>;
  offsetDelete(caller: GroupCaller, request: OffsetDeleteRequest): Promise<Input<OffsetDeleteResponse>>;
  listGroups(caller: GroupCaller, request: ListGroupsRequest): Input<ListGroupsResponse>;
  describeGroups(caller: GroupCaller, groupIds: readonly string[]): Input<DescribeGroupsResponse>;
  deleteGroups(caller: GroupCaller, groupIds: readonly string[]): Promise<Input<DeleteGroupsResponse>>;
  /** Removes the committed offsets of a deleted topic. */
  topicDeleted(topicName: string): Promise<void>;
  close(): Promise<void>;
}
