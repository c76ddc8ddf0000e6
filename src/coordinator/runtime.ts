/**
 * All partitions of one internal topic with their state machines. A state machine is loaded from its log in the
 * background as soon as the topic exists; until then its keys are answered with COORDINATOR_LOAD_IN_PROGRESS.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { MetadataChange, MetadataStore, Topic } from '../metadata/types.ts';
import type { PartitionManager } from '../partition/types.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { partitionFor } from './java-hash.ts';
import { LogRewriter } from './rewrite.ts';
import { ShardRunner } from './shard-runner.ts';
import type { CoordinatorShard, StateMachine } from './types.ts';

/** How often logs are looked at for rewriting. */
const REWRITE_CHECK_MS = 10_000;

export interface RuntimeOptions<T, S extends CoordinatorShard<T>> {
  readonly topicName: string;
  readonly metadata: MetadataStore;
  readonly partitions: PartitionManager;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Loads the code when there is a partition for it: a start without the topic does not wait for it. */
  readonly stateMachine: () => Promise<StateMachine<T, S>>;
  /** How long an answer waits for commits at most, in ms. */
  readonly writeTimeoutMs: () => number;
}

interface Slot<T, S extends CoordinatorShard<T>> {
  readonly runner: ShardRunner<T, S>;
  readonly rewriter: LogRewriter<T, S>;
  readonly loaded: Promise<void>;
}

export class CoordinatorRuntime<T, S extends CoordinatorShard<T>> {
  readonly #options: RuntimeOptions<T, S>;
  #slots: readonly Slot<T, S>[] = [];
  #topicId: string | null = null;
  #stopListening: (() => void) | null = null;
  #rewriteTimer: Timer | null = null;
  #isClosed = false;

  constructor(options: RuntimeOptions<T, S>) {
    this.#options = options;
  }

  /** Begins to load, if the topic exists, and follows its creation and deletion. */
  start(): void {
    const { metadata, topicName } = this.#options;
    this.#stopListening = metadata.onChange((change) => this.#onChange(change));
    const topic = metadata.topic(topicName);
    if (topic !== undefined) this.#open(topic);
    this.#scheduleRewriteCheck();
  }

  /** Resolves when no partition is loading any more. */
  async whenLoaded(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.loaded));
  }

  /**
   * Creates the topic if need be, so that `key` can be served.
   * @throws KafkaError COORDINATOR_NOT_AVAILABLE when it cannot be created
   */
  async ensureReady(key: string): Promise<void> {
    if (this.#isClosed) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    if (this.#slots.length === 0) {
      try {
        const topic = await this.#options.metadata.ensureInternalTopic(this.#options.topicName);
        this.#open(topic);
      } catch (cause) {
        throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE, `${this.#options.topicName} cannot be created.`, {
          cause,
        });
      }
    }
    const slot = this.#slots[this.partitionFor(key)];
    // An empty log loads at once; a long one is not worth keeping the client waiting for.
    if (slot?.runner.log.logEndOffset === 0) await slot.loaded;
  }

  /** Partition of a key, 0 as long as there is no topic. */
  partitionFor(key: string): number {
    return this.#slots.length === 0 ? 0 : partitionFor(key, this.#slots.length);
  }

  /** The partition a key belongs to. @throws KafkaError NOT_COORDINATOR without the topic */
  runnerFor(key: string): ShardRunner<T, S> {
    const slot = this.#slots[this.partitionFor(key)];
    if (slot === undefined || this.#isClosed) throw new KafkaError(ErrorCode.NOT_COORDINATOR);
    this.#maybeRewrite(slot);
    return slot.runner;
  }

  /** Every partition, loaded or not. */
  runners(): readonly ShardRunner<T, S>[] {
    return this.#slots.map((slot) => slot.runner);
  }

  /**
   * As if the partition of `key` had moved to another broker and back: what is parked there is answered NOT_COORDINATOR,
   * and the state is read anew. Resolves when it is there again; at once without the topic.
   */
  async reload(key: string): Promise<void> {
    const at = this.partitionFor(key);
    const slot = this.#slots[at];
    if (slot === undefined || this.#isClosed) return;
    slot.runner.close(new KafkaError(ErrorCode.NOT_COORDINATOR));
    const { log } = slot.runner;
    const { clock, logger, writeTimeoutMs, partitions } = this.#options;
    const runner = new ShardRunner({ log, clock, logger, stateMachine: this.#options.stateMachine(), writeTimeoutMs });
    // What was written and is not committed yet counts as well.
    const committed = new Promise<void>((resolve) => log.whenCommitted(log.logEndOffset, () => resolve()));
    const loaded = committed.then(() => runner.load());
    const rewriter = new LogRewriter(runner, clock.monotonicMs(), () => partitions.journalUsage);
    this.#slots = this.#slots.with(at, { runner, rewriter, loaded });
    await loaded;
  }

  #onChange(change: MetadataChange): void {
    if (change.kind === 'configs-changed' || change.topic.name !== this.#options.topicName) return;
    if (change.kind === 'topic-created') this.#open(change.topic);
    else if (change.kind === 'topic-deleted') this.#closeSlots(new KafkaError(ErrorCode.NOT_COORDINATOR));
    // More partitions take effect at the next start, as in Kafka: groups would have to move.
  }

  #open(topic: Topic): void {
    if (this.#isClosed || this.#topicId === topic.id) return;
    const { clock, logger, writeTimeoutMs, partitions, topicName } = this.#options;
    const stateMachine = this.#options.stateMachine();
    let previous = Promise.resolve();
    this.#slots = topic.partitions.map(({ index }) => {
      const log = partitions.get(topicName, index);
      if (log === undefined) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE);
      const runner = new ShardRunner({ log, clock, logger, stateMachine, writeTimeoutMs });
      // Empty logs need no turn in the queue of those that have to be read.
      const loaded = log.logEndOffset === 0 ? runner.load() : previous.then(() => runner.load());
      if (log.logEndOffset > 0) previous = loaded;
      return { runner, rewriter: new LogRewriter(runner, clock.monotonicMs(), () => partitions.journalUsage), loaded };
    });
    this.#topicId = topic.id;
  }

  #scheduleRewriteCheck(): void {
    if (this.#isClosed) return;
    this.#rewriteTimer = this.#options.clock.setTimer(REWRITE_CHECK_MS, () => {
      for (const slot of this.#slots) this.#maybeRewrite(slot);
      this.#scheduleRewriteCheck();
    });
  }

  #maybeRewrite({ rewriter, runner }: Slot<T, S>): void {
    const { clock, logger, topicName } = this.#options;
    rewriter.maybeRewrite(clock.monotonicMs())?.catch(() => {
      if (runner.status !== 'active') return;
      logger.warn('coordinator-rewrite-failed', 'A log could not be shortened; it is tried again later.', {
        topic: topicName,
      });
    });
  }

  #closeSlots(error: KafkaError): void {
    const slots = this.#slots;
    this.#slots = [];
    this.#topicId = null;
    for (const { runner } of slots) runner.close(error);
  }

  /** Stops serving and answers what is parked. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening?.();
    this.#rewriteTimer?.cancel();
    this.#closeSlots(new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE));
  }
}
