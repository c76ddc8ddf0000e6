/**
 * A consumer as far as its group goes: joins, assigns if it leads, syncs, sends heartbeats, commits, and joins again when
 * told to; the way Java's consumer does, on virtual time. It notes what it was told, for tests to judge.
 */
import assert from 'node:assert/strict';
import { ErrorCode } from '../../protocol/errors.ts';
import type { Input } from '../../protocol/input.ts';
import type { JoinGroupResponse } from '../../protocol/generated/join-group-response.ts';
import type { GroupApis } from './group-apis.ts';
import { REBALANCE_MS, SESSION_MS, subscription } from './groups.ts';

/** Partitions of the topic that a group shares out. */
const PARTITIONS = [0, 1, 2, 3];

/** One generation as a member lived through it. */
export interface Lived {
  readonly generationId: number;
  readonly memberId: string;
  readonly partitions: readonly number[];
}

export class SimulatedMember {
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  /** Changes when the broker is restarted. */
  apis: GroupApis;
  readonly lived: Lived[] = [];
  /** Every error code received, in order. */
  readonly errors: number[] = [];
  /** Generations it led. */
  readonly led: number[] = [];
  memberId = '';
  generationId = -1;
  partitions: readonly number[] | null = null;
  #isAlive = true;
  #isBusy = false;

  constructor(apis: GroupApis, groupId: string, groupInstanceId: string | null = null) {
    this.apis = apis;
    this.groupId = groupId;
    this.groupInstanceId = groupInstanceId;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** True while a request is parked. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Stops for good, without a word. */
  crash(): void {
    this.#isAlive = false;
  }

  /** Does what a poll does next; what it has to wait for goes on in the background. */
  step(): void {
    if (!this.#isAlive || this.#isBusy) return;
    if (this.partitions === null) {
      this.#isBusy = true;
      void this.#rejoin().finally(() => {
        this.#isBusy = false;
      });
      return;
    }
    const { groupId, generationId, memberId, groupInstanceId } = this;
    this.#heed(this.apis.heartbeat({ groupId, generationId, memberId, groupInstanceId }));
  }

  async leave(): Promise<void> {
    this.#isAlive = false;
    const members = [{ memberId: this.memberId, groupInstanceId: this.groupInstanceId, reason: null }];
    await this.apis.leaveGroup({ groupId: this.groupId, memberId: '', members }).catch(() => {});
  }

  /** Reacts to an error as a consumer does. */
  #heed(errorCode: number): void {
    if (errorCode === ErrorCode.NONE) return;
    this.errors.push(errorCode);
    this.partitions = null;
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.ILLEGAL_GENERATION) this.memberId = '';
    if (errorCode === ErrorCode.FENCED_INSTANCE_ID) this.#isAlive = false;
  }

  async #rejoin(): Promise<void> {
    const joined = await this.#join();
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.memberId = joined.memberId ?? '';
      return;
    }
    if (joined.errorCode !== ErrorCode.NONE) {
      this.#heed(joined.errorCode ?? 0);
      return;
    }
    this.memberId = joined.memberId ?? '';
    this.generationId = joined.generationId ?? -1;
    if (!this.#isAlive) return;
    const isLeader = joined.leader === this.memberId && joined.skipAssignment !== true;
    if (isLeader) this.led.push(this.generationId);
    await this.#sync(isLeader ? assign(joined) : []);
  }

  #join(): Promise<Input<JoinGroupResponse>> {
    const { groupId, memberId, groupInstanceId } = this;
    return this.apis.joinGroup(
      { clientId: 'sim', clientHost: '/127.0.0.1', apiVersion: 9 },
      {
        groupId,
        memberId,
        groupInstanceId,
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: REBALANCE_MS,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: subscription(['orders']) }],
        reason: null,
      },
    );
  }

  async #sync(assignments: { memberId: string; assignment: Buffer }[]): Promise<void> {
    const { groupId, memberId, generationId, groupInstanceId } = this;
    const protocol = { protocolType: 'consumer', protocolName: 'range' };
    const request = { groupId, memberId, generationId, groupInstanceId, ...protocol, assignments };
    const synced = await this.apis.syncGroup(request);
    if (synced.errorCode !== ErrorCode.NONE) {
      this.#heed(synced.errorCode ?? 0);
      return;
    }
    assert.ok(Buffer.isBuffer(synced.assignment));
    this.partitions = [...synced.assignment];
    this.lived.push({ generationId, memberId, partitions: this.partitions });
  }
}

/** Shares the partitions out, round and round; every member gets a list, be it an empty one. */
function assign(joined: Input<JoinGroupResponse>): { memberId: string; assignment: Buffer }[] {
  const ids = (joined.members ?? []).map(({ memberId }) => memberId ?? '').sort();
  return ids.map((memberId, index) => ({
    memberId,
    assignment: Buffer.from(PARTITIONS.filter((partition) => partition % ids.length === index)),
  }));
}

/** What must hold of all members of one group at any time. */
export function checkGroup(members: readonly SimulatedMember[]): void {
  const owners = new Map<string, string>();
  for (const { lived, groupInstanceId } of members) {
    let last = -1;
    for (const { generationId, memberId, partitions } of lived) {
      // A static member that comes back in the same generation is still the same owner.
      const owner = groupInstanceId ?? memberId;
      assert.ok(generationId >= last, `generation ${generationId} came after ${last}`);
      last = generationId;
      for (const partition of partitions) {
        const key = `partition ${partition} in generation ${generationId}`;
        assert.equal(owners.get(key) ?? owner, owner, `${key} has two owners`);
        owners.set(key, owner);
      }
    }
  }
  const leaders = members.flatMap(({ led }) => led);
  assert.equal(new Set(leaders).size, leaders.length, 'a generation had two leaders');
}
