/** The group coordinator: finds the partition of a group and runs the request's operation on its state machine. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import type { MetadataStore } from '../../metadata/types.ts';
import type { PartitionManager } from '../../partition/types.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { errorCodeOf } from '../errors.ts';
import { CoordinatorRuntime } from '../runtime.ts';
import { describeGroup, describeMissing, groupFilter, listGroups } from './describe.ts';
import type { GroupEnvironment, GroupResult } from './environment.ts';
import { GroupShard } from './group-shard.ts';
import { heartbeat } from './heartbeat.ts';
import { joinGroup } from './join.ts';
import { leaveGroup } from './leave.ts';
import { commitOffsets } from './offset-commit.ts';
import { deleteGroup, deleteOffsets, topicTombstones } from './offset-delete.ts';
import { fetchOffsets } from './offset-fetch.ts';
import { groupRecordCodec } from './records.ts';
import type { GroupRecord } from './records.ts';
import { groupSettings } from './settings.ts';
import { syncGroup } from './sync.ts';
import type { GroupCoordinator } from './types.ts';

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
  const settings = groupSettings(options.config);
  const { metadata, partitions, clock, random } = options;
  const logger = options.logger.child({ component: 'group-coordinator' });
  const runtime = new CoordinatorRuntime<GroupRecord, GroupShard>({
    topicName: CONSUMER_OFFSETS_TOPIC,
    codec: groupRecordCodec,
    makeShard: (context) => new GroupShard(context, { settings, clock, random }),
    metadata,
    partitions,
    clock,
    logger,
  });

  /** The state machine's environment now, for what neither waits nor writes. */
  const environment = (groupId: string): GroupEnvironment => runtime.runnerFor(groupId).shard.env;

  /** Runs an operation that answers through a callback; a failure before it did is an answer of its own. */
  const parked = <R>(
    groupId: string,
    operation: (env: GroupEnvironment, answer: (response: R) => void) => GroupResult,
    failed: (errorCode: number) => R,
  ): Promise<R> =>
    new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        if (error instanceof KafkaError) resolve(failed(error.code));
        else reject(error);
      };
      try {
        runtime
          .runnerFor(groupId)
          .write((shard) => operation(shard.env, resolve))
          .catch(fail);
      } catch (error) {
        fail(error);
      }
    });

  return {
    start: () => runtime.start(),
    whenLoaded: () => runtime.whenLoaded(),
    ensureReady: (groupId) => runtime.ensureReady(groupId),

    async joinGroup(caller, request) {
      const { groupId, memberId, sessionTimeoutMs } = request;
      if (groupId === '') return { memberId, errorCode: ErrorCode.INVALID_GROUP_ID };
      if (sessionTimeoutMs < settings.minSessionTimeoutMs || sessionTimeoutMs > settings.maxSessionTimeoutMs) {
        return { memberId, errorCode: ErrorCode.INVALID_SESSION_TIMEOUT };
      }
      return parked(
        groupId,
        (env, answer) => joinGroup(env, caller, request, answer),
        (errorCode) => ({ memberId, errorCode }),
      );
    },

    async syncGroup(request) {
      if (request.groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID };
      return parked(
        request.groupId,
        (env, answer) => syncGroup(env, request, answer),
        (errorCode) => ({ errorCode }),
      );
    },

    heartbeat(request) {
      try {
        requireGroupId(request.groupId);
        return heartbeat(environment(request.groupId), request);
      } catch (error) {
        const code = errorCodeOf(error);
        // Nothing is known of the member yet, and nothing is held against it.
        return code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : code;
      }
    },

    async leaveGroup(request) {
      requireGroupId(request.groupId);
      return runtime.runnerFor(request.groupId).write((shard) => leaveGroup(shard.env, request));
    },

    async offsetCommit(caller, request) {
      const runner = runtime.runnerFor(request.groupId);
      return runner.write((shard) => commitOffsets(shard.env, caller, request));
    },

    async offsetFetch(group) {
      return runtime.runnerFor(group.groupId).read((shard) => fetchOffsets(shard.offsets, group));
    },

    async offsetDelete(request) {
      requireGroupId(request.groupId);
      const runner = runtime.runnerFor(request.groupId);
      return runner.write((shard) => deleteOffsets(shard.env, shard.offsets, request));
    },

    async listGroups(request) {
      const filter = groupFilter(request.statesFilter, request.typesFilter);
      const lists = runtime
        .runners()
        .map((runner) => runner.read(({ env }) => listGroups(env.groups.values(), filter)));
      return (await Promise.all(lists)).flat();
    },

    async describeGroups(caller, groupIds) {
      return Promise.all(
        groupIds.map(async (groupId) => {
          try {
            return await runtime.runnerFor(groupId).read(({ env }) => {
              const group = env.groups.get(groupId);
              return group === undefined ? describeMissing(groupId, caller.apiVersion) : describeGroup(group);
            });
          } catch (error) {
            return { groupId, errorCode: errorCodeOf(error) };
          }
        }),
      );
    },

    async deleteGroups(groupIds) {
      return Promise.all(
        groupIds.map(async (groupId) => {
          try {
            const runner = runtime.runnerFor(groupId);
            return await runner.write((shard) => deleteGroup(shard.env, shard.offsets, groupId));
          } catch (error) {
            return { groupId, errorCode: errorCodeOf(error) };
          }
        }),
      );
    },

    async topicDeleted(topicName) {
      const writes = runtime
        .runners()
        .filter((runner) => runner.status === 'active')
        .map((runner) =>
          runner.write(({ offsets }) => ({
            records: topicTombstones(offsets, topicName),
            response: undefined,
            isAtomic: false,
          })),
        );
      await Promise.all(writes);
    },

    async close() {
      runtime.close();
    },
  };
}

/** @throws KafkaError INVALID_GROUP_ID */
function requireGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaError(ErrorCode.INVALID_GROUP_ID);
}
