/** What the requests of the authorization matrix are about: the same on both brokers. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { ApiName } from '../../../../protocol/apis.ts';
import type { ApiClient, Body } from '../api-client.ts';
import { records } from '../session.ts';
import { OPEN_TOPIC, PREFIX } from './rights.ts';

export const TOPIC = `${PREFIX}topic`;
/** Is written to, and never read. */
export const SINK = `${PREFIX}sink`;
export const ABSENT = `${PREFIX}absent`;
export const GROUP = `${PREFIX}group`;
export const CONSUMERS = `${PREFIX}consumers`;
export const SHARERS = `${PREFIX}sharers`;
/** A share group of which nobody has a partition. */
export const HOPERS = `${PREFIX}hopers`;
export const STREAMS = `${PREFIX}streams`;
export const TRANSACTION = `${PREFIX}transaction`;
/** Of a delegation token. */
export const OWNER = `${PREFIX}owner`;
const GROUPS: ReadonlySet<string> = new Set([GROUP, CONSUMERS, SHARERS, HOPERS, STREAMS]);
const TOPICS: ReadonlySet<string> = new Set([TOPIC, SINK, OPEN_TOPIC]);

/** Never given to a topic. */
export const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const PATIENCE_MS = 60_000;
/** Loading, not there yet, not this broker. */
const UNSTABLE = new Set([7, 14, 15, 16]);

export interface World {
  readonly ids: Readonly<Record<string, string>>;
  /** Of the transaction that is open. */
  readonly producerId: bigint;
}

/** Members that stay without heartbeats for as long as the matrix takes. */
export const PATIENT_SETTINGS = Object.fromEntries([
  ['group.streams.initial.rebalance.delay.ms', '0'],
  ...['consumer', 'share', 'streams'].flatMap((kind) => [
    [`group.${kind}.max.session.timeout.ms`, '3600000'],
    [`group.${kind}.session.timeout.ms`, '3600000'],
    [`group.${kind}.assignment.interval.ms`, '0'],
  ]),
]);

/** Asks until the answer is none of those of a coordinator that is about to come. */
export async function asked(admin: ApiClient, api: ApiName, version: number, body: Body): Promise<any> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    assert(performance.now() < deadline, `${api} is not served yet`);
    const answer: any = await admin.call(api, version, body);
    if (typeof answer === 'string') throw new Error(`${api}: ${answer}`);
    const [first] = answer.topics ?? answer.coordinators ?? answer.groups ?? [answer];
    const code: number = first.partitions?.[0]?.errorCode ?? first.errorCode;
    if (UNSTABLE.has(code)) continue;
    assert.equal(code, 0, `${api}: ${inspect(answer)}`);
    return answer;
  }
}

/** Topics with a partition each. */
export async function createTopics(admin: ApiClient, names: readonly string[]): Promise<void> {
  const topics = names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }));
  await asked(admin, 'CreateTopics', 7, { topics, timeoutMs: 30_000 });
  const offsets = names.map((name) => ({ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }));
  for (;;) {
    const answer: any = await admin.call('ListOffsets', 6, { replicaId: -1, topics: offsets });
    if (answer.topics.every((topic: any) => topic.partitions[0].errorCode === 0)) return;
  }
}

/** Groups with an offset and no members. */
export async function createGroups(admin: ApiClient, groupIds: readonly string[]): Promise<void> {
  for (const groupId of groupIds) {
    const topics = [{ name: TOPIC, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }];
    const member = { generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null };
    await asked(admin, 'OffsetCommit', 8, { groupId, ...member, topics });
  }
}

/** Kafka makes its internal topics when somebody looks for a coordinator. */
async function awaitCoordinators(admin: ApiClient): Promise<void> {
  await asked(admin, 'FindCoordinator', 4, { keyType: 0, coordinatorKeys: [GROUP] });
  await asked(admin, 'FindCoordinator', 4, { keyType: 1, coordinatorKeys: [TRANSACTION] });
}

async function joinGroups(admin: ApiClient): Promise<void> {
  const joining = { memberId: 'member', memberEpoch: 0, rackId: null, subscribedTopicNames: [TOPIC] };
  await beatUntilAssigned(admin, 'ShareGroupHeartbeat', 1, { groupId: SHARERS, ...joining });
  await asked(admin, 'ShareGroupHeartbeat', 1, { groupId: HOPERS, ...joining, subscribedTopicNames: [ABSENT] });
  const consumer = { groupId: CONSUMERS, ...joining, rebalanceTimeoutMs: 60_000, topicPartitions: [] };
  await beatUntilAssigned(admin, 'ConsumerGroupHeartbeat', 1, consumer);
  await beatUntilAssigned(admin, 'StreamsGroupHeartbeat', 0, streamsHeartbeat(STREAMS, 'member', TOPIC));
}

