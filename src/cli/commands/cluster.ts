/** `walka cluster`: the brokers of a cluster, and what they speak. */
import type { Command } from 'commander';
import { apiInfo } from '../../../protocol/apis.ts';
import { addressText } from '../../client/address.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { clusterFlags, failureLine, withClient } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { counted } from '../text.ts';

async function describe(client: KafkaClient, { output }: CommandContext): Promise<void> {
  const { clusterId, controllerId, brokers, topics } = await client.metadata(null);
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
  const offline = topics.flatMap((topic) => topic.partitions.filter(({ leaderId }) => leaderId < 0)).length;
  const rows: { nodeId: number; address: string; rack: string | null; state: string }[] = [];
  for (const broker of brokers.values()) {
    const { nodeId, rack } = broker;
    const state = await client.node(nodeId).then(
      () => 'answers',
      (error: unknown) => failureLine(error) ?? String(error),
    );
    if (state !== 'answers') output.hasFailed = true;
    rows.push({ nodeId, address: addressText(broker), rack, state });
  }
  if (output.isJson) {
    const counts = { topics: topics.length, partitions, partitionsWithoutLeader: offline };
    await output.json({ clusterId, controllerId, ...counts, brokers: rows });
    return;
  }
  await output.line(
    `cluster ${clusterId ?? 'without an id'}: ${counted(brokers.size, 'broker')}, ${counted(topics.length, 'topic')}, ${counted(partitions, 'partition')}`,
  );
  if (offline > 0) await output.line(output.style('red', `${counted(offline, 'partition')} without a leader`));
  await output.table(
    ['BROKER', 'ADDRESS', 'RACK', 'CONTROLLER', 'STATE'],
    rows.map(({ nodeId, address, rack, state }) => [
      String(nodeId),
      address,
      rack ?? '',
      nodeId === controllerId ? 'yes' : '',
      state,
    ]),
  );
}

async function apis(client: KafkaClient, { output }: CommandContext): Promise<void> {
  const { versions } = await client.any();
  const rows = [...versions.values()]
    .sort((a, b) => a.apiKey - b.apiKey)
    .map(({ apiKey, minVersion, maxVersion }) => ({
      apiKey,
      name: apiInfo.get(apiKey)?.name ?? 'unknown',
      minVersion,
      maxVersion,
    }));
  if (output.isJson) for (const row of rows) await output.json(row);
  else {
    await output.table(
      ['KEY', 'API', 'FROM', 'TO'],
      rows.map(({ apiKey, name, minVersion, maxVersion }) => [apiKey, name, minVersion, maxVersion].map(String)),
    );
  }
}

export function define(cluster: Command, context: CommandContext): void {
  clusterFlags(cluster);
  cluster
    .command('describe', { isDefault: true })
    .description('The brokers, where they say clients find them, and whether they answer there.')
    .action(() => withClient(cluster, context, (client) => describe(client, context)));
  cluster
    .command('apis')
    .description('The APIs that a broker serves, with their versions.')
    .action(() => withClient(cluster, context, (client) => apis(client, context)));
}
