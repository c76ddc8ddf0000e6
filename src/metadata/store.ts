/**
 * The metadata of a cluster of one broker, over a catalog. A change is checked, committed to the catalog and only then
 * seen by anybody.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { type Random, randomUuid } from '../base/random.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { GroupConfig } from '../config/group-config.ts';
import { validateTopicConfigs } from '../config/validate.ts';
import type { Catalog, CatalogImage, CatalogTopic, DeletedTopic } from '../storage/catalog/types.ts';
import { FeatureLevels } from './feature-levels.ts';
import { internalTopic } from './internal-topics.ts';
import { checkPartitionCount, checkPartitions } from './new-topic.ts';
import { ProducerIds } from './producer-ids.ts';
import { stored } from './stored.ts';
import { checkTopicName, collisionKey } from './topic-name.ts';
import { Topics, toTopic } from './topics.ts';
import { KeyedQueue } from './keyed-queue.ts';
import type { AlterConfigs, MetadataChange, MetadataStore, MetadataVersion, NewTopic, Topic } from './types.ts';
import { ConfigResourceType } from './types.ts';

/** More changes than a start makes, so that offsets grow from start to start. */
const OFFSETS_PER_START = 1_000_000;

const NO_CONFIGS: ReadonlyMap<string, string> = new Map();

export interface MetadataStoreOptions {
  readonly catalog: Catalog;
  readonly config: BrokerConfig;
  readonly random: Random;
  /** Used when the catalog is new; null: a random one. */
  readonly clusterId?: string | null;
}

function unknownTopic(): KafkaError {
  return new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
}

export class CatalogMetadataStore implements MetadataStore {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly features: FeatureLevels;
  /** Topics deleted before this start whose streams may still be in the journal. */
  readonly unfinishedDeletions: readonly DeletedTopic[];
  readonly #catalog: Catalog;
  readonly #config: BrokerConfig;
  readonly #random: Random;
  readonly #starts: number;
  readonly #topics = new Topics();
  readonly #dynamic = new Map<number, Map<string, ReadonlyMap<string, string>>>();
  readonly #changes = new KeyedQueue();
  readonly #producerIds: ProducerIds;
  readonly #listeners = new Set<(change: MetadataChange) => void>();
  /** Of this start. */
  #changeCount = 0;

  /**
   * Reads the catalog; dynamic broker settings are in force afterwards. Changes come after the catalog's `start`.
   * @throws CatalogError
   */
  static async open(options: MetadataStoreOptions): Promise<CatalogMetadataStore> {
    const clusterId = options.clusterId ?? randomUuid(options.random);
    return new CatalogMetadataStore(options, await options.catalog.load(clusterId));
  }

  private constructor({ catalog, config, random }: MetadataStoreOptions, image: CatalogImage) {
    this.clusterId = image.clusterId;
    this.nodeId = config.nodeId;
    const { nodeId, askedFeatures: asked } = config;
    this.features = new FeatureLevels({ catalog, nodeId, recorded: image.features, asked });
    this.unfinishedDeletions = image.deletions;
    this.#catalog = catalog;
    this.#config = config;
    this.#random = random;
    this.#starts = image.starts;
    this.#producerIds = new ProducerIds(catalog);
    for (const topic of image.topics) this.#topics.put(toTopic(topic, image.starts));
    for (const { resourceType, resourceName, configs } of image.configs) {
      this.#putConfigs(resourceType, resourceName, configs);
    }
    this.#applyBrokerConfigs();
  }

