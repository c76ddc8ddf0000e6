/**
 * The group coordinator as handlers see it. Inputs and outputs follow the wire messages' words; errors that belong to a
 * whole request are thrown as KafkaError, those of a partition or member are in the result. What a promise answers is
 * committed.
 */
import type { Input } from '../../../protocol/input.ts';
import type { DeletableGroupResult } from '../../../protocol/generated/delete-groups-response.ts';
import type { DescribedGroup } from '../../../protocol/generated/describe-groups-response.ts';
import type { HeartbeatRequest } from '../../../protocol/generated/heartbeat-request.ts';
import type { JoinGroupRequest } from '../../../protocol/generated/join-group-request.ts';
import type { JoinGroupResponse } from '../../../protocol/generated/join-group-response.ts';
import type { LeaveGroupRequest } from '../../../protocol/generated/leave-group-request.ts';
import type { LeaveGroupResponse } from '../../../protocol/generated/leave-group-response.ts';
import type { ListGroupsRequest } from '../../../protocol/generated/list-groups-request.ts';
import type { ListedGroup } from '../../../protocol/generated/list-groups-response.ts';
import type { OffsetCommitRequest } from '../../../protocol/generated/offset-commit-request.ts';
import type { OffsetCommitResponse } from '../../../protocol/generated/offset-commit-response.ts';
import type { OffsetDeleteRequest } from '../../../protocol/generated/offset-delete-request.ts';
import type { OffsetDeleteResponse } from '../../../protocol/generated/offset-delete-response.ts';
import type { OffsetFetchRequestGroup } from '../../../protocol/generated/offset-fetch-request.ts';
import type { OffsetFetchResponseGroup } from '../../../protocol/generated/offset-fetch-response.ts';
import type { SyncGroupRequest } from '../../../protocol/generated/sync-group-request.ts';
import type { SyncGroupResponse } from '../../../protocol/generated/sync-group-response.ts';

/** Who asks, for member ids and group descriptions. */
export interface GroupCaller {
  readonly clientId: string;
  /** Shown as Kafka does, `/127.0.0.1`. */
  readonly clientHost: string;
  readonly apiVersion: number;
}

/**
 * Any method may throw KafkaError COORDINATOR_LOAD_IN_PROGRESS while the group's partition is being read,
 * NOT_COORDINATOR while there is none, COORDINATOR_NOT_AVAILABLE while the broker stops, and INVALID_GROUP_ID.
 */
export interface GroupCoordinator {
  /**
   * Begins to load the state from __consumer_offsets, if the topic exists; requests are answered meanwhile. From now on
   * the offsets of deleted topics go with them.
   */
  start(): void;
  /** Resolves when no partition of __consumer_offsets is loading any more. */
  whenLoaded(): Promise<void>;
  /** Makes sure the coordinator of `groupId` can serve; creates __consumer_offsets. @throws KafkaError COORDINATOR_NOT_AVAILABLE */
  ensureReady(groupId: string): Promise<void>;
  /** Resolves when the join phase ends; errors are in the response. */
  joinGroup(caller: GroupCaller, request: JoinGroupRequest): Promise<Input<JoinGroupResponse>>;
  /** Resolves when the leader has synced; errors are in the response. */
  syncGroup(request: SyncGroupRequest): Promise<Input<SyncGroupResponse>>;
  /** Gives the error code. */
  heartbeat(request: HeartbeatRequest): number;
  /** Members are in `members` at every version. */
  leaveGroup(request: LeaveGroupRequest): Promise<Input<LeaveGroupResponse>>;
  /** Topics carry names, and ids where known; they exist. */
  offsetCommit(caller: GroupCaller, request: OffsetCommitRequest): Promise<Input<OffsetCommitResponse>>;
  /** Topics carry names; null: all. */
  offsetFetch(group: OffsetFetchRequestGroup): Promise<Input<OffsetFetchResponseGroup>>;
  offsetDelete(request: OffsetDeleteRequest): Promise<Input<OffsetDeleteResponse>>;
  listGroups(request: ListGroupsRequest): Promise<Input<ListedGroup>[]>;
  /** One answer for each group id; errors are in them. */
  describeGroups(caller: GroupCaller, groupIds: readonly string[]): Promise<Input<DescribedGroup>[]>;
  /** One answer for each group id; errors are in them. */
  deleteGroups(groupIds: readonly string[]): Promise<Input<DeletableGroupResult>[]>;
  /** Answers everything parked with COORDINATOR_NOT_AVAILABLE. */
  close(): Promise<void>;
}
