/** Configs of topics, brokers and groups. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { DescribeConfigsResourceResult } from '../../protocol/generated/describe-configs-response.ts';
import type { Connection } from './connection.ts';
import { throwCode } from './errors.ts';
import type { KafkaClient } from './kafka-client.ts';
import { DESCRIBE_CONFIGS, INCREMENTAL_ALTER_CONFIGS } from './topic-apis.ts';

export const ResourceType = { TOPIC: 2, BROKER: 4, GROUP: 32 } as const;
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType];

export interface Resource {
  readonly type: ResourceType;
  /** Of a broker its node id, or empty for what holds for all of them. */
  readonly name: string;
}

const SOURCES: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker',
  3: 'cluster',
  4: 'file',
  5: 'default',
  6: 'logger',
  7: 'client-metrics',
  8: 'group',
};

export interface ConfigEntry {
  readonly name: string;
  /** Null: secret, or not set. */
  readonly value: string | null;
  /** Where the value comes from: `topic`, `broker`, `cluster`, `file`, `default`, `group`. */
  readonly source: string;
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  readonly documentation: string | null;
}

/** What was set for the resource itself, rather than taken from a file, the cluster or the defaults. */
export function isOwn({ source }: ConfigEntry, { type, name }: Resource): boolean {
  if (type === ResourceType.BROKER) return source === (name === '' ? 'cluster' : 'broker');
  return source === (type === ResourceType.TOPIC ? 'topic' : 'group');
}

function entryOf(result: DescribeConfigsResourceResult): ConfigEntry {
  const { name, value, configSource, readOnly, isSensitive, documentation } = result;
  const source = SOURCES[configSource] ?? 'unknown';
  return { name, value, source, isReadOnly: readOnly, isSensitive, documentation };
}

function brokerOf({ type, name }: Resource): number | null {
  return type === ResourceType.BROKER && name !== '' ? Number(name) : null;
}

/** @throws KafkaError at once where the cluster has no such broker */
async function brokerConnection(client: KafkaClient, nodeId: number): Promise<Connection> {
  const { brokers } = await client.metadata([]);
  if (brokers.has(nodeId)) return client.node(nodeId);
  const what = `there is no broker ${nodeId}, only ${[...brokers.keys()].join(', ')}`;
  throw new KafkaError(ErrorCode.BROKER_ID_NOT_REGISTERED, what);
}

/** All configs of a resource, by name. @throws KafkaError */
export async function describeConfigs(
  client: KafkaClient,
  resource: Resource,
  hasDocumentation = false,
): Promise<ConfigEntry[]> {
  const resources = [{ resourceType: resource.type, resourceName: resource.name, configurationKeys: null }];
  const nodeId = brokerOf(resource);
  const { results } = await client.retrying(async () => {
    const connection = nodeId === null ? await client.any() : await brokerConnection(client, nodeId);
    const canExplain = (connection.versions.get(DESCRIBE_CONFIGS.key)?.maxVersion ?? 0) >= 3;
    return connection.call(DESCRIBE_CONFIGS, {
      resources,
      ...(hasDocumentation && canExplain ? { includeDocumentation: true } : {}),
    });
  });
  const [result] = results;
  if (result === undefined) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'the broker describes nothing');
  throwCode(result.errorCode, result.errorMessage);
  return result.configs.map(entryOf).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `topic orders` */
export function nameText({ type, name }: Resource): string {
  const what = type === ResourceType.TOPIC ? 'topic' : type === ResourceType.BROKER ? 'broker' : 'group';
  return type === ResourceType.BROKER && name === '' ? 'all brokers' : `${what} ${name}`;
}

/** A value to set, or null to unset: what is below shows through. */
export type ConfigChange = readonly [name: string, value: string | null];

const SET = 0;
const DELETE = 1;

/** Changes configs of a resource, all or none. @throws KafkaError */
export async function alterConfigs(
  client: KafkaClient,
  resource: Resource,
  changes: readonly ConfigChange[],
): Promise<void> {
  const configs = changes.map(([name, value]) => ({ name, value, configOperation: value === null ? DELETE : SET }));
  const request = { resources: [{ resourceType: resource.type, resourceName: resource.name, configs }] };
  const nodeId = brokerOf(resource);
  await client.retrying(async () => {
    const { responses } =
      nodeId === null
        ? await client.callController(INCREMENTAL_ALTER_CONFIGS, request)
        : await (await brokerConnection(client, nodeId)).call(INCREMENTAL_ALTER_CONFIGS, request);
    for (const { errorCode, errorMessage } of responses) throwCode(errorCode, errorMessage);
  });
}
