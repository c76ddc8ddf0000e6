/** Kafka's command-line tools for groups of every type, transactions and features, and its share consumer. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BrokerProcess, conformanceTarget } from '../support/broker-process.ts';
import { missing } from './client-suite.ts';
import { STREAMS, STREAMS_NEEDS, JavaProgram, succeed, tool, TOOLS, TOOLS_NEEDS } from './java-program.ts';
import { eventually, range } from './node/scenario-runner.ts';
import { createTopics, writeValues } from './prepared-topics.ts';

const GROUPS = 'org.apache.kafka.tools.GroupsCommand';
const CONSUMER_GROUPS = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
const SHARE_GROUPS = 'org.apache.kafka.tools.consumer.group.ShareGroupCommand';
const STREAMS_GROUPS = 'org.apache.kafka.tools.streams.StreamsGroupCommand';
const TRANSACTIONS = 'org.apache.kafka.tools.TransactionsCommand';
const FEATURES = 'org.apache.kafka.tools.FeatureCommand';
const CONFIGS = 'kafka.admin.ConfigCommand';
const VERIFIABLE_CONSUMER = 'org.apache.kafka.tools.VerifiableConsumer';
const VERIFIABLE_SHARE_CONSUMER = 'org.apache.kafka.tools.VerifiableShareConsumer';
const COPIER = 'org.apache.kafka.tools.TransactionalMessageCopier';

const RECORDS = 300;
const LIMIT_MS = 180_000;

/** What the tool prints of a live group is what it should be, once its members have said what they have. */
async function soon(name: string, args: readonly string[], pattern: RegExp): Promise<void> {
  let output = '';
  const isThere = async () => pattern.test((output = await succeed(name, args))) || undefined;
  await eventually(String(pattern), isThere, LIMIT_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${output}`);
  });
}

type Step = (to: readonly string[], broker: BrokerProcess) => Promise<void>;

async function prepare({ port }: BrokerProcess): Promise<void> {
  await createTopics(port, 2, 'numbers', 'copies', 'totals');
  for (const partition of [0, 1]) {
    const numbers = range(RECORDS / 2).map((index) => String(index * 2 + partition));
    await writeValues(port, 'numbers', partition, numbers);
  }
}

const features: Step = async (to) => {
  const described = await succeed(FEATURES, [...to, 'describe']);
  for (const [name, level] of [
    ['group.version', 1],
    ['share.version', 2],
    ['streams.version', 1],
    ['transaction.version', 2],
  ] as const) {
    assert.match(described, new RegExp(`Feature: ${name}\\s.*FinalizedVersionLevel: ${level}\\s`));
  }
  assert.match(await succeed(FEATURES, [...to, 'downgrade', '--feature', 'transaction.version=1']), /downgraded/i);
  assert.match(await succeed(FEATURES, [...to, 'describe']), /transaction\.version\s.*FinalizedVersionLevel: 1\s/);
  assert.match(await succeed(FEATURES, [...to, 'upgrade', '--feature', 'transaction.version=2']), /upgraded/i);
};

const consumerGroup: Step = async (to) => {
  const consumer = ['--topic', 'numbers', '--group-id', 'modern', '--group-protocol', 'consumer'];
  const until = ['--max-messages', String(RECORDS), '--reset-policy', 'earliest', '--verbose'];
  const consumed = await succeed(VERIFIABLE_CONSUMER, [...to, ...consumer, ...until]);
  assert.equal(consumed.match(/"name":"record_data"/g)?.length, RECORDS);
  assert.match(await succeed(GROUPS, [...to, '--list']), /modern\s+Consumer\s+consumer/);
  const group = ['--group', 'modern'];
  assert.match(await succeed(CONSUMER_GROUPS, [...to, '--describe', ...group, '--state']), /modern\s.*Empty\s+0/);
  assert.match(await succeed(CONSUMER_GROUPS, [...to, '--describe', ...group]), /modern\s+numbers\s+0\s+\d+\s+150/);
  const reset = ['--reset-offsets', ...group, '--topic', 'numbers:0', '--to-offset', '10', '--execute'];
  await succeed(CONSUMER_GROUPS, [...to, ...reset]);
  assert.match(
    await succeed(CONSUMER_GROUPS, [...to, '--describe', ...group]),
    /modern\s+numbers\s+0\s+10\s+150\s+140/,
  );
  assert.match(await succeed(CONSUMER_GROUPS, [...to, '--delete', ...group]), /was successful/);
};

const liveConsumerGroup: Step = async (to) => {
  const args = ['--topic', 'numbers', '--group-id', 'live', '--group-protocol', 'consumer'];
  await using member = new JavaProgram(TOOLS, VERIFIABLE_CONSUMER, [...to, ...args]);
  await member.printed(/partitions_assigned/);
  const group = ['--describe', '--group', 'live'];
  await soon(CONSUMER_GROUPS, [...to, ...group, '--state'], /live\s.*uniform\s+Stable\s+1/);
  await soon(CONSUMER_GROUPS, [...to, ...group, '--members', '--verbose'], /numbers:0,1/);
  const refused = await tool(CONSUMER_GROUPS, [...to, '--delete', '--group', 'live']);
  assert.match(refused.output, /not empty/i);
};

const shareGroup: Step = async (to) => {
  const args = ['--topic', 'numbers', '--group-id', 'shared', '--max-messages', String(RECORDS), '--verbose'];
  const modes = ['--acknowledgement-mode', 'sync', '--offset-reset-strategy', 'earliest'];
  const consumed = await succeed(VERIFIABLE_SHARE_CONSUMER, [...to, ...args, ...modes]);
  assert.equal(consumed.match(/"name":"record_data"/g)?.length, RECORDS);
  assert.match(await succeed(GROUPS, [...to, '--list', '--group-type', 'share']), /shared\s+Share\s+share/);
  assert.match(await succeed(SHARE_GROUPS, [...to, '--list']), /^shared\s*$/m);
  const group = ['--group', 'shared'];
  assert.match(await succeed(SHARE_GROUPS, [...to, '--describe', ...group]), /shared\s+numbers\s+0\s+\d+\s+0\s/);
  assert.match(await succeed(SHARE_GROUPS, [...to, '--describe', ...group, '--state']), /shared\s.*Empty\s+0/);
  const reset = ['--reset-offsets', ...group, '--topic', 'numbers', '--to-earliest', '--execute'];
  await succeed(SHARE_GROUPS, [...to, ...reset]);
  assert.match(await succeed(SHARE_GROUPS, [...to, '--describe', ...group]), /shared\s+numbers\s+0\s+0/);
  assert.match(await succeed(SHARE_GROUPS, [...to, '--delete-offsets', ...group, '--topic', 'numbers']), /Successful/);
  assert.match(await succeed(SHARE_GROUPS, [...to, '--delete', ...group]), /was successful/);
};

const twoShareConsumers: Step = async (to) => {
  const alter = ['--alter', '--entity-type', 'groups', '--entity-name', 'pair', '--add-config'];
  await succeed(CONFIGS, [...to, ...alter, 'share.auto.offset.reset=earliest']);
  const args = ['--topic', 'numbers', '--group-id', 'pair', '--verbose'];
  await using first = new JavaProgram(TOOLS, VERIFIABLE_SHARE_CONSUMER, [...to, ...args]);
  await using second = new JavaProgram(TOOLS, VERIFIABLE_SHARE_CONSUMER, [...to, ...args]);
  const values = () => new Set(`${first.output}\n${second.output}`.match(/"value":"\d+"/g));
  await eventually('every record', () => values().size === RECORDS || undefined, LIMIT_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${values().size} of ${RECORDS}\n${first.tail}${second.tail}`);
  });
  assert.match(await succeed(SHARE_GROUPS, [...to, '--describe', '--group', 'pair', '--members']), /pair\s+\S+/);
};