  get version(): MetadataVersion {
    return { starts: this.#starts, offset: this.#starts * OFFSETS_PER_START + this.#changeCount };
  }

  topic(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  topicById(id: string): Topic | undefined {
    return this.#topics.getById(id);
  }

  topics(): readonly Topic[] {
    return this.#topics.sorted();
  }

  validateNewTopic(topic: NewTopic): void {
    this.#check(topic);
  }

  createTopic(topic: NewTopic): Promise<Topic> {
    return this.#inTurn(topic.name, async () => {
      const { partitionCount, configs } = this.#check(topic);
      const id = randomUuid(this.#random);
      const created = await stored(this.#catalog.createTopic(topic.name, id, partitionCount, configs));
      return this.#put('topic-created', created);
    });
  }

  async ensureInternalTopic(name: string): Promise<Topic> {
    const present = this.#topics.get(name);
    if (present !== undefined) return present;
    try {
      return await this.createTopic(internalTopic(name, this.#config));
    } catch (error) {
      // Somebody else asked first: its creation has ended before ours was refused.
      const created = this.#topics.get(name);
      if (created === undefined) throw error;
      return created;
    }
  }

  deleteTopic(name: string): Promise<void> {
    return this.#inTurn(name, async () => {
      const topic = this.#existing(name);
      await stored(this.#catalog.deleteTopic(name));
      this.#topics.delete(topic);
      this.#tell({ kind: 'topic-deleted', topic });
    });
  }

  async endDeletion(id: string): Promise<void> {
    await this.#catalog.endDeletion(id);
  }

  createPartitions(name: string, partitionCount: number): Promise<Topic> {
    return this.#inTurn(name, async () => {
      const topic = this.#existing(name);
      checkPartitionCount(topic, partitionCount);
      return this.#put('topic-changed', await stored(this.#catalog.addPartitions(name, partitionCount)));
    });
  }

  alterTopicConfigs(name: string, alter: AlterConfigs): Promise<void> {
    return this.#inTurn(name, async () => {
      const topic = this.#existing(name);
      const configs = new Map(alter(topic.configs));
      await stored(this.#catalog.setTopicConfigs(name, configs));
      this.#publish('topic-changed', { ...topic, configs });
    });
  }

  dynamicConfigs(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.#dynamic.get(resourceType)?.get(resourceName) ?? NO_CONFIGS;
  }

  resourceNames(resourceType: number): readonly string[] {
    return [...(this.#dynamic.get(resourceType)?.keys() ?? [])].sort();
  }

  groupConfig(groupId: string): GroupConfig {
    return new GroupConfig(this.#config, this.dynamicConfigs(ConfigResourceType.GROUP, groupId));
  }

  alterDynamicConfigs(resourceType: number, resourceName: string, alter: AlterConfigs): Promise<void> {
    return this.#changes.run(`config ${resourceType} ${resourceName}`, async () => {
      const configs = new Map(alter(this.dynamicConfigs(resourceType, resourceName)));
      await stored(this.#catalog.setConfigs(resourceType, resourceName, configs));
      this.#putConfigs(resourceType, resourceName, configs);
      if (resourceType === ConfigResourceType.BROKER) this.#applyBrokerConfigs();
      this.#tell({ kind: 'configs-changed', resourceType, resourceName });
    });
  }

  allocateProducerId(): Promise<bigint> {
    return stored(this.#producerIds.allocate());
  }

  onChange(listener: (change: MetadataChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Topics whose names collide are one thing: which of them exists decides about the others. */
  #inTurn<T>(name: string, change: () => Promise<T>): Promise<T> {
    return this.#changes.run(`topic ${collisionKey(name)}`, change);
  }

  #check(topic: NewTopic): { readonly partitionCount: number; readonly configs: ReadonlyMap<string, string> } {
    checkTopicName(topic.name);
    if (this.#topics.get(topic.name) !== undefined) {
      throw new KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${topic.name}' already exists.`);
    }
    const other = this.#topics.collidingWith(topic.name);
    if (other !== undefined) {
      const message = `Topic '${topic.name}' collides with existing topic: ${other}`;
      throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, message);
    }
    const configs = validateTopicConfigs(topic.configs, this.#config);
    return { partitionCount: checkPartitions(topic, this.#config), configs };
  }

  #existing(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw unknownTopic();
    return topic;
  }

  #put(kind: 'topic-created' | 'topic-changed', topic: CatalogTopic): Topic {
    return this.#publish(kind, toTopic(topic, this.#starts));
  }

  #publish(kind: 'topic-created' | 'topic-changed', topic: Topic): Topic {
    this.#topics.put(topic);
    this.#tell({ kind, topic });
    return topic;
  }

  #putConfigs(resourceType: number, resourceName: string, configs: ReadonlyMap<string, string>): void {
    const byName = this.#dynamic.get(resourceType) ?? new Map<string, ReadonlyMap<string, string>>();
    this.#dynamic.set(resourceType, byName);
    if (configs.size === 0) byName.delete(resourceName);
    else byName.set(resourceName, configs);
  }

  #applyBrokerConfigs(): void {
    const { BROKER } = ConfigResourceType;
    this.#config.setDynamic(this.dynamicConfigs(BROKER, ''), this.dynamicConfigs(BROKER, String(this.nodeId)));
  }

  #tell(change: MetadataChange): void {
    this.#changeCount += 1;
    for (const listener of this.#listeners) listener(change);
  }
}
