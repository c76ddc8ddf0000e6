/**
 * A broker as it was when it was started, without starting another: topics, groups, transactions, dynamic settings, ACLs,
 * SCRAM users, delegation tokens and quotas go, features have their levels back, the topics it was started with are made
 * anew. Clients stay connected. What they know of is gone, and each learns it by the error that Kafka gives for it: topics
 * have other ids, groups have no members, transactional ids no producer.
 */
import { newTopicOf } from '../../broker/first-topics.ts';
import { createFirstUsers } from '../../broker/first-users.ts';
import type { TopicSpec } from '../../cli/topic-spec.ts';
import type { BrokerServices } from '../../handlers/types.ts';
import { ConfigResourceType, StoredResourceType } from '../../metadata/types.ts';

const NO_CONFIGS: ReadonlyMap<string, string> = new Map();

/** @throws CatalogError, KafkaError KAFKA_STORAGE_ERROR where a data directory takes no writes */
export async function resetBroker(services: BrokerServices, firstTopics: readonly TopicSpec[]): Promise<void> {
  const { metadata, shareSessions, acls } = services;
  shareSessions.closeAll();
  // The broker's own topics go first: what their coordinators know need not be forgotten topic by topic.
  const topics = metadata.topics().toSorted((a, b) => Number(b.isInternal) - Number(a.isInternal));
  const deletions = topics.map(({ name }) => metadata.deleteTopic(name));
  // Asked for in the same turn, so that no client that asks for one of them makes it with the broker's defaults.
  const creations = firstTopics.map((topic) => metadata.createTopic(newTopicOf(topic)));
  await Promise.all([...deletions, ...creations, metadata.features.restore()]);
  if (acls !== null) await Promise.all([...acls.acls].map((acl) => acls.delete(acl)));
  const { TOPIC: _, ...types } = ConfigResourceType;
  // ACLs went above.
  const { ACL: __, ...kept } = StoredResourceType;
  const resources = [...Object.values(types), ...Object.values(kept)];
  await Promise.all(
    resources.flatMap((type) =>
      metadata.resourceNames(type).map((name) => metadata.alterDynamicConfigs(type, name, () => NO_CONFIGS)),
    ),
  );
  await createFirstUsers(services.config, metadata, services.random);
}
