/**
 * What groups cost: how long a start takes to load committed offsets, and what idle members take of the heap.
 * `node --expose-gc bench/micro/groups.ts [offsets] [members]`, default 1,000,000 and 10,000. Offsets lie in a hundred
 * groups, members in groups of a hundred, of the classic protocol and of the consumer protocol.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsumerGroupHeartbeatRequest } from '../../protocol/generated/consumer-group-heartbeat-request.ts';
import type { ConsumerGroupHeartbeatResponse } from '../../protocol/generated/consumer-group-heartbeat-response.ts';
import type { Input } from '../../protocol/input.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { Clock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { joinGroup } from '../../src/coordinator/group/classic/join.ts';
import { syncGroup } from '../../src/coordinator/group/classic/sync.ts';
import { GroupCoordinator } from '../../src/coordinator/group/coordinator.ts';
import { consumerGroupHeartbeat } from '../../src/coordinator/group/consumer/heartbeat.ts';
import { commitOffsets } from '../../src/coordinator/group/offsets/commit.ts';
import { CatalogMetadataStore } from '../../src/metadata/store.ts';
import { StreamPartitionManager } from '../../src/partition/manager.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { openEngine } from '../../src/storage/open-engine.ts';

const OFFSET_GROUPS = 100;
const PARTITIONS_PER_TOPIC = 100;
const MEMBERS_PER_GROUP = 100;
const NOTHING_NEW = {
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: -1,
  subscribedTopicNames: null,
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: null,
};
const CALLER = { clientId: 'client', clientHost: '/127.0.0.1', apiVersion: 9 };

const offsetCount = Number(process.argv[2] ?? 1_000_000);
const memberCount = Number(process.argv[3] ?? 10_000);

interface Broker {
  readonly groups: GroupCoordinator;
  readonly metadata: CatalogMetadataStore;
  close(): Promise<void>;
}

/** A broker's parts, with the coordinator not started. */
async function open(dataDir: string | null, catalog: MemoryCatalog, clock: Clock): Promise<Broker> {
  const config = createBrokerConfig(new Map([['group.initial.rebalance.delay.ms', '0']]));
  const random = seededRandom(1);
  const metadata = await CatalogMetadataStore.open({ catalog, config, random });
  await catalog.start();
  const engine = await openEngine({ dataDir, clusterId: metadata.clusterId });
  const partitions = new StreamPartitionManager({ metadata, engine, config, clock, logger: silentLogger });
  const groups = new GroupCoordinator({ config, metadata, partitions, clock, random, logger: silentLogger });
  return {
    groups,
    metadata,
    async close() {
      await groups.close();
      await partitions.close();
      await engine.close();
    },
  };
}

async function commitAll({ groups, metadata }: Broker): Promise<void> {
  const partitions = Array.from({ length: PARTITIONS_PER_TOPIC }, (_, partitionIndex) => {
    return {
      partitionIndex,
      committedOffset: 1_000_000 + partitionIndex,
      committedLeaderEpoch: 0,
      committedMetadata: '',
    };
  });
  const topicCount = Math.ceil(offsetCount / OFFSET_GROUPS / PARTITIONS_PER_TOPIC);
  for (let topic = 0; topic < topicCount; topic++) {
    const name = `a-topic-with-a-name-${topic}`;
    const { id } = await metadata.createTopic({
      name,
      partitionCount: PARTITIONS_PER_TOPIC,
      replicationFactor: -1,
      assignments: null,
      configs: new Map(),
    });
    const topics = [{ name, topicId: id, partitions }];
    const commits = Array.from({ length: OFFSET_GROUPS }, (_, group) => {
      const groupId = `a-group-with-a-name-${group}`;
      const member = { memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1, retentionTimeMs: -1 };
      return groups.write(groupId, (env) => commitOffsets(env, CALLER, { groupId, ...member, topics }));
    });
    await Promise.all(commits);
  }
}

