/** Classic groups for tests: a coordinator over the real partition layer and an engine in memory, on a manual clock. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Input } from '../../protocol/input.ts';
import type { JoinGroupRequest } from '../../protocol/generated/join-group-request.ts';
import type { JoinGroupResponse } from '../../protocol/generated/join-group-response.ts';
import type { OffsetCommitResponse } from '../../protocol/generated/offset-commit-response.ts';
import type { SyncGroupResponse } from '../../protocol/generated/sync-group-response.ts';
import { writeConsumerProtocolSubscription } from '../../protocol/generated/consumer-protocol-subscription.ts';
import type { TransactionOutcome } from '../../protocol/records/markers.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { startServices } from '../../src/broker/services.ts';
import { CONSUMER_OFFSETS_TOPIC } from '../../src/coordinator/group/coordinator.ts';
import type { GroupCoordinator } from '../../src/coordinator/group/coordinator.ts';
import type { NewCommit } from '../../src/coordinator/group/offsets/commit.ts';
import type { NewOffsets } from '../../src/coordinator/group/offsets/new-offsets.ts';
import { commitOffsetsInTransaction } from '../../src/coordinator/group/offsets/txn-commit.ts';
import type { TxnOffsetCommit } from '../../src/coordinator/group/offsets/txn-commit.ts';
import type { TransactionalProducer } from '../../src/coordinator/types.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import type { MetadataStore } from '../../src/metadata/types.ts';
import type { PartitionManager } from '../../src/partition/types.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { GroupApis } from './group-apis.ts';
import { MemoryEngine } from './memory-engine.ts';
import { openTestServices } from './test-services.ts';

export const SESSION_MS = 10_000;
export const REBALANCE_MS = 60_000;
/** The version of every API that a test does not set itself. */
export const NEWEST = { join: 9, commit: 10 } as const;

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await setImmediate();
}

/** Where a promise stands, without waiting for it. */
export class Watched<T> {
  readonly promise: Promise<T>;
  #value: T | undefined;
  #isDone = false;

