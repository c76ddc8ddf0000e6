/** A broker in this process, as its program sees it. What is not needed at the start is loaded with the first call. */
import { EventEmitter } from 'node:events';
import type { RunningBroker } from '../broker.ts';
import type { TopicSpec } from '../cli/topic-spec.ts';
import type { BrokerServices } from '../handlers/types.ts';
import type { GroupInfo } from './admin/groups.ts';
import {
  createTopic,
  deleteTopic,
  listTopics,
  type PartitionOffsets,
  type TopicInfo,
  topicOffsets,
} from './admin/topics.ts';
import { checkOptionsObject, checkText } from './arguments.ts';
import { reachableAddress } from './reachable-address.ts';
import { BrokerClock, type MovableClock } from './clock.ts';
import type { CoordinatorKey } from './faults/coordinators.ts';
import { FaultInjection } from './faults/injection.ts';
import type {
  ApiPattern,
  BrokerRequest,
  Control,
  DelayOptions,
  DropOptions,
  FailOptions,
  Fault,
  FaultOptions,
  ThrottleOptions,
} from './faults/types.ts';
import type { RecordProducer } from './records/produce.ts';
import type {
  ConsumedRecord,
  FollowOptions,
  ProducedRecord,
  ProduceOptions,
  ReadOptions,
  RecordFormat,
  RecordPlace,
  WaitOptions,
} from './records/types.ts';
import type { Recording, RecordOptions } from './wire/types.ts';

export interface BrokerEvents {
  /** The journal failed for good: reads go on, writes are refused. The program is never ended by the broker. */
  readonly error: [error: Error];
  /** A request came in, before faults and the broker itself see it. */
  readonly request: [request: BrokerRequest];
}

/** @internal */
export interface BrokerParts {
  readonly running: RunningBroker;
  /** Made anew by `reset`. */
  readonly firstTopics: readonly TopicSpec[];
  readonly clock: MovableClock;
  /** Called once it is closed. */
  readonly onClosed?: () => Promise<void>;
}

