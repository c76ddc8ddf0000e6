/** `walka topics`: lists, creates, deletes and describes topics of a running broker, any that speaks Kafka. */
import { ApiKey } from '../../../protocol/apis.ts';
import { errorName, errorText } from '../../../protocol/errors.ts';
import {
  type CreateTopicsRequest,
  writeCreateTopicsRequest,
} from '../../../protocol/generated/create-topics-request.ts';
import {
  type CreateTopicsResponse,
  readCreateTopicsResponse,
} from '../../../protocol/generated/create-topics-response.ts';
import {
  type DeleteTopicsRequest,
  writeDeleteTopicsRequest,
} from '../../../protocol/generated/delete-topics-request.ts';
import {
  type DeleteTopicsResponse,
  readDeleteTopicsResponse,
} from '../../../protocol/generated/delete-topics-response.ts';
import {
  type DescribeConfigsRequest,
  writeDescribeConfigsRequest,
} from '../../../protocol/generated/describe-configs-request.ts';
import {
  type DescribeConfigsResponse,
  readDescribeConfigsResponse,
} from '../../../protocol/generated/describe-configs-response.ts';
import { type MetadataRequest, writeMetadataRequest } from '../../../protocol/generated/metadata-request.ts';
import {
  type MetadataResponse,
  type MetadataResponseTopic,
  readMetadataResponse,
} from '../../../protocol/generated/metadata-response.ts';
import type { Command as CommanderCommand } from 'commander';
import { hostPort } from '../args.ts';
import { type Call, ClientError, KafkaClient } from '../client.ts';
import type { CommandContext } from '../context.ts';
import type { Output } from '../output.ts';
import { counted } from '../text.ts';
import { parseTopicSpec } from '../topic-spec.ts';

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

function refused(output: Output, what: string, errorCode: number, message: string | null): void {
  output.failure(`${what}: ${message ?? errorText(errorCode)} (${errorName(errorCode)})`);
}

type Command = (client: KafkaClient, names: readonly string[], output: Output) => Promise<void>;

function countText(topic: MetadataResponseTopic): string {
  return `${counted(topic.partitions.length, 'partition')}${topic.isInternal ? ', internal' : ''}`;
}

const list: Command = async (client, _names, output) => {
  const { topics } = await client.call(METADATA, { topics: null });
  const named = topics.map((topic) => ({ name: topic.name ?? '', topic })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(0, ...named.map(({ name }) => name.length));
  for (const { name, topic } of named) await output.line(`${name.padEnd(width)}  ${countText(topic)}`);
};

const create: Command = async (client, names, output) => {
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
    if (errorCode !== 0) refused(output, `cannot create ${name}`, errorCode, errorMessage);
    else await output.line(`created ${name} with ${counted(numPartitions, 'partition')}`);
  }
};

const remove: Command = async (client, names, output) => {
  const response = await client.call(DELETE_TOPICS, { topicNames: [...names], timeoutMs: TIMEOUT_MS });
  for (const { name, errorCode, errorMessage } of response.responses) {
    if (errorCode !== 0) refused(output, `cannot delete ${name}`, errorCode, errorMessage);
    else await output.line(`deleted ${name}`);
  }
};

const describe: Command = async (client, names, output) => {
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
      refused(output, `cannot describe ${name}`, topic.errorCode, null);
      continue;
    }
    await output.line(`${name}: ${countText(topic)}`);
    const configs = results.find(({ resourceName }) => resourceName === name)?.configs ?? [];
    for (const { name: key, value, configSource } of configs) {
      if (configSource === DYNAMIC_TOPIC_CONFIG) await output.line(`  ${key}=${value}`);
    }
    for (const { partitionIndex, leaderId, leaderEpoch, errorCode } of topic.partitions) {
      const state = errorCode === 0 ? '' : `, ${errorName(errorCode)}`;
      await output.line(`  partition ${partitionIndex}: leader ${leaderId}, leader epoch ${leaderEpoch}${state}`);
    }
  }
};

/** Connects, and runs the command. */
async function run(command: Command, names: readonly string[], broker: string, output: Output): Promise<void> {
  const { host, port } = hostPort(broker, 'bootstrap-server');
  try {
    using client = await KafkaClient.connect(host.replace(/^\[|\]$/g, '') || '127.0.0.1', port);
    await command(client, names, output);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    output.failure(error.message);
  }
}

export function define(topics: CommanderCommand, { output }: CommandContext): void {
  topics.option('-b, --bootstrap-server <host:port>', 'The broker to ask.', '127.0.0.1:9092');
  const ask = (command: Command, names: readonly string[]): Promise<void> =>
    run(command, names, topics.opts<{ bootstrapServer: string }>().bootstrapServer, output);
  topics
    .command('list')
    .description('All topics with their partitions.')
    .action(() => ask(list, []));
  topics
    .command('create')
    .argument('<name:partitions[:key=value,…]...>')
    .description('Create topics.')
    .action((names: string[]) => ask(create, names));
  topics
    .command('describe')
    .argument('<topic...>')
    .description('Partitions and settings.')
    .action((names: string[]) => ask(describe, names));
  topics
    .command('delete')
    .argument('<topic...>')
    .description('Delete topics with all their records.')
    .action((names: string[]) => ask(remove, names));
}
