/**
 * The group coordinator: finds the partition of a group and runs operations on it. What can be done to groups is in the
 * folders beside; handlers run it from here.
 */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { messageOf } from '../../base/realms.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import type { MetadataChange, MetadataStore } from '../../metadata/types.ts';
import type { EndTransactionMarker, PartitionManager } from '../../partition/types.ts';
import type { TransactionVerification } from '../../partition/verification.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { errorCodeOf } from '../errors.ts';
import { CoordinatorRuntime } from '../runtime.ts';
import type { ShardRunner, ShardStatus } from '../shard-runner.ts';
import { split } from '../types.ts';
import type { TransactionalProducer } from '../types.ts';
import type { GroupEnvironment, GroupResult } from './environment.ts';
import { TopicImage } from './modern/topic-image.ts';
import type { GroupRecord } from './protocol.ts';
import { groupSettings } from './settings.ts';
import type { GroupShard } from './shard.ts';

/** The internal topic of groups and committed offsets. */
export const CONSUMER_OFFSETS_TOPIC = '__consumer_offsets';

export interface GroupCoordinatorOptions {
  readonly config: BrokerConfig;
  readonly metadata: MetadataStore;
  readonly partitions: PartitionManager;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

type Runner = ShardRunner<GroupRecord, GroupShard>;

/**
 * Whatever runs an operation throws (promises reject with) what the operation throws, and KafkaError
 * COORDINATOR_LOAD_IN_PROGRESS while the group's partition is being read, NOT_COORDINATOR while there is none, and
 * COORDINATOR_NOT_AVAILABLE while the broker stops or when a commit takes too long. What a promise answers is committed.
 */
export class GroupCoordinator {
  readonly #metadata: MetadataStore;
  readonly #topics: TopicImage;
  readonly #logger: Logger;
  #stopListening: (() => void) | null = null;
  readonly #runtime: CoordinatorRuntime<GroupRecord, GroupShard>;

