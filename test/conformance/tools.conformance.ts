/** Kafka's command-line tools 4.3.1 against the broker: each tool as a person or a script calls it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BrokerProcess, conformanceTarget } from '../support/broker-process.ts';
import { missing } from './client-suite.ts';
import { ApiClient } from './differential/api-client.ts';
import { Session } from './differential/session.ts';
import { awaitStable, TransactionalProducer } from './differential/transactional-producer.ts';
import { succeed, tool, TOOLS_NEEDS } from './java-program.ts';

const TOPICS = 'org.apache.kafka.tools.TopicCommand';
const CONFIGS = 'kafka.admin.ConfigCommand';
const GROUPS = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
const STREAMS_GROUPS = 'org.apache.kafka.tools.streams.StreamsGroupCommand';

type Step = (to: readonly string[], broker: BrokerProcess) => Promise<void>;

const steps: ReadonlyArray<readonly [string, Step]> = [
  [
    'TopicCommand creates, alters, lists and describes',
    async (to) => {
      await succeed(TOPICS, [
        ...to,
        '--create',
        '--topic',
        'tools',
        '--partitions',
        '2',
        '--config',
        'retention.ms=86400000',
      ]);
      const { code, output } = await tool(TOPICS, [...to, '--create', '--topic', 'tools']);
      assert.equal(code, 1);
      assert.match(output, /Topic 'tools' already exists/);
      await succeed(TOPICS, [...to, '--alter', '--topic', 'tools', '--partitions', '3']);
      assert.match(await succeed(TOPICS, [...to, '--list']), /^tools$/m);
      const description = await succeed(TOPICS, [...to, '--describe', '--topic', 'tools']);
      assert.match(description, /PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=86400000/);
      assert.equal(description.match(/Partition: \d\s+Leader: \d+\s+Replicas: \d+\s+Isr: \d+/g)?.length, 3);
    },
  ],
  [
    'ConfigCommand alters and describes a topic and the broker',
    async (to) => {
      const topic = ['--entity-type', 'topics', '--entity-name', 'tools'];
      await succeed(CONFIGS, [
        ...to,
        '--alter',
        ...topic,
        '--add-config',
        'max.message.bytes=2000000,cleanup.policy=[compact,delete]',
      ]);
      const described = await succeed(CONFIGS, [...to, '--describe', ...topic]);
      assert.match(
        described,
        /max\.message\.bytes=2000000 sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:max\.message\.bytes=2000000/,
      );
      assert.match(described, /cleanup\.policy=compact,delete/);
      await succeed(CONFIGS, [...to, '--alter', ...topic, '--delete-config', 'max.message.bytes,cleanup.policy']);
      assert.doesNotMatch(await succeed(CONFIGS, [...to, '--describe', ...topic]), /max\.message\.bytes/);
      const refused = await tool(CONFIGS, [...to, '--alter', ...topic, '--add-config', 'no.such.setting=1']);
      assert.notEqual(refused.code, 0);
      assert.match(refused.output, /Unknown topic config name: no\.such\.setting/);
      assert.match(
        await succeed(CONFIGS, [...to, '--describe', '--all', '--entity-type', 'brokers', '--entity-name', '1']),
        /log\.segment\.bytes=/,
      );
    },
  ],
  [
    'the console producer and consumer carry keys, headers and values',
    async (to) => {
      const producer = ['--topic', 'tools', '--property', 'parse.key=true', '--property', 'parse.headers=true'];
      await succeed(
        'org.apache.kafka.tools.ConsoleProducer',
        [...to, ...producer],
        'h1:v1,h2:v2\tkey\tvalue\nh1:v3\tkey\tsecond\n',
      );
      const properties = ['print.key', 'print.headers', 'print.offset'].flatMap((name) => [
        '--property',
        `${name}=true`,
      ]);
      const consumer = [
        '--topic',
        'tools',
        '--from-beginning',
        '--max-messages',
        '2',
        '--timeout-ms',
        '90000',
        ...properties,
      ];
      const output = await succeed('org.apache.kafka.tools.consumer.ConsoleConsumer', [...to, ...consumer]);
      assert.match(output, /Offset:0\th1:v1,h2:v2\tkey\tvalue/);
      assert.match(output, /Offset:1\th1:v3\tkey\tsecond/);
    },
  ],
  [
    'ProducerPerformance and ConsumerPerformance move 20,000 records',
    async (to) => {
      await succeed(TOPICS, [...to, '--create', '--topic', 'perf', '--partitions', '3']);
      const load = [
        '--topic',
        'perf',
        '--num-records',
        '20000',
        '--record-size',
        '200',
        '--throughput',
        '-1',
        '--command-property',
        'acks=all',
      ];
      assert.match(await succeed('org.apache.kafka.tools.ProducerPerformance', [...to, ...load]), /20000 records sent/);
      const output = await succeed('org.apache.kafka.tools.ConsumerPerformance', [
        ...to,
        '--topic',
        'perf',
        '--num-records',
        '20000',
        '--timeout',
        '90000',
      ]);
      const fields = output.trim().split('\n').at(-1)?.split(', ') ?? [];
      assert(Number(fields[4]) >= 20000, output);
    },
  ],
  [
    'GetOffsetShell tells the end, the start and an offset by time',
    async (to) => {
      const shell = 'org.apache.kafka.tools.GetOffsetShell';
      const ends = await succeed(shell, [...to, '--topic', 'perf']);
      const sum = (text: string) =>
        text
          .trim()
          .split('\n')
          .reduce((total, line) => total + Number(line.split(':')[2]), 0);
      assert.equal(sum(ends), 20000);
      assert.equal(sum(await succeed(shell, [...to, '--topic', 'perf', '--time', 'earliest'])), 0);
      assert.match(await succeed(shell, [...to, '--topic-partitions', 'perf:0', '--time', '1']), /^perf:0:0$/m);
    },
  ],
  [
    'DeleteRecordsCommand moves the start of a partition',
    async (to, broker) => {
      const file = join(broker.directory, 'delete.json');
      await writeFile(file, JSON.stringify({ version: 1, partitions: [{ topic: 'perf', partition: 0, offset: 5 }] }));
      const output = await succeed('org.apache.kafka.tools.DeleteRecordsCommand', [...to, '--offset-json-file', file]);
      assert.match(output, /partition: perf-0\tlow_watermark: 5/);
      const start = await succeed('org.apache.kafka.tools.GetOffsetShell', [
        ...to,
        '--topic-partitions',
        'perf:0',
        '--time',
        'earliest',
      ]);
      assert.match(start, /^perf:0:5$/m);
    },
  ],
  [
    'TransactionsCommand shows an open transaction and aborts it in its partition',
    async (to, broker) => {
      await using session = new Session(broker.port, 'transactions');
      const { name } = await session.createTopic('open');
      const producer = await TransactionalProducer.open(session, 'one', 'new');
      await producer.write(name, 0, 3);
      const command = (...args: string[]): Promise<string> =>
        succeed('org.apache.kafka.tools.TransactionsCommand', [...to, ...args]);
      const place = ['--topic', name, '--partition', '0'];
      assert.match(await command('list'), new RegExp(`transactions-one\\s+\\d+\\s+${producer.id}\\s+Ongoing`));
      const shown = await command('describe-producers', ...place);
      // Id, epoch, coordinator's epoch, last sequence, last time, start of the transaction.
      assert.match(shown, new RegExp(`^${producer.id}\\s+${producer.epoch}\\s+-1\\s+2\\s+\\d+\\s+0\\s*$`, 'm'));
      await command('abort', ...place, '--start-offset', '0');
      assert.match(await command('describe-producers', ...place), /\sNone\s*$/m);
      await awaitStable(session, name, 4);
    },
  ],
  [
    'LogDirsCommand tells the size of every partition',
    async (to) => {
      const output = await succeed('org.apache.kafka.tools.LogDirsCommand', [
        ...to,
        '--describe',
        '--topic-list',
        'perf',
      ]);
      const { brokers } = JSON.parse(output.split('\n').find((line) => line.startsWith('{')) ?? '{}') as {
        brokers: Array<{
          logDirs: Array<{ error: string | null; partitions: Array<{ partition: string; size: number }> }>;
        }>;
      };
      const partitions = brokers[0]?.logDirs[0]?.partitions ?? [];
      assert.deepEqual(partitions.map(({ partition }) => partition).sort(), ['perf-0', 'perf-1', 'perf-2']);
      assert(partitions.reduce((total, { size }) => total + size, 0) > 3_000_000, output);
    },
  ],
  [
    'VerifiableProducer and VerifiableConsumer agree',
    async (to) => {
      await succeed(TOPICS, [...to, '--create', '--topic', 'verified', '--partitions', '1']);
      const produced = await succeed('org.apache.kafka.tools.VerifiableProducer', [
        ...to,
        '--topic',
        'verified',
        '--max-messages',
        '500',
        '--throughput',
        '-1',
        '--acks',
        '-1',
      ]);
      assert.match(produced, /"sent":500,"acked":500/);
      const consumer = [
        '--topic',
        'verified',
        '--group-id',
        'verifiers',
        '--max-messages',
        '500',
        '--reset-policy',
        'earliest',
        '--verbose',
      ];
      const consumed = await succeed('org.apache.kafka.tools.VerifiableConsumer', [...to, ...consumer]);
      assert.equal(consumed.match(/"name":"record_data"/g)?.length, 500);
    },
  ],
  [
    'ConsumerGroupCommand lists, describes, resets and deletes',
    async (to) => {
      assert.match(await succeed(GROUPS, [...to, '--list']), /^verifiers$/m);
      const group = ['--group', 'verifiers'];
      const described = await succeed(GROUPS, [...to, '--describe', ...group]);
      assert.match(described, /verifiers\s+verified\s+0\s+\d+\s+\d+\s+0/);
      assert.match(await succeed(GROUPS, [...to, '--describe', ...group, '--state']), /Empty/);
      await succeed(GROUPS, [...to, '--reset-offsets', ...group, '--topic', 'verified', '--to-earliest', '--execute']);
      assert.match(await succeed(GROUPS, [...to, '--describe', ...group]), /verifiers\s+verified\s+0\s+0\s+\d+/);
      assert.match(
        await succeed(GROUPS, [...to, '--delete-offsets', ...group, '--topic', 'verified:0']),
        /verified\s+0\s+Successful/,
      );
      assert.match(
        await succeed(GROUPS, [...to, '--delete', ...group]),
        /Deletion of requested consumer groups \('verifiers'\) was successful/,
      );
      assert.doesNotMatch(await succeed(GROUPS, [...to, '--list']), /^verifiers$/m);
    },
  ],
  [
    'StreamsGroupCommand lists, describes, resets and deletes',
    async (to, broker) => {
      const client = await ApiClient.open(broker.port);
      const member = { groupId: 'streamed', memberId: 'walker' };
      const found = await client.call('FindCoordinator', 4, { coordinatorKeys: [member.groupId] });
      assert.match(JSON.stringify(found), /"errorCode":0/);
      const topology = { epoch: 0, subtopologies: [{ subtopologyId: '0', sourceTopics: ['verified'] }] };
      const tasks = { activeTasks: [], standbyTasks: [], warmupTasks: [] };
      const join = { ...member, memberEpoch: 0, rebalanceTimeoutMs: 60_000, topology, ...tasks };
      assert.match(JSON.stringify(await client.call('StreamsGroupHeartbeat', 1, join)), /"errorCode":0/);
      const topics = [{ name: 'verified', partitions: [{ partitionIndex: 0, committedOffset: 5 }] }];
      const commit = { ...member, generationIdOrMemberEpoch: 1, topics };
      assert.match(JSON.stringify(await client.call('OffsetCommit', 9, commit)), /"errorCode":0/);
      const group = ['--group', member.groupId];
      assert.match(await succeed(STREAMS_GROUPS, [...to, '--list', '--state']), /^streamed\s+[A-Z]\w+$/m);
      assert.match(await succeed(STREAMS_GROUPS, [...to, '--describe', ...group, '--members']), /streamed\s+walker/);
      assert.match(await succeed(STREAMS_GROUPS, [...to, '--describe', ...group, '--state']), /streamed/);
      assert.match(await succeed(STREAMS_GROUPS, [...to, '--describe', ...group]), /TOPIC\s+PARTITION\s+OFFSET-LAG/);
      await client.call('StreamsGroupHeartbeat', 1, { ...member, memberEpoch: -1 });
      client.close();
      const reset = ['--reset-offsets', ...group, '--input-topic', 'verified', '--to-earliest', '--execute'];
      assert.match(await succeed(STREAMS_GROUPS, [...to, ...reset]), /streamed\s+verified\s+0\s+0/);
      await succeed(STREAMS_GROUPS, [...to, '--delete', ...group]);
      assert.doesNotMatch(await succeed(STREAMS_GROUPS, [...to, '--list']), /^streamed$/m);
    },
  ],
  [
    'TopicCommand deletes',
    async (to) => {
      await succeed(TOPICS, [...to, '--delete', '--topic', 'tools']);
      assert.doesNotMatch(await succeed(TOPICS, [...to, '--list']), /^tools$/m);
    },
  ],
  [
    'BrokerApiVersionsCommand and ClusterTool answer',
    async (to) => {
      assert.match(await succeed('org.apache.kafka.tools.BrokerApiVersionsCommand', to), /Produce\(0\): 0 to 13/);
      assert.match(await succeed('org.apache.kafka.tools.ClusterTool', ['cluster-id', ...to]), /Cluster ID: \S{22}/);
    },
  ],
];

/** The member of a streams group that the test plays stays, however long the tools take to start. */
const settings = {
  'group.streams.session.timeout.ms': '3600000',
  'group.streams.max.session.timeout.ms': '3600000',
};

test(`Kafka's command-line tools work with ${conformanceTarget}`, {
  skip: missing(TOOLS_NEEDS),
  timeout: 1_800_000,
}, async (t: TestContext) => {
  await using broker = await BrokerProcess.start({ settings });
  for (const [name, step] of steps) await t.test(name, () => step(['--bootstrap-server', broker.bootstrap], broker));
});
