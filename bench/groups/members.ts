/** Members of groups that speak on the wire, so that a hundred of them cost next to nothing beside the broker. */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeConsumerGroupHeartbeatRequest } from '../../protocol/generated/consumer-group-heartbeat-request.ts';
import { readConsumerGroupHeartbeatResponse } from '../../protocol/generated/consumer-group-heartbeat-response.ts';
import { readConsumerProtocolAssignment } from '../../protocol/generated/consumer-protocol-assignment.ts';
import { writeConsumerProtocolAssignment } from '../../protocol/generated/consumer-protocol-assignment.ts';
import { writeJoinGroupRequest } from '../../protocol/generated/join-group-request.ts';
import { type JoinGroupResponse, readJoinGroupResponse } from '../../protocol/generated/join-group-response.ts';
import { writeSyncGroupRequest } from '../../protocol/generated/sync-group-request.ts';
import { readSyncGroupResponse } from '../../protocol/generated/sync-group-response.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { Heartbeat } from '../../test/support/admin-apis.ts';
import { WireClient } from '../../test/support/wire-client.ts';

const ConsumerGroupHeartbeat = {
  apiKey: ApiKey.ConsumerGroupHeartbeat,
  write: writeConsumerGroupHeartbeatRequest,
  read: readConsumerGroupHeartbeatResponse,
};
const JoinGroup = { apiKey: ApiKey.JoinGroup, write: writeJoinGroupRequest, read: readJoinGroupResponse };
const SyncGroup = { apiKey: ApiKey.SyncGroup, write: writeSyncGroupRequest, read: readSyncGroupResponse };

const SESSION_MS = 30_000;
const REBALANCE_MS = 60_000;
/** Between two heartbeats while members come together: often, as how soon a member asks is not what is measured. */
const HEARTBEAT_MS = 50;
const RETRY_MS = 20;

export interface Topic {
  readonly name: string;
  readonly id: string;
  readonly partitions: number;
}

export interface Member {
  readonly partitions: readonly number[];
  /** Which generation or epoch the partitions are of; -1 before the first. */
  readonly epoch: number;
  /** Partitions that it had to give up so far. */
  readonly revoked: number;
  /** Time between the end of one heartbeat and the next, in ms; a change holds from the next heartbeat on. */
  heartbeatMs: number;
  /** Leaves the group. */
  leave(): Promise<void>;
  /** Ends without a word. */
  stop(): void;
}

function expectNone(errorCode: number, api: string): void {
  if (errorCode !== ErrorCode.NONE) throw new Error(`${api}: error ${errorCode}`);
}

/** A member of the consumer protocol (KIP-848). */
export class ConsumerMember implements Member {
  partitions: readonly number[] = [];
  epoch = -1;
  revoked = 0;
  heartbeatMs = HEARTBEAT_MS;
  readonly #client: WireClient;
  readonly #groupId: string;
  readonly #memberId: string;
  readonly #topic: Topic;
  /** What the coordinator was told last. */
  #told: readonly number[] = [];
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(client: WireClient, groupId: string, memberId: string, topic: Topic) {
    this.#client = client;
    this.#groupId = groupId;
    this.#memberId = memberId;
    this.#topic = topic;
  }

  static async join(port: number, groupId: string, memberId: string, topic: Topic): Promise<ConsumerMember> {
    return ConsumerMember.joinOn(await WireClient.open(port), groupId, memberId, topic);
  }

  static async joinOn(client: WireClient, groupId: string, memberId: string, topic: Topic): Promise<ConsumerMember> {
    const member = new ConsumerMember(client, groupId, memberId, topic);
    await member.#join();
    member.#running = member.#keepUp();
    return member;
  }

