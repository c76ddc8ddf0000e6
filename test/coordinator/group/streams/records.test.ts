/** What a streams group leaves in the log: which records, in which order, and what they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchPositions, decodeRecordsSync } from '../../../../protocol/records/iterate.ts';
import { groupRecordCodec } from '../../../../src/coordinator/group/protocols.ts';
import { replayed } from '../../../../src/coordinator/types.ts';
import { GroupWorld } from '../../../support/groups.ts';
import { JOIN, beat, describeStreams, internalTopic, subtopology, tasks } from '../../../support/streams-groups.ts';

/** Types of the records of each batch of __consumer_offsets, negative for tombstones. */
function batches(world: GroupWorld): number[][] {
  const stream = world.metadata.topic('__consumer_offsets')?.partitions.at(0)?.stream ?? -1;
  return (world.engine.streams.get(stream)?.batches ?? []).map(({ bytes }) =>
    [...batchPositions(bytes)].flatMap((at) =>
      decodeRecordsSync(bytes, at).map(({ key, value }) => (key?.readInt16BE(0) ?? 0) * (value === null ? -1 : 1)),
    ),
  );
}

type Value = Readonly<Record<string, unknown>> | null | undefined;

/** What the records of the last batch say. */
function lastValues(world: GroupWorld): Value[] {
  const stream = world.metadata.topic('__consumer_offsets')?.partitions.at(0)?.stream ?? -1;
  const bytes = world.engine.streams.get(stream)?.batches.at(-1)?.bytes ?? Buffer.alloc(0);
  return [...batchPositions(bytes)].flatMap((at) =>
    decodeRecordsSync(bytes, at).map(
      ({ key, value }) => groupRecordCodec.decode(key ?? Buffer.alloc(0), value)?.value as Value,
    ),
  );
}

async function open(): Promise<GroupWorld> {
  return GroupWorld.open({ 'offsets.topic.num.partitions': '1' });
}

test('a join, an assignment, leaves and a deletion write the records that Kafka writes', async () => {
  const world = await open();
  await beat(world.services, 'a', { ...JOIN, instanceId: 'i' });
  assert.deepEqual(batches(world).splice(0), [[19, 23, 17, 22]]);
  await world.pass(3000);
  await beat(world.services, 'a', { memberEpoch: 1, instanceId: 'i' });
  assert.deepEqual(batches(world).splice(1), [[21, 20], [22]]);
  await beat(world.services, 'a', { memberEpoch: -2, instanceId: 'i' });
  await beat(world.services, 'b', { ...JOIN, instanceId: 'i' });
  assert.deepEqual(batches(world).splice(3), [[22], [-22, -21, -19, 19, 21, 22, 22]]);
  await beat(world.services, 'b', { memberEpoch: -1, instanceId: 'i' });
  assert.deepEqual(batches(world).splice(5), [[-22, -21, -19, 17, 20]]);
  await world.apis.deleteGroup('group');
  assert.deepEqual(batches(world).splice(6), [[-20, -17, -23]]);
});

test('what the records say is what was sent', async () => {
  const world = await open();
  const changelog = internalTopic('c', { 'retention.ms': '7' });
  const parts = subtopology('s_0', { sourceTopics: ['orders'], stateChangelogTopics: [changelog] });
  const join = { ...JOIN, topology: { epoch: 4, subtopologies: [parts] } };
  const userEndpoint = { host: 'here', port: 65_535 };
  const clientTags = [
    { key: 'zone', value: 'z' },
    { key: 'rack', value: 'x' },
  ];
  await beat(world.services, 'a', { ...join, instanceId: 'i', rackId: 'r', processId: 'p', userEndpoint, clientTags });
  const [member, stored, group, assignment] = lastValues(world);
  assert.deepEqual(member, {
    instanceId: 'i',
    rackId: 'r',
    clientId: '',
    clientHost: '/10.0.0.7',
    rebalanceTimeoutMs: 60_000,
    topologyEpoch: 4,
    processId: 'p',
    userEndpoint,
    clientTags: new Map(clientTags.toReversed().map(({ key, value }) => [key, value])),
  });
  assert.deepEqual(stored?.['subtopologies'], new Map([['s_0', parts]]));
  assert.notEqual(group?.['metadataHash'], 0n);
  assert.deepEqual(group, {
    epoch: 2,
    metadataHash: group?.['metadataHash'],
    validatedTopologyEpoch: -1,
    assignmentConfigs: new Map([['num.standby.replicas', '0']]),
  });
  const nothing = { active: new Map(), standby: new Set(), warmup: new Set() };
  const stable = { memberEpoch: 1, previousMemberEpoch: 0, state: 1, assigned: nothing, pendingRevocation: nothing };
  assert.deepEqual(assignment, stable);

  await world.pass(3000);
  await beat(world.services, 'a', { memberEpoch: 1, instanceId: 'i' });
  const held = new Map([0, 1, 2, 3].map((partition) => [`s_0_${partition}`, 2]));
  const assigned = { ...nothing, active: held };
  assert.deepEqual(lastValues(world).at(-1), { ...stable, memberEpoch: 2, previousMemberEpoch: 1, assigned });

  await world.pass(1000);
  await beat(world.services, 'b', { ...join, processId: 'q' });
  const owned = { activeTasks: tasks('s_0', 0, 1, 2, 3), standbyTasks: [], warmupTasks: [] };
  await beat(world.services, 'a', { memberEpoch: 2, instanceId: 'i', ...owned });
  const revoking = lastValues(world).at(-1);
  assert.equal(revoking?.['state'], 2);
  const given = new Map([2, 3].map((partition) => [`s_0_${partition}`, 2]));
  assert.deepEqual(revoking?.['pendingRevocation'], { ...nothing, active: given });
});

test('a group is the same after its log was written anew', async () => {
  const world = await open();
  const changelog = internalTopic('c', { 'retention.ms': '7' });
  const parts = subtopology('0', { sourceTopics: ['orders'], stateChangelogTopics: [changelog] });
  const join = { ...JOIN, topology: { epoch: 4, subtopologies: [parts] } };
  const owned = { activeTasks: tasks('0', 0, 1, 2, 3), standbyTasks: [], warmupTasks: [] };
  await beat(world.services, 'a', { ...join, processId: 'p', instanceId: 'i' });
  await world.pass(3000);
  await beat(world.services, 'a', { memberEpoch: 1, instanceId: 'i' });
  await world.pass(1000);
  await beat(world.services, 'b', { ...join, processId: 'q' });
  // What it is to give up it has not given up yet.
  await beat(world.services, 'a', { memberEpoch: 2, instanceId: 'i', ...owned });
  const before = await describeStreams(world.services);
  assert.equal(before.groupState, 'Reconciling');
  await world.coordinator.write('group', (env) => {
    const live = [...env.groups.values()].flatMap((group) => [...group.liveRecords()]);
    return replayed(live, undefined);
  });
  const stream = world.metadata.topic('__consumer_offsets')?.partitions.at(0)?.stream ?? -1;
  const { batches: all = [] } = world.engine.streams.get(stream) ?? {};
  await world.engine.trim(stream, all.at(-1)?.baseOffset ?? 0);
  assert.equal(batches(world).length, 1);
  const next = await world.restart();
  assert.deepEqual(await describeStreams(next.services), before);
  const asked = await beat(next.services, 'a', { memberEpoch: 2, instanceId: 'i', ...owned });
  assert.deepEqual([asked.errorCode, asked.memberEpoch, asked.activeTasks], [0, 2, null]);
});
