/** The names of configs that somebody sets or unsets, before a cluster is asked to change them. */
import { type ConfigChange, describeConfigs, nameText, type Resource, ResourceType } from '../client/configs.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import { ConfigError } from '../config/config-error.ts';
import { didYouMean } from '../config/nearest.ts';

/** All names that the resource may have; what holds for all brokers tells only of what is set, and a broker of all. */
async function knownNames(client: KafkaClient, resource: Resource): Promise<readonly string[]> {
  let asked = resource;
  if (resource.type === ResourceType.BROKER && resource.name === '') {
    const { brokers } = await client.metadata([]);
    const [nodeId] = brokers.keys();
    if (nodeId === undefined) return [];
    asked = { ...resource, name: String(nodeId) };
  }
  return (await describeConfigs(client, asked)).map(({ name }) => name);
}

/**
 * Checks the names of changes, as far as the cluster tells of them. One that is to be set and like no other is for the broker to
 * judge; one that is to be unset no broker refuses.
 * @throws ConfigError with the nearest name
 */
export async function checkConfigNames(
  client: KafkaClient,
  resource: Resource,
  changes: readonly ConfigChange[],
): Promise<void> {
  const known = await knownNames(client, resource);
  if (known.length === 0) return;
  for (const [name, value] of changes) {
    if (known.includes(name)) continue;
    const hint = didYouMean(name, known);
    if (hint === '' && value !== null) continue;
    throw new ConfigError(`configs: unknown config ${name} of ${nameText(resource)}${hint}`);
  }
}