  constructor(promise: Promise<T>) {
    this.promise = promise;
    promise.then(
      (value) => {
        this.#value = value;
        this.#isDone = true;
      },
      () => {},
    );
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** What it resolved to; fails the test if it has not. */
  get value(): T {
    assert.ok(this.#isDone, 'an answer is missing');
    return this.#value as T;
  }
}

/** A subscription as Java's consumer writes it. */
export function subscription(topics: readonly string[], version = 1): Buffer {
  const writer = new Writer();
  writer.int16(version);
  writeConsumerProtocolSubscription(writer, { topics: [...topics] }, version);
  return writer.toBuffer();
}

export interface Joining extends Partial<JoinGroupRequest> {
  readonly apiVersion?: number;
  readonly clientId?: string;
  readonly topics?: readonly string[];
}

/** What lives through a restart: the catalog, the journal and time. */
export interface Storage {
  readonly catalog: MemoryCatalog;
  readonly engine: MemoryEngine;
  readonly clock: ManualClock;
}

export class GroupWorld {
  readonly storage: Storage;
  readonly services: BrokerServices;
  readonly apis: GroupApis;
  readonly #settings: Readonly<Record<string, string>>;
  static #seed = 1;

  constructor(storage: Storage, services: BrokerServices, settings: Readonly<Record<string, string>>) {
    this.storage = storage;
    this.services = services;
    this.apis = new GroupApis(services);
    this.#settings = settings;
  }

  /** A broker with one topic `orders` of four partitions; __consumer_offsets has four, too. */
  static async open(settings: Readonly<Record<string, string>> = {}): Promise<GroupWorld> {
    const storage = { catalog: new MemoryCatalog(), engine: new MemoryEngine(), clock: new ManualClock() };
    const world = await GroupWorld.start(storage, settings);
    await world.createTopic('orders');
    await world.coordinator.ensureReady('group');
    return world;
  }

  /** Starts a broker on what is there; it loads in the background. */
  static async start(storage: Storage, settings: Readonly<Record<string, string>> = {}): Promise<GroupWorld> {
    const values = { 'offsets.topic.num.partitions': '4', ...settings };
    const random = seededRandom(GroupWorld.#seed++);
    const { services } = await openTestServices({ ...storage, settings: values, random });
    startServices(services);
    return new GroupWorld(storage, services, settings);
  }

  get metadata(): MetadataStore {
    return this.services.metadata;
  }

  get partitions(): PartitionManager {
    return this.services.partitions;
  }

  get coordinator(): GroupCoordinator {
    return this.services.groups;
  }

  get clock(): ManualClock {
    return this.storage.clock;
  }

  get engine(): MemoryEngine {
    return this.storage.engine;
  }

  /** Stops the broker without a word and starts another on its storage. */
  async restart(settings: Readonly<Record<string, string>> = this.#settings): Promise<GroupWorld> {
    await this.coordinator.close();
    await this.services.transactions.close();
    await this.services.shareStates.close();
    const world = await GroupWorld.start(this.storage, settings);
    await world.coordinator.whenLoaded();
    return world;
  }

  async createTopic(name: string): Promise<void> {
    const topic = { name, partitionCount: 4, replicationFactor: 1, assignments: null, configs: new Map() };
    await this.metadata.createTopic(topic);
  }

  /** Moves time and lets what follows from it happen. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }

  join(options: Joining = {}): Watched<Input<JoinGroupResponse>> {
    const { apiVersion = NEWEST.join, clientId = 'client', topics = ['orders'], ...request } = options;
    const caller = { clientId, clientHost: '/127.0.0.1', apiVersion };
    return new Watched(
      this.apis.joinGroup(caller, {
        groupId: 'group',
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: REBALANCE_MS,
        memberId: '',
        groupInstanceId: null,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: subscription(topics) }],
        reason: null,
        ...request,
      }),
    );
  }

  /** Joins a dynamic member the way clients do, with the id it is given first. */
  async joinTwice(options: Joining = {}): Promise<{ memberId: string; joined: Watched<Input<JoinGroupResponse>> }> {
    const first = this.join(options);
    await settle();
    const memberId = first.value.memberId ?? '';
    return { memberId, joined: this.join({ ...options, memberId }) };
  }

  sync(
    memberId: string,
    generationId: number,
    assignments: Readonly<Record<string, string>> = {},
    options: { readonly groupId?: string; readonly groupInstanceId?: string | null } = {},
  ): Watched<Input<SyncGroupResponse>> {
    return new Watched(
      this.apis.syncGroup({
        groupId: options.groupId ?? 'group',
        generationId,
        memberId,
        groupInstanceId: options.groupInstanceId ?? null,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) })),
      }),
    );
  }

  heartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null): number {
    return this.apis.heartbeat({ groupId: 'group', generationId, memberId, groupInstanceId });
  }

  /** A group with one member, stable; gives its id and generation. */
  async stable(options: Joining = {}): Promise<{ memberId: string; generationId: number }> {
    const { memberId, joined } = await this.joinTwice(options);
    await this.pass(3000);
    const generationId = joined.value.generationId ?? -1;
    const synced = this.sync(memberId, generationId, { [memberId]: `of ${memberId}` }, options);
    await settle();
    assert.equal(synced.value.errorCode, 0);
    return { memberId, generationId };
  }

  commit(
    offsets: Readonly<Record<number, number>>,
    options: Partial<NewCommit> & { readonly apiVersion?: number; readonly topic?: string } = {},
  ): Promise<Input<OffsetCommitResponse>> {
    const { apiVersion = NEWEST.commit, topic = 'orders', ...request } = options;
    return this.apis.offsetCommit(
      { clientId: 'client', clientHost: '/127.0.0.1', apiVersion },
      {
        groupId: 'group',
        generationIdOrMemberEpoch: -1,
        memberId: '',
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: [this.#offsetsOf(topic, offsets)],
        ...request,
      },
    );
  }

  /** Commits inside the producer's transaction, whose partition nobody is asked about. */
  async commitInTransaction(
    producer: TransactionalProducer,
    offsets: Readonly<Record<number, number>>,
    options: Partial<TxnOffsetCommit> & { readonly topic?: string; readonly apiVersion?: number } = {},
  ): Promise<void> {
    const { topic = 'orders', apiVersion = 6, ...request } = options;
    const groupId = request.groupId ?? 'group';
    const commit = {
      ...producer,
      transactionalId: 'id',
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [this.#offsetsOf(topic, offsets)],
      ...request,
    };
    await this.coordinator.writeInTransaction(groupId, producer, null, (env) => {
      return commitOffsetsInTransaction(env, { clientId: 'client', clientHost: '/127.0.0.1', apiVersion }, commit);
    });
  }

  /** Ends the producer's transaction in every partition of __consumer_offsets that may be part of it. */
  async endTransaction(producer: TransactionalProducer, outcome: TransactionOutcome): Promise<void> {
    const marker = { ...producer, outcome, coordinatorEpoch: 0, transactionVersion: 1 };
    const count = this.metadata.topic(CONSUMER_OFFSETS_TOPIC)?.partitions.length ?? 0;
    for (let index = 0; index < count; index++) await this.coordinator.endTransaction(index, marker);
  }

  #offsetsOf(topic: string, offsets: Readonly<Record<number, number>>): NewOffsets {
    return {
      name: topic,
      topicId: this.metadata.topic(topic)?.id ?? ZERO_UUID,
      partitions: Object.entries(offsets).map(([partition, committedOffset]) => ({
        partitionIndex: Number(partition),
        committedOffset,
        committedLeaderEpoch: 1,
        committedMetadata: `at ${committedOffset}`,
      })),
    };
  }

  /** Committed offsets of a topic by partition, of everything the group has. */
  async committed(groupId = 'group', topic = 'orders'): Promise<Record<number, number>> {
    const response = await this.apis.offsetFetch({ groupId, memberId: null, memberEpoch: -1, topics: null });
    const found = response.topics?.find(({ name }) => name === topic)?.partitions ?? [];
    return Object.fromEntries(found.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]));
  }

  async state(groupId = 'group'): Promise<string> {
    return (await this.apis.describeGroup(groupId)).groupState ?? '';
  }

  /** Ids of the group's members. */
  async members(groupId = 'group'): Promise<string[]> {
    const { members = [] } = await this.apis.describeGroup(groupId);
    return members.map(({ memberId }) => memberId ?? '');
  }

  leave(...members: readonly { readonly memberId?: string; readonly groupInstanceId?: string }[]): Promise<number[]> {
    const identities = members.map(({ memberId = '', groupInstanceId = null }) => ({
      memberId,
      groupInstanceId,
      reason: null,
    }));
    return this.apis
      .leaveGroup({ groupId: 'group', memberId: '', members: identities })
      .then((response) => (response.members ?? []).map(({ errorCode }) => errorCode ?? 0));
  }
}
