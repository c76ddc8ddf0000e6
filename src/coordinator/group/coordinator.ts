/** The group coordinator: finds the partition of a group and runs the request's operation on its state machine. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import type { MetadataStore } from '../../metadata/types.ts';
import type { PartitionManager } from '../../partition/types.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
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
import { errorCodeOf } from '../errors.ts';
import { CoordinatorRuntime } from '../runtime.ts';
import { split } from '../types.ts';
import { describeGroup, describeMissing, groupFilter, listGroups } from './classic/describe.ts';
import type { GroupEnvironment, GroupResult } from './environment.ts';
import { GroupShard } from './shard.ts';
import { heartbeat } from './classic/heartbeat.ts';
import { joinGroup } from './classic/join.ts';
import { leaveGroup } from './classic/leave.ts';
import { commitOffsets } from './offsets/commit.ts';
import { deleteGroup, deleteOffsets, topicTombstones } from './offsets/delete.ts';
import { fetchOffsets } from './offsets/fetch.ts';
import { groupRecordCodec } from './records.ts';
import type { GroupRecord } from './records.ts';
import { groupSettings } from './settings.ts';
import type { GroupSettings } from './settings.ts';
import { syncGroup } from './classic/sync.ts';
import type { GroupCaller, GroupCoordinator } from './types.ts';

/** The internal topic of groups and committed offsets. */
export const CONSUMER_OFFSETS_TOPIC = '__consumer_offsets';

export interface GroupCoordinatorOptions {
  readonly config: BrokerConfig;
  readonly metadata: MetadataStore;
  readonly partitions: PartitionManager;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Makes the coordinator; it serves nothing before `start`. */
export function createGroupCoordinator(options: GroupCoordinatorOptions): GroupCoordinator {
  return new ClassicGroupCoordinator(options);
}

class ClassicGroupCoordinator implements GroupCoordinator {
  readonly #settings: GroupSettings;
  readonly #metadata: MetadataStore;
  readonly #logger: Logger;
  #stopListening: (() => void) | null = null;
  readonly #runtime: CoordinatorRuntime<GroupRecord, GroupShard>;

