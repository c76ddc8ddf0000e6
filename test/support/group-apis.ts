/** The group APIs: those that park through their handlers, others as operations that throw what is wrong. */
import { ErrorCode } from '../../protocol/errors.ts';
import type { Input } from '../../protocol/input.ts';
import type { DescribedGroup } from '../../protocol/generated/describe-groups-response.ts';
import type { HeartbeatRequest } from '../../protocol/generated/heartbeat-request.ts';
import type { HeartbeatResponse } from '../../protocol/generated/heartbeat-response.ts';
import type { JoinGroupRequest } from '../../protocol/generated/join-group-request.ts';
import type { JoinGroupResponse } from '../../protocol/generated/join-group-response.ts';
import type { LeaveGroupRequest } from '../../protocol/generated/leave-group-request.ts';
import type { LeaveGroupResponse } from '../../protocol/generated/leave-group-response.ts';
import type { ListedGroup } from '../../protocol/generated/list-groups-response.ts';
import type { OffsetCommitResponse } from '../../protocol/generated/offset-commit-response.ts';
import type { OffsetDeleteRequest } from '../../protocol/generated/offset-delete-request.ts';
import type { OffsetDeleteResponse } from '../../protocol/generated/offset-delete-response.ts';
import type { OffsetFetchRequestGroup } from '../../protocol/generated/offset-fetch-request.ts';
import type { OffsetFetchResponseGroup } from '../../protocol/generated/offset-fetch-response.ts';
import type { SyncGroupRequest } from '../../protocol/generated/sync-group-request.ts';
import type { SyncGroupResponse } from '../../protocol/generated/sync-group-response.ts';
import { errorCodeOf } from '../../src/coordinator/errors.ts';
import type { GroupCaller } from '../../src/coordinator/group/caller.ts';
import { describeGroup } from '../../src/coordinator/group/classic/describe.ts';
import { leaveGroup } from '../../src/coordinator/group/classic/leave.ts';
import type { GroupCoordinator } from '../../src/coordinator/group/coordinator.ts';
import { deleteGroup } from '../../src/coordinator/group/delete-group.ts';
import { groupFilter, listGroups } from '../../src/coordinator/group/list-groups.ts';
import { commitOffsets } from '../../src/coordinator/group/offsets/commit.ts';
import type { NewCommit } from '../../src/coordinator/group/offsets/commit.ts';
import { deleteOffsets } from '../../src/coordinator/group/offsets/delete.ts';
import { fetchOffsets } from '../../src/coordinator/group/offsets/fetch.ts';
import { heartbeatHandler } from '../../src/handlers/heartbeat.ts';
import { joinGroupHandler } from '../../src/handlers/join-group.ts';
import { syncGroupHandler } from '../../src/handlers/sync-group.ts';
import type { BrokerServices, RequestContext } from '../../src/handlers/types.ts';
import { testConnection, testContext } from './test-services.ts';

const NOBODY = { clientId: 'client', clientHost: '/127.0.0.1' };

export class GroupApis {
  readonly #services: BrokerServices;
  readonly #groups: GroupCoordinator;

  constructor(services: BrokerServices) {
    this.#services = services;
    this.#groups = services.groups;
  }

  joinGroup(caller: GroupCaller, request: JoinGroupRequest): Promise<Input<JoinGroupResponse>> {
    return Promise.resolve(
      joinGroupHandler.handle(this.#context(caller), request) as Promise<Input<JoinGroupResponse>>,
    );
  }

  syncGroup(request: SyncGroupRequest): Promise<Input<SyncGroupResponse>> {
    const context = this.#context({ ...NOBODY, apiVersion: 4 });
    return Promise.resolve(syncGroupHandler.handle(context, request) as Promise<Input<SyncGroupResponse>>);
  }

  /** Gives the error code. */
  heartbeat(request: HeartbeatRequest): number {
    const context = this.#context({ ...NOBODY, apiVersion: 4 });
    const response = heartbeatHandler.handle(context, request) as Input<HeartbeatResponse>;
    return response.errorCode ?? ErrorCode.NONE;
  }

  #context({ clientId, clientHost, apiVersion }: GroupCaller): RequestContext {
    const connection = testConnection({ remoteHost: clientHost.slice(1) });
    return { ...testContext(this.#services, apiVersion, clientId), connection };
  }

  leaveGroup(request: LeaveGroupRequest): Promise<Input<LeaveGroupResponse>> {
    return this.#groups.write(request.groupId, (env) => leaveGroup(env, request));
  }

  async offsetCommit(caller: GroupCaller, request: NewCommit): Promise<Input<OffsetCommitResponse>> {
    return { topics: await this.#groups.write(request.groupId, (env) => commitOffsets(env, caller, request)) };
  }

  offsetFetch(group: OffsetFetchRequestGroup, requireStable = false): Promise<Input<OffsetFetchResponseGroup>> {
    return this.#groups.read(group.groupId, (env) => fetchOffsets(env, { ...group, requireStable }));
  }

  offsetDelete(request: OffsetDeleteRequest): Promise<Input<OffsetDeleteResponse>> {
    return this.#groups.write(request.groupId, (env) => deleteOffsets(env, request));
  }

  listGroups(states: readonly string[] = [], types: readonly string[] = []): Promise<Input<ListedGroup>[]> {
    return this.#groups.readAll((env) => listGroups(env, groupFilter(states, types)));
  }

  describeGroup(groupId: string, apiVersion = 5): Promise<Input<DescribedGroup>> {
    return this.#groups.read(groupId, (env) => describeGroup(env, groupId, apiVersion));
  }

  /** Gives the error code. */
  async deleteGroup(groupId: string): Promise<number> {
    try {
      await this.#groups.write(groupId, (env) => deleteGroup(env, groupId));
      return ErrorCode.NONE;
    } catch (error) {
      return errorCodeOf(error);
    }
  }
}