async function measureStart(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'walka-groups-'));
  try {
    const catalog = new MemoryCatalog();
    const first = await open(dataDir, catalog, systemClock);
    first.groups.start();
    await first.groups.ensureReady('group');
    await commitAll(first);
    await first.close();
    const second = await open(dataDir, catalog, systemClock);
    heapBytes();
    const heapBefore = heapBytes();
    const startedMs = performance.now();
    const before = process.cpuUsage();
    second.groups.start();
    await second.groups.whenLoaded();
    const tookMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1000;
    const each = Math.round((heapBytes() - heapBefore) / offsetCount);
    const took = `${Math.round(tookMs)} ms, ${Math.round(cpuMs)} ms of CPU, ${each} bytes each`;
    console.log(`loading ${offsetCount} offsets: ${took}`);
    await second.close();
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Joins and syncs a group of the classic protocol. */
async function fill(groups: GroupCoordinator, groupId: string): Promise<void> {
  const metadata = Buffer.from('000000000001000a61746f7069636e616d65ffffffff', 'hex');
  const join = (memberId: string, apiVersion: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const request = {
        groupId,
        memberId,
        groupInstanceId: null,
        sessionTimeoutMs: 45_000,
        rebalanceTimeoutMs: 300_000,
        protocolType: 'consumer',
        protocols: [
          { name: 'range', metadata },
          { name: 'cooperative-sticky', metadata },
        ],
        reason: null,
      };
      groups
        .write(groupId, (env) =>
          joinGroup(env, { ...CALLER, apiVersion }, request, (response) => resolve(response.memberId ?? '')),
        )
        .catch(reject);
    });
  const memberIds = await Promise.all(Array.from({ length: MEMBERS_PER_GROUP }, () => join('', 9)));
  await Promise.all(memberIds.map((memberId) => join(memberId, 9)));
  const assignments = memberIds.map((memberId) => ({ memberId, assignment: Buffer.alloc(64) }));
  const syncs = memberIds.map((memberId, index) => {
    const request = {
      groupId,
      memberId,
      generationId: 1,
      groupInstanceId: null,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: index === 0 ? assignments : [],
    };
    return new Promise<void>((resolve, reject) => {
      groups.write(groupId, (env) => syncGroup(env, request, () => resolve())).catch(reject);
    });
  });
  await Promise.all(syncs);
}

/** Lets a group of the consumer protocol come to rest with a partition for each member. */
async function fillConsumers(groups: GroupCoordinator, clock: ManualClock, groupId: string): Promise<void> {
  const beat = (index: number, fields: Partial<ConsumerGroupHeartbeatRequest>): ReturnType<typeof heartbeat> =>
    heartbeat(groups, { ...NOTHING_NEW, groupId, memberId: `member-${index}-aaaaaaaaaaaaaaaaaaaa`, ...fields });
  const epochs: number[] = [];
  for (let index = 0; index < MEMBERS_PER_GROUP; index++) {
    const joined = {
      memberEpoch: 0,
      rebalanceTimeoutMs: 300_000,
      subscribedTopicNames: ['topic'],
      topicPartitions: [],
    };
    epochs.push((await beat(index, joined)).memberEpoch ?? 0);
  }
  clock.advance(1000);
  for (let round = 0; round < 2; round++) {
    for (const [index, memberEpoch] of epochs.entries()) {
      // The first owns all, until it is told to give up the others' parts and says that it has.
      const kept = round === 1 && index === 0 ? { topicPartitions: [] } : {};
      epochs[index] = (await beat(index, { memberEpoch, ...kept })).memberEpoch ?? memberEpoch;
    }
  }
}

function heartbeat(
  groups: GroupCoordinator,
  request: ConsumerGroupHeartbeatRequest,
): Promise<Input<ConsumerGroupHeartbeatResponse>> {
  return groups.write(request.groupId, (env) => consumerGroupHeartbeat(env, CALLER, request));
}

async function measureMembers(
  protocol: string,
  fillOne: (broker: Broker, clock: ManualClock, groupId: string) => Promise<void>,
): Promise<void> {
  const clock = new ManualClock();
  const broker = await open(null, new MemoryCatalog(), clock);
  broker.groups.start();
  await broker.groups.ensureReady('group');
  const topic = { name: 'topic', partitionCount: MEMBERS_PER_GROUP, replicationFactor: -1, assignments: null };
  await broker.metadata.createTopic({ ...topic, configs: new Map() });
  heapBytes();
  const before = heapBytes();
  const groupCount = Math.ceil(memberCount / MEMBERS_PER_GROUP);
  for (let group = 0; group < groupCount; group++) await fillOne(broker, clock, `group-${group}`);
  const bytes = heapBytes() - before;
  const each = Math.round(bytes / groupCount / MEMBERS_PER_GROUP);
  console.log(`${memberCount} idle ${protocol} members: ${(bytes / 1e6).toFixed(1)} MB, ${each} bytes each`);
  await broker.close();
}

await measureStart();
await measureMembers('classic', async ({ groups }, clock, groupId) => {
  // The first members are waited for.
  const advance = setInterval(() => clock.advance(1), 1);
  await fill(groups, groupId);
  clearInterval(advance);
});
await measureMembers('consumer', ({ groups }, clock, groupId) => fillConsumers(groups, clock, groupId));