/** Joins, and beats as often as it takes until the member has its partition. */
async function beatUntilAssigned(admin: ApiClient, api: ApiName, version: number, joining: Body): Promise<void> {
  let body = joining;
  for (;;) {
    const answer = await asked(admin, api, version, body);
    const assigned = answer.activeTasks ?? answer.assignment?.topicPartitions ?? [];
    if (assigned.length > 0) return;
    // Whoever joins again with what it has keeps its place.
    const held = { topology: null, activeTasks: null, standbyTasks: null, warmupTasks: null };
    const kept = api === 'StreamsGroupHeartbeat' ? held : { subscribedTopicNames: null, topicPartitions: null };
    const { groupId, memberId } = joining;
    const rest = api === 'ShareGroupHeartbeat' ? { subscribedTopicNames: null } : kept;
    body = { groupId, memberId, memberEpoch: answer.memberEpoch, ...rest };
  }
}

/** What joins a streams group that reads a topic. */
export function streamsHeartbeat(groupId: string, memberId: string, source: string, internal?: string): Body {
  const subtopology = {
    subtopologyId: 'all',
    sourceTopics: [source],
    stateChangelogTopics: internal === undefined ? [] : [{ name: internal, partitions: 0, replicationFactor: 1 }],
  };
  const tasks = { activeTasks: [], standbyTasks: [], warmupTasks: [] };
  const topology = { epoch: 1, subtopologies: [subtopology] };
  return { groupId, memberId, memberEpoch: 0, rebalanceTimeoutMs: 60_000, processId: 'process', topology, ...tasks };
}

async function createToken(admin: ApiClient): Promise<void> {
  const owner = { ownerPrincipalType: 'User', ownerPrincipalName: OWNER };
  await asked(admin, 'CreateDelegationToken', 3, { ...owner, renewers: [], maxLifetimeMs: -1 });
}

async function openTransaction(admin: ApiClient): Promise<bigint> {
  const init = { transactionalId: TRANSACTION, transactionTimeoutMs: 900_000, producerId: -1n, producerEpoch: -1 };
  const { producerId, producerEpoch }: any = await asked(admin, 'InitProducerId', 4, init);
  await asked(admin, 'AddPartitionsToTxn', 3, {
    v3AndBelowTransactionalId: TRANSACTION,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [TOPIC, OPEN_TOPIC].map((name) => ({ name, partitions: [0] })),
  });
  return producerId;
}

export async function createWorld(admin: ApiClient): Promise<World> {
  await createTopics(admin, [...TOPICS]);
  const data = [{ index: 0, records: records(3) }];
  const topicData = [TOPIC, OPEN_TOPIC].map((name) => ({ name, partitionData: data }));
  await admin.call('Produce', 9, { acks: -1, timeoutMs: 30_000, topicData });
  await awaitCoordinators(admin);
  await createGroups(admin, [GROUP]);
  await joinGroups(admin);
  await createToken(admin);
  const producerId = await openTransaction(admin);
  const metadata: any = await admin.call('Metadata', 12, { topics: [...TOPICS].map((name) => ({ name })) });
  const ids = Object.fromEntries(metadata.topics.map(({ name, topicId }: any) => [name, topicId]));
  return { ids: { ...ids, [ABSENT]: UNKNOWN_ID }, producerId };
}

/** States that a group passes through by itself. */
const MOVING: ReadonlySet<string> = new Set(['Assigning', 'Reconciling', 'Stable', 'NotReady']);

/** An answer in words that are the same whatever ids and names a request of its own had. */
export function inWords(value: any, { ids }: World, own: string): any {
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  const nameless = (text: string): string =>
    [...names].reduce((told, [id, name]) => told.replaceAll(id, `id of ${name}`), text.replaceAll(own, 'own'));
  const walk = (item: any): any => {
    if (Array.isArray(item)) return item.map(walk);
    if (typeof item === 'string') return MOVING.has(item) ? 'a state' : nameless(item);
    if (item === null || typeof item !== 'object' || ArrayBuffer.isView(item)) return item;
    const { topicId, ...rest } = item;
    const known = names.get(topicId);
    const told = known === undefined ? item : { ...rest, topic: `id of ${known}` };
    return Object.fromEntries(Object.entries(told).map(([name, inner]) => [name, walk(inner)]));
  };
  return walk(value);
}

/** An answer without the topics and groups that other requests of the matrix make. */
export function withoutOthers(answer: any): any {
  if (typeof answer !== 'object' || answer === null) return answer;
  const known = { topics: TOPICS, groups: GROUPS } as const;
  const kept = Object.entries(known).flatMap(([list, names]) => {
    const own = answer[list];
    if (!Array.isArray(own)) return [];
    return [[list, own.filter((item) => names.has(item.name ?? item.groupId))]];
  });
  return { ...answer, ...Object.fromEntries(kept) };
}