  async #join(): Promise<void> {
    const { name } = this.#topic;
    const joining = {
      memberEpoch: 0,
      rebalanceTimeoutMs: REBALANCE_MS,
      subscribedTopicNames: [name],
      topicPartitions: [],
    };
    while ((await this.#beat(joining)) !== ErrorCode.NONE) await delay(RETRY_MS);
  }

  async #keepUp(): Promise<void> {
    while (!this.#isOver) {
      await delay(this.heartbeatMs);
      if (this.#isOver) return;
      expectNone(await this.#beat({ memberEpoch: this.epoch, ...this.#news() }), 'ConsumerGroupHeartbeat');
    }
  }

  /** What it owns, as Kafka's clients tell it: when it is not what they told before. */
  #news() {
    if (this.#told === this.partitions) return {};
    this.#told = this.partitions;
    return { topicPartitions: [{ topicId: this.#topic.id, partitions: [...this.partitions] }] };
  }

  async #beat(fields: Parameters<typeof writeConsumerGroupHeartbeatRequest>[1]): Promise<number> {
    const request = { groupId: this.#groupId, memberId: this.#memberId, ...fields };
    const answer = await this.#client.call(ConsumerGroupHeartbeat, 1, request);
    if (answer.errorCode !== ErrorCode.NONE) return answer.errorCode;
    if (answer.assignment !== null) {
      const next = new Set(answer.assignment.topicPartitions.flatMap(({ partitions }) => partitions));
      this.revoked += this.partitions.filter((partition) => !next.has(partition)).length;
      this.partitions = [...next];
    }
    this.epoch = answer.memberEpoch;
    return ErrorCode.NONE;
  }

  async leave(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    await this.#beat({ memberEpoch: -1 });
    this.#client.close();
  }

  stop(): void {
    this.#isOver = true;
    this.#client.close();
    this.#running.catch(() => undefined);
  }
}

/** A member of the classic protocol; the leader deals the partitions out in turn. */
export class ClassicMember implements Member {
  partitions: readonly number[] = [];
  epoch = -1;
  revoked = 0;
  heartbeatMs = HEARTBEAT_MS;
  readonly #client: WireClient;
  readonly #groupId: string;
  readonly #topic: Topic;
  #memberId = '';
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(client: WireClient, groupId: string, topic: Topic) {
    this.#client = client;
    this.#groupId = groupId;
    this.#topic = topic;
  }

  static async join(port: number, groupId: string, memberId: string, topic: Topic): Promise<ClassicMember> {
    return ClassicMember.joinOn(await WireClient.open(port), groupId, memberId, topic);
  }

  static joinOn(client: WireClient, groupId: string, _memberId: string, topic: Topic): Promise<ClassicMember> {
    const member = new ClassicMember(client, groupId, topic);
    member.#running = member.#keepUp();
    member.#running.catch(() => undefined);
    return Promise.resolve(member);
  }

  async #keepUp(): Promise<void> {
    while (!this.#isOver) {
      if (!(await this.#rejoin())) continue;
      while (!this.#isOver) {
        await delay(this.heartbeatMs);
        const request = { groupId: this.#groupId, generationId: this.epoch, memberId: this.#memberId };
        const { errorCode } = await this.#client.call(Heartbeat, 3, request);
        if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) break;
        expectNone(errorCode, 'Heartbeat');
      }
    }
  }

  async #rejoin(): Promise<boolean> {
    const joined = await this.#client.call(JoinGroup, 5, {
      groupId: this.#groupId,
      memberId: this.#memberId,
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      protocolType: 'consumer',
      protocols: [{ name: 'dealt', metadata: Buffer.alloc(0) }],
    });
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId;
      return false;
    }
    if (joined.errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS || joined.errorCode === ErrorCode.NOT_COORDINATOR) {
      await delay(RETRY_MS);
      return false;
    }
    expectNone(joined.errorCode, 'JoinGroup');
    const assignments = joined.leader === this.#memberId ? this.#deal(joined) : [];
    const { generationId } = joined;
    const request = { groupId: this.#groupId, generationId, memberId: this.#memberId, assignments };
    const synced = await this.#client.call(SyncGroup, 3, request);
    if (synced.errorCode === ErrorCode.REBALANCE_IN_PROGRESS) return false;
    expectNone(synced.errorCode, 'SyncGroup');
    this.#take(synced.assignment, generationId);
    return true;
  }

  #deal({ members }: JoinGroupResponse) {
    return members.map(({ memberId }, index) => {
      const partitions: number[] = [];
      for (let at = index; at < this.#topic.partitions; at += members.length) partitions.push(at);
      const writer = new Writer();
      writer.int16(0);
      const assignedPartitions = [{ topic: this.#topic.name, partitions }];
      writeConsumerProtocolAssignment(writer, { assignedPartitions, userData: null }, 0);
      return { memberId, assignment: writer.toBuffer() };
    });
  }

  #take(assignment: Buffer, generationId: number): void {
    const reader = new Reader(assignment);
    const version = reader.int16();
    const { assignedPartitions } = readConsumerProtocolAssignment(reader, version);
    const next = assignedPartitions.flatMap(({ partitions }) => partitions);
    this.revoked += this.partitions.filter((partition) => !next.includes(partition)).length;
    this.partitions = next;
    this.epoch = generationId;
  }

  leave(): Promise<void> {
    this.stop();
    return Promise.resolve();
  }

  stop(): void {
    this.#isOver = true;
    this.#client.close();
  }
}
