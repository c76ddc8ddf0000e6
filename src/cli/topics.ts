/** `walka topics`: lists, creates, deletes and describes topics of a running broker, any that speaks Kafka. */
import { ApiKey } from '../../protocol/apis.ts';
import { errorName, errorText } from '../../protocol/errors.ts';
import { type CreateTopicsRequest, writeCreateTopicsRequest } from '../../protocol/generated/create-topics-request.ts';
import {
  type CreateTopicsResponse,
  readCreateTopicsResponse,
} from '../../protocol/generated/create-topics-response.ts';
import { type DeleteTopicsRequest, writeDeleteTopicsRequest } from '../../protocol/generated/delete-topics-request.ts';
import {
  type DeleteTopicsResponse,
  readDeleteTopicsResponse,
} from '../../protocol/generated/delete-topics-response.ts';
import {
  type DescribeConfigsRequest,
  writeDescribeConfigsRequest,
} from '../../protocol/generated/describe-configs-request.ts';
import {
  type DescribeConfigsResponse,
  readDescribeConfigsResponse,
} from '../../protocol/generated/describe-configs-response.ts';
import { type MetadataRequest, writeMetadataRequest } from '../../protocol/generated/metadata-request.ts';
import {
  type MetadataResponse,
  type MetadataResponseTopic,
  readMetadataResponse,
} from '../../protocol/generated/metadata-response.ts';
import { ConfigError } from '../config/config-error.ts';
import { shown } from '../config/value.ts';
import { type Flag, hostPort, parseArguments } from './args.ts';
import { type Call, ClientError, KafkaClient } from './client.ts';
import { ExitCode } from './exit-codes.ts';
import { flagLines } from './help.ts';
import { parseTopicSpec } from './topic-spec.ts';

const FLAGS: readonly Flag[] = [
  { name: 'bootstrap-server', value: 'host:port', doc: 'The broker to ask (default 127.0.0.1:9092).' },
  { name: 'help', value: null, doc: 'Show this.' },
];

const HELP = `walka topics: topics of a running broker

  walka topics list                                        All topics with their partitions.
  walka topics create name:partitions[:key=value,…] …      Create topics.
  walka topics describe name …                             Partitions and settings.
  walka topics delete name …                               Delete topics with all their records.

${flagLines(FLAGS)}
`;

const METADATA: Call<MetadataRequest, MetadataResponse> = {
  apiKey: ApiKey.Metadata,
  version: 9,
  write: writeMetadataRequest,
  read: readMetadataResponse,
};
const CREATE_TOPICS: Call<CreateTopicsRequest, CreateTopicsResponse> = {
  apiKey: ApiKey.CreateTopics,
  version: 5,
  write: writeCreateTopicsRequest,
  read: readCreateTopicsResponse,
};
const DELETE_TOPICS: Call<DeleteTopicsRequest, DeleteTopicsResponse> = {
  apiKey: ApiKey.DeleteTopics,
  version: 5,
  write: writeDeleteTopicsRequest,
  read: readDeleteTopicsResponse,
};
const DESCRIBE_CONFIGS: Call<DescribeConfigsRequest, DescribeConfigsResponse> = {
  apiKey: ApiKey.DescribeConfigs,
  version: 4,
  write: writeDescribeConfigsRequest,
  read: readDescribeConfigsResponse,
};

const TIMEOUT_MS = 30_000;
const TOPIC_RESOURCE = 2;
const DYNAMIC_TOPIC_CONFIG = 1;

/** Prints what was done; a failure goes to standard error and into the exit code. */
class Report {
  failed = false;

