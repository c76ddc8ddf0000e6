/** A member of a streams group that does what Kafka Streams does: runs its tasks, gives them up late, and comes back. */
import assert from 'node:assert/strict';
import { ErrorCode } from '../../protocol/errors.ts';
import type { TaskIds, Topology } from '../../protocol/generated/streams-group-heartbeat-request.ts';
import type { StreamsGroupHeartbeatResponse } from '../../protocol/generated/streams-group-heartbeat-response.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { beat } from './streams-groups.ts';

/** Errors after which a member drops all and joins anew. */
const FENCED: ReadonlySet<number> = new Set([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH]);

function ids(list: readonly TaskIds[]): Set<string> {
  return new Set(list.flatMap(({ subtopologyId, partitions }) => partitions.map((p) => `${subtopologyId}_${p}`)));
}

function listed(taskIds: ReadonlySet<string>): TaskIds[] {
  const partitions = Map.groupBy(taskIds, (id) => id.split('_')[0] ?? '');
  return [...partitions].map(([subtopologyId, all]) => ({
    subtopologyId,
    partitions: all.map((id) => Number(id.split('_')[1])),
  }));
}

export interface SimulatedStreamsMemberOptions {
  readonly memberId: string;
  readonly processId: string;
  readonly instanceId: string | null;
  readonly topology: Topology;
}

export class SimulatedStreamsMember {
  readonly memberId: string;
  readonly #options: SimulatedStreamsMemberOptions;
  epoch = 0;
  /** Runs, whether the group knows it or not. */
  isAlive = true;
  /** Left for a while or for good: no heartbeats. */
  isAway = false;
  /** Tasks it works on, and what it was told to have. */
  active: ReadonlySet<string> = new Set();
  standby: ReadonlySet<string> = new Set();
  #assigned: { active: ReadonlySet<string>; standby: ReadonlySet<string> } = { active: new Set(), standby: new Set() };

  constructor(options: SimulatedStreamsMemberOptions) {
    this.memberId = options.memberId;
    this.#options = options;
  }

  /** Gives up what it is to give up: it took this long to stop working on it. */
  release(): void {
    this.active = this.active.intersection(this.#assigned.active);
    this.standby = this.standby.intersection(this.#assigned.standby);
  }

  async beat(services: BrokerServices): Promise<void> {
    if (!this.isAlive || this.isAway) return;
    const { processId, instanceId, topology } = this.#options;
    const isJoining = this.epoch === 0;
    const response = await beat(services, this.memberId, {
      memberEpoch: this.epoch,
      instanceId,
      activeTasks: listed(this.active),
      standbyTasks: listed(this.standby),
      warmupTasks: [],
      ...(isJoining && { processId, topology, rebalanceTimeoutMs: 60_000 }),
    });
    this.#hear(response);
  }

  #hear({ errorCode, memberEpoch, activeTasks, standbyTasks }: StreamsGroupHeartbeatResponse): void {
    if (FENCED.has(errorCode)) this.#drop();
    if (errorCode !== ErrorCode.NONE) return;
    assert.ok(memberEpoch >= this.epoch, `${this.memberId}: epoch ${this.epoch} became ${memberEpoch}`);
    this.epoch = memberEpoch;
    if (activeTasks === null || standbyTasks === null) return;
    this.#assigned = { active: ids(activeTasks), standby: ids(standbyTasks) };
    this.active = this.active.union(this.#assigned.active);
    this.standby = this.standby.union(this.#assigned.standby);
  }

  #drop(): void {
    this.epoch = 0;
    this.active = new Set();
    this.standby = new Set();
    this.#assigned = { active: new Set(), standby: new Set() };
  }

  /** Says that it goes; its tasks are closed before. */
  async leave(services: BrokerServices): Promise<void> {
    if (!this.isAlive || this.isAway || this.epoch === 0) return;
    const { instanceId } = this.#options;
    this.#drop();
    this.isAway = true;
    await beat(services, this.memberId, { memberEpoch: instanceId === null ? -1 : -2, instanceId });
  }

  /** Comes back after it left. */
  comeBack(): void {
    this.isAway = false;
  }

  /** The same member, to go another way from here. */
  copy(): SimulatedStreamsMember {
    const copy = new SimulatedStreamsMember(this.#options);
    copy.epoch = this.epoch;
    copy.isAlive = this.isAlive;
    copy.isAway = this.isAway;
    copy.active = this.active;
    copy.standby = this.standby;
    copy.#assigned = this.#assigned;
    return copy;
  }

  /** Is gone without a word. */
  crash(): void {
    this.isAlive = false;
    this.#drop();
  }
}
