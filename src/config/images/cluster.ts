/**
 * Files with several brokers: here each is a cluster of its own, and records would be split between them without a word.
 * So what says that there are others is refused, in one line with what to write.
 */
import { ConfigError } from '../config-error.ts';
import { splitList } from '../value.ts';
import type { GivenSettings } from './given.ts';

type Given = Pick<GivenSettings, 'values' | 'variables'>;

const REPLICATION_FACTORS: readonly string[] = [
  'default.replication.factor',
  'offsets.topic.replication.factor',
  'share.coordinator.state.topic.replication.factor',
  'transaction.state.log.replication.factor',
];

/** Lists of the nodes of a cluster; a broker alone may be in them. */
const NODE_LISTS: readonly string[] = ['controller.quorum.voters', 'controller.quorum.bootstrap.servers'];

/** Variables that ask for more replicas than there are brokers, as assignments of what can be had. */
function tooManyReplicas({ values, variables }: Given): { readonly variable: string; readonly value: string }[] {
  return REPLICATION_FACTORS.flatMap((setting) => {
    const value = values.get(setting);
    return value !== undefined && Number(value) > 1 ? [{ variable: variables.get(setting) ?? setting, value }] : [];
  });
}

/** Of several nodes the one that this is, or the first. */
function own(nodes: readonly string[], nodeId: string | undefined): string | undefined {
  return nodes.find((node) => node.startsWith(`${nodeId}@`)) ?? nodes[0];
}

/**
 * Settings that no variable says go by their own names.
 * @throws ConfigError for a controller without a broker, several nodes, more than one replica
 */
export function refuseClusters(given: Given): void {
  const { values, variables } = given;
  const roles = splitList(values.get('process.roles') ?? '');
  if (roles.length === 1 && roles[0] === 'controller') {
    const variable = variables.get('process.roles') ?? 'process.roles';
    throw new ConfigError(
      `${variable}=controller: a broker here needs no controllers; take this service out of the file, and each ` +
        `depends_on that names it, and keep one of the brokers`,
      ['process.roles'],
    );
  }
  const replicas = tooManyReplicas(given);
  const ones = replicas.map(({ variable }) => `${variable}=1`);
  for (const setting of NODE_LISTS) {
    const nodes = splitList(values.get(setting) ?? '').filter((node) => node !== '');
    if (nodes.length < 2) continue;
    const variable = variables.get(setting) ?? setting;
    const write = [`${variable}=${own(nodes, values.get('node.id') ?? values.get('broker.id'))}`, ...ones];
    throw new ConfigError(
      `${variable} names ${nodes.length} nodes, and each broker here is a cluster of its own, so that records would be ` +
        `split between them: keep one broker in the file, and write there ${write.join(', ')}`,
      [setting],
    );
  }
  if (replicas.length === 0) return;
  const asked = replicas.map(({ variable, value }) => `${variable}=${value}`).join(', ');
  throw new ConfigError(
    `${asked}: there is one broker, and so one replica: write ${ones.join(', ')}; where the file has several brokers, ` +
      `keep one, as each here is a cluster of its own`,
    REPLICATION_FACTORS.filter((setting) => values.has(setting)),
  );
}