  line(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  failure(what: string, errorCode: number, message: string | null): void {
    this.failed = true;
    process.stderr.write(`walka: ${what}: ${message ?? errorText(errorCode)} (${errorName(errorCode)})\n`);
  }
}

type Command = (client: KafkaClient, names: readonly string[], report: Report) => Promise<void>;

function countText(topic: MetadataResponseTopic): string {
  const count = topic.partitions.length;
  return `${count} ${count === 1 ? 'partition' : 'partitions'}${topic.isInternal ? ', internal' : ''}`;
}

const list: Command = async (client, _names, report) => {
  const { topics } = await client.call(METADATA, { topics: null });
  const named = topics.map((topic) => ({ name: topic.name ?? '', topic })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(0, ...named.map(({ name }) => name.length));
  for (const { name, topic } of named) report.line(`${name.padEnd(width)}  ${countText(topic)}`);
};

const create: Command = async (client, names, report) => {
  const topics = names
    .map((name) => parseTopicSpec(name, 'topics create'))
    .map(({ name, partitions, configs }) => ({
      name,
      numPartitions: partitions ?? -1,
      replicationFactor: -1,
      configs: Object.entries(configs ?? {}).map(([key, value]) => ({ name: key, value: String(value) })),
    }));
  const response = await client.call(CREATE_TOPICS, { topics, timeoutMs: TIMEOUT_MS });
  for (const { name, errorCode, errorMessage, numPartitions } of response.topics) {
    if (errorCode !== 0) report.failure(`cannot create ${name}`, errorCode, errorMessage);
    else report.line(`created ${name} with ${numPartitions} ${numPartitions === 1 ? 'partition' : 'partitions'}`);
  }
};

const remove: Command = async (client, names, report) => {
  const response = await client.call(DELETE_TOPICS, { topicNames: [...names], timeoutMs: TIMEOUT_MS });
  for (const { name, errorCode, errorMessage } of response.responses) {
    if (errorCode !== 0) report.failure(`cannot delete ${name}`, errorCode, errorMessage);
    else report.line(`deleted ${name}`);
  }
};

const describe: Command = async (client, names, report) => {
  const wanted = names.map((name) => ({ name }));
  const { topics } = await client.call(METADATA, { topics: wanted, allowAutoTopicCreation: false });
  const resources = names.map((resourceName) => ({
    resourceType: TOPIC_RESOURCE,
    resourceName,
    configurationKeys: null,
  }));
  const { results } = await client.call(DESCRIBE_CONFIGS, { resources });
  for (const topic of topics) {
    const name = topic.name ?? '';
    if (topic.errorCode !== 0) {
      report.failure(`cannot describe ${name}`, topic.errorCode, null);
      continue;
    }
    report.line(`${name}: ${countText(topic)}`);
    const configs = results.find(({ resourceName }) => resourceName === name)?.configs ?? [];
    for (const { name: key, value, configSource } of configs) {
      if (configSource === DYNAMIC_TOPIC_CONFIG) report.line(`  ${key}=${value}`);
    }
    for (const { partitionIndex, leaderId, leaderEpoch, errorCode } of topic.partitions) {
      const state = errorCode === 0 ? '' : `, ${errorName(errorCode)}`;
      report.line(`  partition ${partitionIndex}: leader ${leaderId}, leader epoch ${leaderEpoch}${state}`);
    }
  }
};

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['list', list],
  ['create', create],
  ['delete', remove],
  ['describe', describe],
]);

/** Runs the command; gives the exit code. @throws ConfigError for a command line that is wrong */
export async function topics(argv: readonly string[]): Promise<number> {
  const { positionals, flags } = parseArguments(argv, FLAGS);
  const [name = 'help', ...names] = positionals;
  if (flags.has('help') || name === 'help') {
    process.stdout.write(HELP);
    return ExitCode.OK;
  }
  const command = COMMANDS.get(name);
  if (command === undefined)
    throw new ConfigError(`topics: unknown command ${shown(name)}; there are ${[...COMMANDS.keys()].join(', ')}`);
  if (name === 'list' && names.length > 0) {
    throw new ConfigError(`topics list: unexpected argument ${names[0]}; topics describe tells about single topics`);
  }
  if (name !== 'list' && names.length === 0) throw new ConfigError(`topics ${name}: which topic?`);
  const { host, port } = hostPort(flags.get('bootstrap-server')?.[0] ?? '127.0.0.1:9092', 'bootstrap-server');
  const report = new Report();
  try {
    using client = await KafkaClient.connect(host.replace(/^\[|\]$/g, '') || '127.0.0.1', port);
    await command(client, names, report);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    process.stderr.write(`walka: ${error.message}\n`);
    return ExitCode.USAGE;
  }
  return report.failed ? ExitCode.USAGE : ExitCode.OK;
}