  /** It serves nothing before `start`. */
  constructor(options: GroupCoordinatorOptions) {
    const { config, metadata, partitions, clock, random } = options;
    const settings = groupSettings(config);
    const topics = new TopicImage(metadata, config.rack, clock.now());
    this.#metadata = metadata;
    this.#topics = topics;
    this.#logger = options.logger.child({ component: 'group-coordinator' });
    this.#runtime = new CoordinatorRuntime<GroupRecord, GroupShard>({
      topicName: CONSUMER_OFFSETS_TOPIC,
      writeTimeoutMs: () => settings.commitTimeoutMs,
      async stateMachine() {
        const code = await import('./shard.ts');
        const shared = { config, settings, clock, random, metadata, topics };
        return { codec: code.groupRecordCodec, makeShard: (context) => new code.GroupShard(context, shared) };
      },
      logger: this.#logger,
      metadata,
      partitions,
      clock,
    });
  }

  /**
   * Begins to load the state from __consumer_offsets, if the topic exists; requests are answered meanwhile. From now on
   * the offsets of deleted topics go with them.
   */
  start(): void {
    this.#stopListening = this.#metadata.onChange((change) => this.#onChange(change));
    this.#runtime.start();
  }

  /** Resolves when no partition of __consumer_offsets is loading any more. */
  whenLoaded(): Promise<void> {
    return this.#runtime.whenLoaded();
  }

  /** How each partition of __consumer_offsets stands. */
  statuses(): readonly ShardStatus[] {
    return this.#runtime.runners().map(({ status }) => status);
  }

  /** Those partitions that are loaded, to look at. */
  environments(): readonly GroupEnvironment[] {
    return this.#runtime.runners().flatMap((runner) => (runner.status === 'active' ? [runner.shard.env] : []));
  }

  /** Makes sure the coordinator of `groupId` can serve; creates __consumer_offsets. @throws KafkaError COORDINATOR_NOT_AVAILABLE */
  ensureReady(groupId: string): Promise<void> {
    return this.#runtime.ensureReady(groupId);
  }

  /** Partition of __consumer_offsets that a group belongs to. */
  partitionFor(groupId: string): number {
    return this.#runtime.partitionFor(groupId);
  }

  /** As CoordinatorRuntime.reload. */
  reload(groupId: string): Promise<void> {
    return this.#runtime.reload(groupId);
  }

  /** Runs an operation; it is answered when its records, and all before them, are committed. */
  async write<R>(groupId: string, operation: (env: GroupEnvironment) => GroupResult<R>): Promise<R> {
    return this.#runtime.runnerFor(groupId).write(({ env }) => operation(env));
  }

  /**
   * For `writeInTransaction`, before the transaction coordinator is asked whether the transaction contains the group's
   * partition. Null: it is known to.
   */
  startVerification(groupId: string, producer: TransactionalProducer): TransactionVerification | null {
    const { shard: _mustBeLoaded, log } = this.#runtime.runnerFor(groupId);
    return log.startVerification({ ...producer, baseSequence: -1, supportsEpochBump: true });
  }

  /** As `write`; what need not be waited for is answered, or thrown, at once. */
  writeOrAnswer<R>(groupId: string, operation: (env: GroupEnvironment) => GroupResult<R>): R | Promise<R> {
    return this.#runtime.runnerFor(groupId).writeOrAnswer(({ env }) => operation(env));
  }

  /** As `write`, inside the producer's transaction: the records count when, and if, it is committed. */
  async writeInTransaction<R>(
    groupId: string,
    producer: TransactionalProducer,
    verification: TransactionVerification | null,
    operation: (env: GroupEnvironment) => GroupResult<R>,
  ): Promise<R> {
    const runner = this.#runtime.runnerFor(groupId);
    return runner.writeInTransaction(producer, verification, ({ env }) => operation(env));
  }

  /** Runs a query; it is answered when all that it can have seen is committed. */
  async read<R>(groupId: string, query: (env: GroupEnvironment) => R): Promise<R> {
    return this.#runtime.runnerFor(groupId).read(({ env }) => query(env));
  }

  /** Runs what writes nothing and answers nothing of what is stored, at once. */
  atOnce<R>(groupId: string, operation: (env: GroupEnvironment) => R): R {
    return operation(this.#runtime.runnerFor(groupId).shard.env);
  }

  /**
   * Runs an operation that answers through a callback, now or later, or by its response; a KafkaError before it did is
   * answered by what `failed` makes of its code.
   */
  parked<R>(
    groupId: string,
    operation: (env: GroupEnvironment, answer: (response: R) => void) => GroupResult<R | void>,
    failed: (errorCode: number) => R,
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      const answered = this.write(groupId, (env) => operation(env, resolve)).then((response) => {
        if (response !== undefined) resolve(response);
      });
      answered.catch((error: unknown) => {
        if (error instanceof KafkaError) resolve(failed(error.code));
        else reject(error);
      });
    });
  }

  /** As `read`, of every partition that is coordinated here. */
  async readAll<R>(query: (env: GroupEnvironment) => readonly R[]): Promise<R[]> {
    const answers = this.#runtime.runners().map(async (runner) => {
      try {
        return await runner.read(({ env }) => query(env));
      } catch (error) {
        if (errorCodeOf(error) === ErrorCode.NOT_COORDINATOR) return [];
        throw error;
      }
    });
    return (await Promise.all(answers)).flat();
  }

  /** False for a partition that __consumer_offsets was given since the start: no group belongs to it yet. */
  coordinates(partition: number): boolean {
    return this.#runtime.runners()[partition] !== undefined;
  }

  /** Ends a producer's transaction in a partition of __consumer_offsets; resolves when the marker is committed. */
  async endTransaction(partition: number, marker: EndTransactionMarker): Promise<void> {
    const runner = this.#runtime.runners()[partition];
    if (runner === undefined) throw new KafkaError(ErrorCode.NOT_COORDINATOR);
    return runner.endTransaction(marker);
  }

  #onChange(change: MetadataChange): void {
    // Partitions still loading look for what concerns them when they are loaded.
    const active = this.#runtime.runners().filter(({ status }) => status === 'active');
    for (const runner of active) {
      runner.shard.onMetadataChange(change);
      if (change.kind === 'topic-deleted') this.#forgetTopic(runner, change.topic.name);
    }
  }

  /** Forgets what was committed for a topic. */
  #forgetTopic(runner: Runner, topicName: string): void {
    const forgotten = runner.write((shard) => split(shard.topicTombstones(topicName), undefined));
    forgotten.catch((error: unknown) => {
      this.#logger.warn('topic-offsets-kept', 'Offsets of a deleted topic could not be forgotten yet.', {
        topic: topicName,
        error: messageOf(error),
      });
    });
  }

  /** Answers everything parked with COORDINATOR_NOT_AVAILABLE. */
  async close(): Promise<void> {
    this.#stopListening?.();
    this.#topics.close();
    this.#runtime.close();
  }
}
