/** Consumer groups for tests: requests of members through the handlers, on the world of groups.ts. */
import assert from 'node:assert/strict';
import type { ConsumerGroupDescribeResponse } from '../../protocol/generated/consumer-group-describe-response.ts';
import type { ConsumerGroupHeartbeatRequest } from '../../protocol/generated/consumer-group-heartbeat-request.ts';
import type { ConsumerGroupHeartbeatResponse } from '../../protocol/generated/consumer-group-heartbeat-response.ts';
import type { Input } from '../../protocol/input.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { readConsumerGroupDescribeResponse } from '../../protocol/generated/consumer-group-describe-response.ts';
import { readConsumerGroupHeartbeatResponse } from '../../protocol/generated/consumer-group-heartbeat-response.ts';
import type { GroupRecord } from '../../src/coordinator/group/protocol.ts';
import { consumerGroupDescribeHandler } from '../../src/handlers/consumer-group-describe.ts';
import { consumerGroupHeartbeatHandler } from '../../src/handlers/consumer-group-heartbeat.ts';
import { GroupWorld, settle } from './groups.ts';
import { testConnection, testContext } from './test-services.ts';

/** Lets a new assignment be computed with every heartbeat, as KIP-848 has it. */
export const EAGER = { 'group.consumer.assignment.interval.ms': '0' };

export interface Beating extends Partial<ConsumerGroupHeartbeatRequest> {
  readonly apiVersion?: number;
  readonly clientId?: string;
  /** Shorthand for `topicPartitions`: partitions by topic name. */
  readonly owned?: Readonly<Record<string, readonly number[]>>;
}

/** An answer with the assignment by topic name; null: none was told. */
export interface Answer {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly assignment: Readonly<Record<string, readonly number[]>> | null;
}

/** What a joining member sends. */
export const JOIN: Beating = {
  memberEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: ['orders'],
  topicPartitions: [],
};

export class ConsumerWorld extends GroupWorld {
  static override async open(settings: Readonly<Record<string, string>> = {}): Promise<ConsumerWorld> {
    const { storage, services } = await GroupWorld.open(settings);
    return new ConsumerWorld(storage, services, settings);
  }

  override async restart(settings?: Readonly<Record<string, string>>): Promise<ConsumerWorld> {
    const { storage, services } = await super.restart(settings);
    return new ConsumerWorld(storage, services, settings ?? {});
  }

  /** A heartbeat as its handler answers it, once it is committed. */
  async beat(memberId: string, beating: Beating = {}): Promise<Answer> {
    const { apiVersion = 1, clientId = 'client', owned, ...fields } = beating;
    const context = { ...testContext(this.services, apiVersion, clientId), connection: testConnection() };
    const request: ConsumerGroupHeartbeatRequest = {
      groupId: 'group',
      memberId,
      memberEpoch: 0,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: owned === undefined ? null : this.#listed(owned),
      ...fields,
    };
    const response = await consumerGroupHeartbeatHandler.handle(context, request);
    return this.#read(response as Input<ConsumerGroupHeartbeatResponse>, apiVersion);
  }

  #listed(owned: Readonly<Record<string, readonly number[]>>): ConsumerGroupHeartbeatRequest['topicPartitions'] {
    return Object.entries(owned).map(([name, partitions]) => ({
      topicId: this.metadata.topic(name)?.id ?? '',
      partitions: [...partitions],
    }));
  }

  /** Through the codec, so that defaults are in it. */
  #read(response: Input<ConsumerGroupHeartbeatResponse>, apiVersion: number): Answer {
    const writer = new Writer();
    consumerGroupHeartbeatHandler.writeResponse(writer, response, apiVersion);
    const read = readConsumerGroupHeartbeatResponse(new Reader(writer.toBuffer()), apiVersion);
    const { errorCode, errorMessage, memberId, memberEpoch, heartbeatIntervalMs } = read;
    const told = read.assignment?.topicPartitions ?? null;
    const assignment =
      told === null ? null : Object.fromEntries(told.map((topic) => [this.#nameOf(topic.topicId), topic.partitions]));
    return { errorCode, errorMessage, memberId, memberEpoch, heartbeatIntervalMs, assignment };
  }

  #nameOf(topicId: string): string {
    return this.metadata.topicById(topicId)?.name ?? topicId;
  }

  /** Joins and gives the answer; fails the test if it was refused. */
  async joinConsumer(memberId: string, beating: Beating = {}): Promise<Answer> {
    const answer = await this.beat(memberId, { ...JOIN, ...beating });
    assert.equal(answer.errorCode, 0, answer.errorMessage ?? '');
    return answer;
  }

  async describe(groupId = 'group', apiVersion = 1): Promise<ConsumerGroupDescribeResponse['groups'][number]> {
    const context = { ...testContext(this.services, apiVersion, 'client'), connection: testConnection() };
    const request = { groupIds: [groupId], includeAuthorizedOperations: false };
    const response = (await consumerGroupDescribeHandler.handle(
      context,
      request,
    )) as Input<ConsumerGroupDescribeResponse>;
    const writer = new Writer();
    consumerGroupDescribeHandler.writeResponse(writer, response, apiVersion);
    const read = readConsumerGroupDescribeResponse(new Reader(writer.toBuffer()), apiVersion);
    return read.groups[0] as ConsumerGroupDescribeResponse['groups'][number];
  }

  async consumerState(groupId = 'group'): Promise<string> {
    return (await this.describe(groupId)).groupState;
  }

  /** What each member has, by member id and topic name. */
  async held(groupId = 'group'): Promise<Record<string, Record<string, readonly number[]>>> {
    const { members } = await this.describe(groupId);
    return Object.fromEntries(
      members.map(({ memberId, assignment }) => [
        memberId,
        Object.fromEntries(assignment.topicPartitions.map(({ topicName, partitions }) => [topicName, partitions])),
      ]),
    );
  }

  /** Lets the commits that are due happen, and timers of no delay run. */
  async turn(): Promise<void> {
    await settle();
    this.clock.advance(0);
    await settle();
  }

  /** Kinds of the group's records that its state consists of. */
  liveRecords(groupId = 'group'): Promise<readonly GroupRecord[]> {
    return this.coordinator.read(groupId, (env) => env.groups.get(groupId)?.liveRecords() ?? []);
  }
}