const streamsGroup: Step = async (to, broker) => {
  const args = [broker.bootstrap, 'streamers', 'streams', 'numbers', 'totals', join(broker.directory, 'streams')];
  await using application = new JavaProgram(STREAMS, 'ExactlyOnceCount', args);
  await application.printed(/state RUNNING/);
  assert.match(await succeed(STREAMS_GROUPS, [...to, '--list']), /^streamers\s*$/m);
  const group = ['--describe', '--group', 'streamers'];
  await soon(STREAMS_GROUPS, [...to, ...group, '--state'], /streamers\s.*Stable\s+2/);
  assert.match(await succeed(STREAMS_GROUPS, [...to, ...group, '--members']), /streamers\s+\S+/);
  assert.match(await succeed(STREAMS_GROUPS, [...to, ...group]), /streamers\s+numbers\s+0/);
  application.endInput();
  await application.ended();
};

const transactions: Step = async (to, broker) => {
  const copier = ['--broker-list', broker.bootstrap, '--input-topic', 'numbers', '--input-partition', '0'];
  const target = ['--output-topic', 'copies', '--transactional-id', 'copier', '--max-messages', '100'];
  await succeed(COPIER, [...copier, ...target, '--transaction-size', '20']);
  assert.match(await succeed(TRANSACTIONS, [...to, 'list']), /copier\s+1\s+\d+\s+CompleteCommit/);
  const described = await succeed(TRANSACTIONS, [...to, 'describe', '--transactional-id', 'copier']);
  assert.match(described, /1\s+copier\s+\d+\s+\d+\s+CompleteCommit\s+60000/);
  const producers = await succeed(TRANSACTIONS, [...to, 'describe-producers', '--topic', 'copies', '--partition', '0']);
  assert.match(producers, /ProducerId\s+ProducerEpoch/);
  assert.match(producers, /^\d+\s+\d+\s+\d+/m);
  await succeed(TRANSACTIONS, [...to, 'find-hanging', '--broker-id', '1']);
};

const steps: ReadonlyArray<readonly [string, Step]> = [
  ['kafka-features describes, downgrades and upgrades', features],
  ['a consumer of the consumer protocol, its group listed, described, reset and deleted', consumerGroup],
  ['a live group of the consumer protocol described, and not deleted', liveConsumerGroup],
  ['VerifiableShareConsumer reads all; kafka-share-groups describes, resets and deletes', shareGroup],
  ['two share consumers read every record between them', twoShareConsumers],
  ['kafka-streams-groups describes a Streams application', streamsGroup],
  ['kafka-transactions lists and describes', transactions],
];

test(`Kafka's tools for groups, transactions and features work with ${conformanceTarget}`, {
  skip: missing(TOOLS_NEEDS) || missing(STREAMS_NEEDS),
  timeout: 1_800_000,
}, async (t: TestContext) => {
  await using broker = await BrokerProcess.start({ settings: { 'group.streams.initial.rebalance.delay.ms': '0' } });
  await prepare(broker);
  for (const [name, step] of steps) await t.test(name, () => step(['--bootstrap-server', broker.bootstrap], broker));
});
