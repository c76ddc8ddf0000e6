/** The transaction coordinator for tests: over partitions and an engine in memory, on a manual clock. */
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { type BrokerConfig, createBrokerConfig } from '../../src/config/broker-config.ts';
import { addPartitions } from '../../src/coordinator/transaction/add-partitions.ts';
import { TransactionCoordinator } from '../../src/coordinator/transaction/coordinator.ts';
import { describeTransaction } from '../../src/coordinator/transaction/describe.ts';
import { endTransaction } from '../../src/coordinator/transaction/end-transaction.ts';
import { initProducerId, type ProducerIdAndEpoch } from '../../src/coordinator/transaction/init-producer-id.ts';
import type { TransactionMetadata } from '../../src/coordinator/transaction/metadata.ts';
import type { TopicPartition } from '../../src/coordinator/transaction/partition-set.ts';
import { transactionRecord } from '../../src/coordinator/transaction/records.ts';
import type { ClientTransactionVersion, TransactionMarkers } from '../../src/coordinator/transaction/types.ts';
import { replayed } from '../../src/coordinator/types.ts';
import { CatalogMetadataStore } from '../../src/metadata/store.ts';
import { StreamPartitionManager } from '../../src/partition/manager.ts';
import type { EndTransactionMarker } from '../../src/partition/types.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { KafkaError } from '../../protocol/errors.ts';
import { settle } from './groups.ts';
import { MemoryEngine } from './memory-engine.ts';

export const TIMEOUT_MS = 60_000;

/** The partition of topic `t` with this index. */
export const part = (partition: number): TopicPartition => ({ topic: 't', partition });

export interface WrittenMarker extends EndTransactionMarker {
  readonly partitions: readonly TopicPartition[];
}

/** Markers that are written when the test says so. */
class HeldMarkers implements TransactionMarkers {
  readonly written: WrittenMarker[] = [];
  isHeld = false;
  readonly #waiting: (() => void)[] = [];

  async write(partitions: Iterable<TopicPartition>, marker: EndTransactionMarker): Promise<void> {
    if (this.isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.written.push({ ...marker, partitions: [...partitions] });
  }

  release(): void {
    this.isHeld = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** What lives through a restart. */
interface Storage {
  readonly catalog: MemoryCatalog;
  readonly engine: MemoryEngine;
  readonly clock: ManualClock;
}

export interface TransactionWorldOptions extends Partial<Storage> {
  readonly settings?: Readonly<Record<string, string>>;
  /** Level of the feature transaction.version. */
  readonly level?: number;
}

export class TransactionWorld {
  readonly coordinator: TransactionCoordinator;
  readonly metadata: CatalogMetadataStore;
  readonly markers = new HeldMarkers();
  readonly clock: ManualClock;
  readonly engine: MemoryEngine;
  readonly #options: TransactionWorldOptions;

  private constructor(
    options: TransactionWorldOptions & Storage,
    config: BrokerConfig,
    metadata: CatalogMetadataStore,
  ) {
    const { clock, engine, level = 2 } = options;
    this.#options = options;
    this.clock = clock;
    this.engine = engine;
    this.metadata = metadata;
    this.coordinator = new TransactionCoordinator({
      config,
      metadata,
      partitions: new StreamPartitionManager({ metadata, engine, config, clock, logger: silentLogger }),
      markers: this.markers,
      clock,
      logger: silentLogger,
      transactionVersion: () => level,
    });
    this.coordinator.start();
  }

  /** A coordinator that has been asked for. */
  static async open(options: TransactionWorldOptions = {}): Promise<TransactionWorld> {
    const { catalog = new MemoryCatalog(), engine = new MemoryEngine(), clock = new ManualClock() } = options;
    const settings = { 'walka.durability': 'memory', 'transaction.state.log.num.partitions': '2', ...options.settings };
    const config = createBrokerConfig(new Map(Object.entries(settings)));
    const metadata = await CatalogMetadataStore.open({ catalog, config, random: seededRandom(1) });
    await catalog.start();
    const world = new TransactionWorld({ ...options, catalog, engine, clock }, config, metadata);
    await world.coordinator.ensureReady('id');
    await world.coordinator.whenLoaded();
    return world;
  }

  /** Stops without a word and starts again on what is stored. */
  async restart(options: Pick<TransactionWorldOptions, 'level' | 'settings'> = {}): Promise<TransactionWorld> {
    await this.coordinator.close();
    return TransactionWorld.open({ ...this.#options, ...options });
  }

  /** Moves time and lets what follows from it happen. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settle();
  }

  async init(
    producer: ProducerIdAndEpoch | null = null,
    transactionalId = 'id',
    timeoutMs = TIMEOUT_MS,
  ): Promise<ProducerIdAndEpoch> {
    const given = await this.coordinator.write(transactionalId, (env) =>
      initProducerId(env, { transactionalId, timeoutMs, producer }),
    );
    return given ?? { producerId: -1n, producerEpoch: -1 };
  }

  add(
    producer: ProducerIdAndEpoch,
    partitions: readonly number[],
    version: ClientTransactionVersion = 2,
    transactionalId = 'id',
  ): Promise<void> {
    return this.coordinator.write(transactionalId, (env) =>
      addPartitions(env, { ...producer, transactionalId }, partitions.map(part), version),
    );
  }

  end(
    producer: ProducerIdAndEpoch,
    outcome: 'commit' | 'abort',
    version: ClientTransactionVersion = 2,
    transactionalId = 'id',
  ): Promise<ProducerIdAndEpoch> {
    return this.coordinator.write(transactionalId, (env) =>
      endTransaction(env, { ...producer, transactionalId }, outcome, version),
    );
  }

  describe(transactionalId = 'id'): ReturnType<typeof describeTransaction> {
    return describeTransaction(this.coordinator.runnerFor(transactionalId).shard.env, transactionalId);
  }

  /** Gives the id this epoch, which would take very many requests. */
  async setEpoch(producerEpoch: number, lastProducerEpoch = -1, transactionalId = 'id'): Promise<ProducerIdAndEpoch> {
    await this.init(null, transactionalId);
    const metadata = this.stored(transactionalId) as TransactionMetadata;
    const changed = { ...metadata, producerEpoch, lastProducerEpoch };
    await this.coordinator.write(transactionalId, () => replayed([transactionRecord(changed)], undefined));
    return { producerId: metadata.producerId, producerEpoch };
  }

  stored(transactionalId = 'id'): TransactionMetadata | undefined {
    return this.coordinator.runnerFor(transactionalId).shard.env.transactions.get(transactionalId);
  }
}

/** The code of the KafkaError that a promise is rejected with, 0 if it is not. */
export async function codeOf(promise: Promise<unknown>): Promise<number> {
  try {
    await promise;
    return 0;
  } catch (error) {
    if (error instanceof KafkaError) return error.code;
    throw error;
  }
}