/** A broker in this process. Emits 'error' when its journal failed for good, if somebody listens. */
export class Broker extends EventEmitter<BrokerEvents> implements AsyncDisposable {
  /** The broker's time, which can be moved ahead. */
  readonly clock: BrokerClock;
  readonly #running: RunningBroker;
  readonly #firstTopics: readonly TopicSpec[];
  readonly #faults: FaultInjection;
  #producer: Promise<RecordProducer> | null = null;
  readonly #onClosed: () => Promise<void>;
  readonly #recordings = new Set<Recording>();
  #closing: Promise<void> | null = null;
  /** Ends what waits for records. */
  readonly #closed = new AbortController();
  /** The first is told before a listener is there, the second when it has gone. */
  readonly #watches = {
    newListener: (name: string | symbol) => name === 'request' && this.#tellWatched(1),
    removeListener: (name: string | symbol) => name === 'request' && this.#tellWatched(0),
  };

  /** @internal */
  constructor({ running, firstTopics, clock, onClosed }: BrokerParts) {
    super();
    this.#running = running;
    this.#firstTopics = firstTopics;
    this.#onClosed = onClosed ?? (() => Promise.resolve());
    this.clock = new BrokerClock(clock);
    this.#faults = new FaultInjection(
      running,
      () => this.#services,
      (request) => this.emit('request', request),
    );
    this.#watchListeners();
  }

  /** The broker goes on knowing who listens for requests. */
  override removeAllListeners(...names: Parameters<EventEmitter<BrokerEvents>['removeAllListeners']>): this {
    super.removeAllListeners(...names);
    this.#watchListeners();
    return this;
  }

  #watchListeners(): void {
    for (const [name, watch] of Object.entries(this.#watches)) {
      super.off(name, watch);
      super.on(name, watch);
    }
    this.#tellWatched(0);
  }

  #tellWatched(added: number): void {
    this.#faults.isWatched = this.listenerCount('request') + added > 0;
  }

  /** @throws Error once the broker is closed: what is left then would be taken for what is there */
  get #open(): RunningBroker {
    if (this.#closed.signal.aborted) throw new Error('The broker is closed');
    return this.#running;
  }

  get #services(): BrokerServices {
    return this.#open.services;
  }

  /** Where clients connect: `host:port`, several joined by commas. */
  get bootstrapServers(): string {
    return this.#running.listeners.map(reachableAddress).join(',');
  }

  get clusterId(): string {
    return this.#running.clusterId;
  }

  /** Port of metrics and health over HTTP, or null unless `walka.metrics.port` asks for them. */
  get metricsPort(): number | null {
    return this.#running.metricsPort;
  }

  /**
   * Writes records without a client; resolves with their places, in their order, once consumers may read them. They are
   * checked as a client's are, and a topic that is not there is created where `auto.create.topics.enable` allows it.
   *
   * A record is `{ key, value, headers, partition, timestamp }`, or its value alone, if that is text or bytes. What else
   * a key or `value` is, is written as JSON; `value: null` is a tombstone.
   * @throws KafkaError, as a producer would get it: UNKNOWN_TOPIC_OR_PARTITION, INVALID_RECORD, MESSAGE_TOO_LARGE…;
   * TypeError or RangeError for what is no record
   */
  async produce(
    topic: string,
    records: string | Uint8Array | ProducedRecord | readonly (string | Uint8Array | ProducedRecord)[],
    options: ProduceOptions = {},
  ): Promise<RecordPlace[]> {
    checkText('produce: the topic', topic);
    checkOptionsObject('produce', options);
    const services = this.#services;
    this.#producer ??= import('./records/produce.ts').then((code) => new code.RecordProducer(services));
    return (await this.#producer).produce(topic, records, options);
  }

  /**
   * The records that are in a topic now, sorted by partition and offset: those that consumers see, so without markers of
   * transactions, and without what was aborted unless `isolation` says otherwise. Keys and values are text, or as `as`
   * says.
   * @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION
   */
  async records<F extends RecordFormat = 'text'>(
    topic: string,
    options: ReadOptions<F> = {},
  ): Promise<ConsumedRecord<F>[]> {
    const { readRecords } = await import('./records/read.ts');
    return readRecords(this.#services, topic, options);
  }

  /**
   * The records of a topic as they come, after those that are there: `for await (const record of broker.follow('t'))`.
   * A topic that is not there yet is waited for, one that is made anew read from its beginning. Ends by `break`, by the
   * signal, with `to` or `limit`, and with the broker.
   */
  async *follow<F extends RecordFormat = 'text'>(
    topic: string,
    options: FollowOptions<F> = {},
  ): AsyncGenerator<ConsumedRecord<F>, void, undefined> {
    const { followRecords } = await import('./records/read.ts');
    yield* followRecords(this.#services, topic, options, this.#closed.signal);
  }

  /**
   * All records of a topic once there are `wanted` of them, or once `wanted`, which gets all that came so far, says true.
   * A topic that is not there yet is waited for.
   * @throws Error that shows what did come, when it did not within `timeout` ms (default 5000) of real time
   */
  async waitForRecords<F extends RecordFormat = 'text'>(
    topic: string,
    wanted: number | ((records: readonly ConsumedRecord<F>[]) => boolean),
    options: WaitOptions<F> = {},
  ): Promise<ConsumedRecord<F>[]> {
    const { waitForRecords } = await import('./records/wait.ts');
    return waitForRecords(this.#services, topic, wanted, options, this.#closed.signal);
  }

  /** The topics that there are, sorted by name, without the broker's own. */
  topics(): TopicInfo[] {
    return listTopics(this.#services);
  }

  /** Where the records of each partition of a topic begin and end. @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION */
  async offsets(topic: string): Promise<PartitionOffsets[]> {
    checkText('offsets: the topic', topic);
    return topicOffsets(this.#services, topic);
  }

  /** @throws KafkaError TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_CONFIG…; ConfigError */
  async createTopic(topic: string | TopicSpec): Promise<void> {
    return createTopic(this.#services, topic);
  }

  /** @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION */
  async deleteTopic(topic: string): Promise<void> {
    checkText('deleteTopic: the topic', topic);
    return deleteTopic(this.#services, topic);
  }

  /** All groups, of every protocol, with members, committed offsets and lag. */
  async groups(): Promise<GroupInfo[]> {
    const { listGroups } = await import('./admin/groups.ts');
    return listGroups(this.#services);
  }

  /** The group, or null when there is none of this id. */
  async group(groupId: string): Promise<GroupInfo | null> {
    checkText('group: the id', groupId);
    const { findGroup } = await import('./admin/groups.ts');
    return findGroup(this.#services, groupId);
  }

  /**
   * Answers requests with an error, as Kafka would: `broker.fail('Produce', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 't',
   * times: 3 })`. They have no effect. The error stands where this API and version has it; for a topic or partition of
   * several in a request, the others are served. For one request unless `times` says otherwise.
   */
  fail(api: ApiPattern, given: FailOptions): Fault {
    return this.#faults.fail(api, given);
  }

  /** Lets requests wait for `ms`, before they take effect or, with `after`, their answers. */
  delay(api: ApiPattern, given: DelayOptions): Fault {
    return this.#faults.delay(api, given);
  }

  /** Closes the connection in place of an answer: before the request takes effect or, with `after`, when it has. */
  drop(api: ApiPattern, given: DropOptions = {}): Fault {
    return this.#faults.drop(api, given);
  }

  /** Serves requests and throttles their clients, as a quota does: by the answer, and by what the connection sends next. */
  throttle(api: ApiPattern, given: ThrottleOptions): Fault {
    return this.#faults.throttle(api, given);
  }

  /**
   * Gives requests to a function, which answers them, changes what the broker answers, waits for something, or lets them
   * be. Of one request unless `times` says otherwise.
   */
  control(api: ApiPattern, program: Control, options: FaultOptions = {}): Fault {
    return this.#faults.control(api, program, options);
  }

  /**
   * Has the coordinator of a group or a transactional id move, and back: its clients get NOT_COORDINATOR until one of them
   * asks who the coordinator is. Resolves when it could serve again.
   */
  async moveCoordinator(key: CoordinatorKey): Promise<void> {
    await this.#faults.moveCoordinator(key);
  }

  /**
   * Has a group rebalance. Members of a classic group are asked to join again; those of other protocols are put out, and
   * learn it with their next heartbeat.
   * @throws KafkaError GROUP_ID_NOT_FOUND
   */
  async rebalance(groupId: string): Promise<void> {
    await this.#faults.rebalance(groupId);
  }

  /** Has the disk be full: what writes records gets KAFKA_STORAGE_ERROR, until `freeDisk` or `reset`. */
  fillDisk(): void {
    this.#faults.fillDisk();
  }

  freeDisk(): void {
    this.#faults.freeDisk();
  }

  /** Ends all faults that are in force; the disk has space again. */
  clearFaults(): void {
    this.#faults.clear();
    this.freeDisk();
  }

  /**
   * Makes the broker as it was when it was started, in a few milliseconds: topics, groups, transactions, faults and settings that
   * were changed are gone, the topics of `startBroker` are there, empty; data that it began with (`from`, `dataDir`) is gone,
   * too. Clients stay connected and go on as after a
   * topic or group was deleted: producers and consumers find the new topics by themselves, members of groups join again,
   * a transactional producer must be made anew (INVALID_PRODUCER_ID_MAPPING).
   */
  async reset(): Promise<void> {
    this.clearFaults();
    const { resetBroker } = await import('./admin/reset.ts');
    await resetBroker(this.#services, this.#firstTopics);
  }

  /**
   * Copies what the broker has now into a new directory, while it goes on: for `startBroker({ from })`, or to be served by
   * `walka --data-dir`. Of a broker in memory, too.
   * @throws Error when there is something in the directory
   */
  async snapshot(directory: string): Promise<void> {
    if (typeof directory !== 'string' || directory === '')
      throw new TypeError('snapshot: takes the path of a directory');
    await this.#open.snapshot(directory);
  }

  /**
   * Records to a file what clients and the broker say to each other, for `replay`: lines of JSON, each a request or a
   * response. Of connections that are opened from now on. What clients log in with is left out.
   * @throws the system's error for a file that cannot be written
   */
  async record(file: string, options: RecordOptions = {}): Promise<Recording> {
    checkText('record: the file', file);
    checkOptionsObject('record', options);
    if (options.clientId !== undefined) checkText('record: clientId', options.clientId);
    const running = this.#open;
    const { startRecording } = await import('./wire/record.ts');
    const recording = await startRecording(running, file, options);
    this.#recordings.add(recording);
    // Who stopped it was told what failed; `close` is for those that nobody stopped.
    const stop = (): Promise<void> => recording.stop().finally(() => this.#recordings.delete(recording));
    return { file, stop, [Symbol.asyncDispose]: stop };
  }

  /** Answers what is under way and stops. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    this.freeDisk();
    try {
      await this.#running.close();
      await Promise.all([...this.#recordings].map((recording) => recording.stop()));
    } finally {
      this.#faults.clear();
      await this.#onClosed();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
