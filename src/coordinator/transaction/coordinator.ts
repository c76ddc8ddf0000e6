/**
 * The transaction coordinator (KIP-98, KIP-890): finds the partition of a transactional id and runs an operation on its
 * state machine. Handlers name the operation; each lies in a file of its own beside this one.
 */
import type { Clock } from '../../base/clock.ts';
import { Deadlines } from '../../base/deadlines.ts';
import type { Logger } from '../../base/logger.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import { TRANSACTION_STATE_TOPIC } from '../../metadata/topic-name.ts';
import type { MetadataStore } from '../../metadata/types.ts';
import type { PartitionManager } from '../../partition/types.ts';
import { CoordinatorRuntime } from '../runtime.ts';
import type { ShardRunner } from '../shard-runner.ts';
import type { ShardContext } from '../types.ts';
import { Completions } from './completions.ts';
import { NoProducerIdError, type TransactionEnvironment, type TransactionResult } from './environment.ts';
import type { TransactionRecord } from './records.ts';
import { type TransactionSettings, transactionSettings } from './settings.ts';
import type { TransactionShard } from './transaction-shard.ts';
import type { TransactionMarkers } from './types.ts';

/** How long a request waits at most for its record, in ms: Kafka's request timeout between brokers. */
const WRITE_TIMEOUT_MS = 30_000;

export interface TransactionCoordinatorOptions {
  readonly config: BrokerConfig;
  readonly metadata: MetadataStore;
  readonly partitions: PartitionManager;
  readonly markers: TransactionMarkers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The level in force of the feature transaction.version. */
  readonly transactionVersion: () => number;
}

export class TransactionCoordinator {
  readonly settings: TransactionSettings;
  readonly #metadata: MetadataStore;
  readonly #runtime: CoordinatorRuntime<TransactionRecord, TransactionShard>;
  readonly #completions: Completions;
  readonly #deadlines: Deadlines;
  /** Producer ids that nobody has got yet. */
  readonly #producerIds: bigint[] = [];

  constructor(options: TransactionCoordinatorOptions) {
    const { config, metadata, clock, transactionVersion } = options;
    const logger = options.logger.child({ component: 'transaction-coordinator' });
    this.settings = transactionSettings(config);
    this.#metadata = metadata;
    this.#deadlines = new Deadlines(clock);
    this.#completions = new Completions({
      ...options,
      logger,
      runnerFor: (transactionalId) => this.runnerFor(transactionalId),
    });
    this.#runtime = new CoordinatorRuntime({
      ...options,
      logger,
      topicName: TRANSACTION_STATE_TOPIC,
      writeTimeoutMs: () => WRITE_TIMEOUT_MS,
      stateMachine: async () => {
        const [{ TransactionShard }, { transactionRecordCodec }] = await Promise.all([
          import('./transaction-shard.ts'),
          import('./records.ts'),
        ]);
        const shared = {
          clock,
          transactionVersion,
          settings: this.settings,
          takeProducerId: () => this.#takeProducerId(),
          // Where the catalog cannot give any, whoever wants one asks again.
          wantProducerId: () => void this.#fetchProducerId().catch(() => undefined),
          onPrepared: (transactionalId: string) => this.#completions.begin(transactionalId),
        };
        const makeShard = (context: ShardContext<TransactionRecord>) => new TransactionShard(context, shared);
        return { codec: transactionRecordCodec(transactionVersion), makeShard };
      },
    });
  }

  /** Begins to load the state from __transaction_state, if the topic exists, and to end what is prepared. */
  start(): void {
    this.#runtime.start();
  }

  /** Resolves when no partition of __transaction_state is loading any more. */
  whenLoaded(): Promise<void> {
    return this.#runtime.whenLoaded();
  }

  /** Makes sure the id can be served; creates __transaction_state. @throws KafkaError COORDINATOR_NOT_AVAILABLE */
  ensureReady(transactionalId: string): Promise<void> {
    return this.#runtime.ensureReady(transactionalId);
  }

  /** As CoordinatorRuntime.reload. */
  reload(transactionalId: string): Promise<void> {
    return this.#runtime.reload(transactionalId);
  }

  /** The partition of the id. @throws KafkaError NOT_COORDINATOR */
  runnerFor(transactionalId: string): ShardRunner<TransactionRecord, TransactionShard> {
    return this.#runtime.runnerFor(transactionalId);
  }

  /** Every partition, loaded or not. */
  runners(): readonly ShardRunner<TransactionRecord, TransactionShard>[] {
    return this.#runtime.runners();
  }

  /**
   * Runs an operation on the id's state; what it answers is committed.
   * @throws KafkaError (as a rejection) of the operation, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR,
   *   COORDINATOR_NOT_AVAILABLE
   */
  async write<R>(
    transactionalId: string,
    operation: (env: TransactionEnvironment) => TransactionResult<R>,
  ): Promise<R> {
    for (;;) {
      try {
        return await this.runnerFor(transactionalId).write((shard) => operation(shard.env));
      } catch (error) {
        if (!(error instanceof NoProducerIdError)) throw error;
        await this.#fetchProducerId();
      }
    }
  }

  async #fetchProducerId(): Promise<void> {
    this.#producerIds.push(await this.#metadata.allocateProducerId());
  }

  #takeProducerId(): bigint {
    const producerId = this.#producerIds.pop();
    if (producerId === undefined) throw new NoProducerIdError();
    return producerId;
  }

  /** Resolves when no transaction of the id is on its way to its end, at the latest after `ms`. */
  whenEnded(transactionalId: string, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const ended = (): void => {
        cancel();
        resolve();
      };
      const stopWaiting = this.#completions.onceEnded(transactionalId, ended);
      const cancel = this.#deadlines.add(() => {
        stopWaiting?.();
        resolve();
      }, ms);
      if (stopWaiting === null) ended();
    });
  }

  /** Answers what waits with COORDINATOR_NOT_AVAILABLE; what is prepared goes on at the next start. */
  async close(): Promise<void> {
    this.#completions.close();
    this.#runtime.close();
    this.#deadlines.close();
  }
}