  constructor(options: GroupCoordinatorOptions) {
    const { metadata, partitions, clock, random } = options;
    const settings = groupSettings(options.config);
    const topicExists = (topicId: string): boolean => metadata.topicById(topicId) !== undefined;
    this.#metadata = metadata;
    this.#logger = options.logger.child({ component: 'group-coordinator' });
    this.#settings = settings;
    this.#runtime = new CoordinatorRuntime<GroupRecord, GroupShard>({
      topicName: CONSUMER_OFFSETS_TOPIC,
      codec: groupRecordCodec,
      writeTimeoutMs: () => settings.commitTimeoutMs,
      makeShard: (context) => new GroupShard(context, { settings, clock, random, topicExists }),
      logger: this.#logger,
      metadata,
      partitions,
      clock,
    });
  }

  start(): void {
    this.#stopListening = this.#metadata.onChange((change) => {
      if (change.kind === 'topic-deleted') this.#topicDeleted(change.topic.name);
    });
    this.#runtime.start();
  }

  whenLoaded(): Promise<void> {
    return this.#runtime.whenLoaded();
  }

  ensureReady(groupId: string): Promise<void> {
    return this.#runtime.ensureReady(groupId);
  }

  async joinGroup(caller: GroupCaller, request: JoinGroupRequest): Promise<Input<JoinGroupResponse>> {
    const { groupId, memberId, sessionTimeoutMs } = request;
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#settings;
    if (groupId === '') return { memberId, errorCode: ErrorCode.INVALID_GROUP_ID };
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return { memberId, errorCode: ErrorCode.INVALID_SESSION_TIMEOUT };
    }
    return this.#parked(
      groupId,
      (env, answer) => joinGroup(env, caller, request, answer),
      (errorCode) => ({ memberId, errorCode }),
    );
  }

  async syncGroup(request: SyncGroupRequest): Promise<Input<SyncGroupResponse>> {
    if (request.groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID };
    return this.#parked(
      request.groupId,
      (env, answer) => syncGroup(env, request, answer),
      (errorCode) => ({ errorCode }),
    );
  }

  heartbeat(request: HeartbeatRequest): number {
    try {
      requireGroupId(request.groupId);
      return heartbeat(this.#runtime.runnerFor(request.groupId).shard.env, request);
    } catch (error) {
      const code = errorCodeOf(error);
      // Nothing is known of the member yet, and nothing is held against it.
      return code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : code;
    }
  }

  async leaveGroup(request: LeaveGroupRequest): Promise<Input<LeaveGroupResponse>> {
    requireGroupId(request.groupId);
    return this.#runtime.runnerFor(request.groupId).write((shard) => leaveGroup(shard.env, request));
  }

  async offsetCommit(caller: GroupCaller, request: OffsetCommitRequest): Promise<Input<OffsetCommitResponse>> {
    return this.#runtime.runnerFor(request.groupId).write((shard) => commitOffsets(shard.env, caller, request));
  }

  async offsetFetch(group: OffsetFetchRequestGroup): Promise<Input<OffsetFetchResponseGroup>> {
    return this.#runtime.runnerFor(group.groupId).read((shard) => fetchOffsets(shard.offsets, group, shard.isLive));
  }

  async offsetDelete(request: OffsetDeleteRequest): Promise<Input<OffsetDeleteResponse>> {
    requireGroupId(request.groupId);
    const runner = this.#runtime.runnerFor(request.groupId);
    return runner.write((shard) => deleteOffsets(shard.env, shard.offsets, request));
  }

  async listGroups(request: ListGroupsRequest): Promise<Input<ListedGroup>[]> {
    const filter = groupFilter(request.statesFilter, request.typesFilter);
    const lists = this.#runtime.runners().map(async (runner) => {
      try {
        return await runner.read(({ env }) => listGroups(env.groups.values(), filter));
      } catch (error) {
        // A partition that is not coordinated here has no groups here.
        if (errorCodeOf(error) === ErrorCode.NOT_COORDINATOR) return [];
        throw error;
      }
    });
    return (await Promise.all(lists)).flat();
  }

  async describeGroups(caller: GroupCaller, groupIds: readonly string[]): Promise<Input<DescribedGroup>[]> {
    return Promise.all(groupIds.map((groupId) => this.#describe(groupId, caller.apiVersion)));
  }

  async #describe(groupId: string, apiVersion: number): Promise<Input<DescribedGroup>> {
    try {
      return await this.#runtime.runnerFor(groupId).read(({ env }) => {
        const group = env.groups.get(groupId);
        return group === undefined ? describeMissing(groupId, apiVersion) : describeGroup(group);
      });
    } catch (error) {
      return { groupId, errorCode: errorCodeOf(error) };
    }
  }

  async deleteGroups(groupIds: readonly string[]): Promise<Input<DeletableGroupResult>[]> {
    return Promise.all(groupIds.map((groupId) => this.#delete(groupId)));
  }

  async #delete(groupId: string): Promise<Input<DeletableGroupResult>> {
    try {
      const runner = this.#runtime.runnerFor(groupId);
      return await runner.write((shard) => deleteGroup(shard.env, shard.offsets, groupId));
    } catch (error) {
      return { groupId, errorCode: errorCodeOf(error) };
    }
  }

  /** Forgets what was committed for a topic. Partitions still loading look for such offsets when they are loaded. */
  #topicDeleted(topicName: string): void {
    for (const runner of this.#runtime.runners()) {
      if (runner.status !== 'active') continue;
      const forgotten = runner.write(({ offsets }) => split(topicTombstones(offsets, topicName), undefined));
      forgotten.catch((error: unknown) => {
        this.#logger.warn('topic-offsets-kept', 'Offsets of a deleted topic could not be forgotten yet.', {
          topic: topicName,
          error: error instanceof Error ? error.message : String(error),
        });
      });
    }
  }

  async close(): Promise<void> {
    this.#stopListening?.();
    this.#runtime.close();
  }

  /** Runs an operation that answers through a callback; a failure before it did is an answer as well. */
  #parked<R>(
    groupId: string,
    operation: (env: GroupEnvironment, answer: (response: R) => void) => GroupResult,
    failed: (errorCode: number) => R,
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        if (error instanceof KafkaError) resolve(failed(error.code));
        else reject(error);
      };
      try {
        this.#runtime
          .runnerFor(groupId)
          .write((shard) => operation(shard.env, resolve))
          .catch(fail);
      } catch (error) {
        fail(error);
      }
    });
  }
}

/** @throws KafkaError INVALID_GROUP_ID */
function requireGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaError(ErrorCode.INVALID_GROUP_ID);
}
