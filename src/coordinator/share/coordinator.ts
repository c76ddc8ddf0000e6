/** The share coordinator: keeps the state of share partitions in __share_group_state (KIP-932). */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { messageOf } from '../../base/realms.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import type { MetadataChange, MetadataStore } from '../../metadata/types.ts';
import type { PartitionManager } from '../../partition/types.ts';
import { CoordinatorRuntime } from '../runtime.ts';
import type { ShardStatus } from '../shard-runner.ts';
import { split } from '../types.ts';
import type { ShareResult } from './operations.ts';
import { coordinatorKey } from './coordinator-key.ts';
import type { SharePartitionKey, ShareRecord } from './records.ts';
import type { ShareShard } from './shard.ts';

const TOPIC = '__share_group_state';

export interface ShareCoordinatorOptions {
  readonly config: BrokerConfig;
  readonly metadata: MetadataStore;
  readonly partitions: PartitionManager;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ShareCoordinator {
  readonly #metadata: MetadataStore;
  readonly #logger: Logger;
  readonly #runtime: CoordinatorRuntime<ShareRecord, ShareShard>;
  #stopListening: (() => void) | null = null;

  /** It serves nothing before `start`. */
  constructor(options: ShareCoordinatorOptions) {
    const { config, metadata, partitions, clock } = options;
    this.#metadata = metadata;
    this.#logger = options.logger.child({ component: 'share-coordinator' });
    const updatesPerSnapshot = (): number => config.int('share.coordinator.snapshot.update.records.per.snapshot');
    this.#runtime = new CoordinatorRuntime<ShareRecord, ShareShard>({
      topicName: TOPIC,
      writeTimeoutMs: () => config.int('share.coordinator.write.timeout.ms'),
      async stateMachine() {
        const [{ ShareShard }, { shareRecordCodec }] = await Promise.all([
          import('./shard.ts'),
          import('./records.ts'),
        ]);
        return { codec: shareRecordCodec, makeShard: () => new ShareShard({ clock, metadata, updatesPerSnapshot }) };
      },
      logger: this.#logger,
      metadata,
      partitions,
      clock,
    });
  }

  /** Begins to load, if the topic exists. From now on the states of deleted topics go with them. */
  start(): void {
    this.#stopListening = this.#metadata.onChange((change) => this.#onChange(change));
    this.#runtime.start();
  }

  /** Resolves when no partition of the topic is loading any more. */
  whenLoaded(): Promise<void> {
    return this.#runtime.whenLoaded();
  }

  /** How each partition of the topic stands. */
  statuses(): readonly ShardStatus[] {
    return this.#runtime.runners().map(({ status }) => status);
  }

  /** Creates the topic if need be, so that the share partition can be served. @throws KafkaError COORDINATOR_NOT_AVAILABLE */
  ensureReady(key: string): Promise<void> {
    return this.#runtime.ensureReady(key);
  }

  /**
   * Runs an operation on the state of a share partition; it is answered when what it wrote is committed.
   * @throws KafkaError (as a rejection) of the operation, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR,
   *   COORDINATOR_NOT_AVAILABLE
   */
  async run<R>(key: SharePartitionKey, operation: (shard: ShareShard) => ShareResult<R>): Promise<R> {
    return this.#runtime.runnerFor(coordinatorKey(key)).write(operation);
  }

  /** As `run`, once the topic exists and is loaded. */
  async runWhenReady<R>(key: SharePartitionKey, operation: (shard: ShareShard) => ShareResult<R>): Promise<R> {
    await this.#runtime.ensureReady(coordinatorKey(key));
    await this.#runtime.whenLoaded();
    return this.run(key, operation);
  }

  #onChange(change: MetadataChange): void {
    if (change.kind !== 'topic-deleted') return;
    const { id } = change.topic;
    for (const runner of this.#runtime.runners().filter(({ status }) => status === 'active')) {
      const keys = [...runner.shard.states()].map(({ key }) => key).filter(({ topicId }) => topicId === id);
      if (keys.length === 0) continue;
      const tombstones = keys.map((key) => ({ kind: 'snapshot', key, value: null }) as const);
      runner
        .write(() => split(tombstones, undefined))
        .catch((error: unknown) => {
          this.#logger.warn('share-state-kept', 'The state of a deleted topic could not be forgotten.', {
            topic: change.topic.name,
            error: messageOf(error),
          });
        });
    }
  }

  async close(): Promise<void> {
    this.#stopListening?.();
    this.#runtime.close();
  }
}
