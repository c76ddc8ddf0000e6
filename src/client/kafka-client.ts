/**
 * A client of one cluster, of Walka or of any other Kafka broker from 2.x on: finds the brokers, the leaders of
 * partitions, the controller and the coordinators of groups, keeps a connection to each, and tries again what failed in
 * passing.
 */
import { ErrorCode, isRetriable, KafkaError } from '../../protocol/errors.ts';
import type { MetadataResponse } from '../../protocol/generated/metadata-response.ts';
import type { Input } from '../../protocol/input.ts';
import type { Clock } from '../base/clock.ts';
import { type Address, addressText } from './address.ts';
import type { Api } from './api.ts';
import type { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import { FIND_COORDINATOR, METADATA } from './core-apis.ts';
import { ClientError, isPassing, throwCode } from './errors.ts';
import type { ClientSecurity } from './security.ts';
import { type ClusterMetadata, clusterOf, type TopicMetadata, topicOf } from './metadata.ts';
import { Retries } from './retries.ts';

export interface ClientOptions {
  /** Brokers to begin with; the first that answers tells of the others. */
  readonly bootstrap: readonly Address[];
  /** Its timers do not keep a process alive: whoever waits for an answer has a connection that does, or sees to it. */
  readonly clock: Clock;
  /** Default `walka`. */
  readonly clientId?: string;
  /** Of the program, as brokers show it; default `0`. */
  readonly softwareVersion?: string;
  /** Longest wait for a connection, in ms; default 10 s. */
  readonly connectTimeoutMs?: number;
  /** Longest wait for an answer beyond what a request allows the broker, in ms; default 40 s. */
  readonly requestTimeoutMs?: number;
  /** Default: no TLS and no SASL. */
  readonly security?: ClientSecurity | null;
  /** How long what fails in passing is tried again, in ms; default 30 s. */
  readonly retryMs?: number;
}

/** How often it is looked whether a topic that is being created has its leaders. */
const LEADER_LOOK_MS = 100;
const GROUP_COORDINATOR = 0;

export class KafkaClient implements Disposable {
  readonly clock: Clock;
  readonly #bootstrap: readonly Address[];
  readonly #connections: Connections;
  readonly #retries: Retries;
  /** Where somebody answered last. */
  #entry: Address;
  #cluster: ClusterMetadata = { clusterId: null, controllerId: -1, brokers: new Map() };
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #coordinators = new Map<string, number>();

  private constructor(options: ClientOptions) {
    const { bootstrap, clock, clientId = 'walka', softwareVersion = '0' } = options;
    const { connectTimeoutMs = 10_000, requestTimeoutMs = 40_000, retryMs = 30_000, security = null } = options;
    this.clock = clock;
    this.#bootstrap = bootstrap;
    this.#entry = bootstrap[0] as Address;
    this.#retries = new Retries(clock, retryMs);
    const connection = { clock, clientId, softwareVersion, connectTimeoutMs, requestTimeoutMs, security };
    this.#connections = new Connections(connection);
  }

  /** Connects to the first bootstrap broker that answers. @throws ClientError when none does */
  static async connect(options: ClientOptions): Promise<KafkaClient> {
    const client = new KafkaClient(options);
    try {
      await client.any();
      return client;
    } catch (error) {
      client[Symbol.dispose]();
      throw error;
    }
  }

  /** A connection to any broker. @throws ClientError, when none answers that of the first */
  async any(): Promise<Connection> {
    const known = [...this.#cluster.brokers.values()];
    let first: unknown;
    for (const address of [this.#entry, ...this.#bootstrap, ...known]) {
      try {
        const connection = await this.#connections.to(address);
        this.#entry = address;
        return connection;
      } catch (error) {
        first ??= error;
      }
    }
    throw first;
  }

  /** A connection to a broker by its node id, which metadata told of. @throws ClientError */
  async node(nodeId: number): Promise<Connection> {
    let broker = this.#cluster.brokers.get(nodeId);
    if (broker === undefined) {
      await this.metadata([]);
      broker = this.#cluster.brokers.get(nodeId);
    }
    if (broker === undefined) throw new ClientError('UNREACHABLE', `the cluster has no broker ${nodeId} at present`);
    try {
      return await this.#connections.to(broker);
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'UNREACHABLE') throw error;
      const told = addressText(this.#entry) === addressText(broker) ? '' : `, as ${addressText(this.#entry)} says`;
      const what = `broker ${nodeId} is advertised at ${addressText(broker)}${told}: ${error.message}`;
      throw new ClientError('UNREACHABLE', what, { cause: error });
    }
  }

  /** Runs `work` until it does not fail in passing, or time is up. @throws whatever it throws last */
  retrying<T>(work: () => Promise<T>, retryMs?: number): Promise<T> {
    return this.#retries.run(work, retryMs);
  }

  /** What failed in passing last and is tried again; null once something was answered. */
  get trouble(): unknown {
    return this.#retries.trouble;
  }

  sleep(ms: number): Promise<void> {
    return this.#retries.sleep(ms);
  }

  /** Asks any broker. `waitMs` is how long the broker may take of its own accord. */
  call<Request, Response>(api: Api<Request, Response>, request: Input<Request>, waitMs = 0): Promise<Response> {
    return this.retrying(async () => (await this.any()).call(api, request, waitMs));
  }

  /** Asks the controller, or a broker that passes it on. A broker that has become none is for the caller to see. */
  async callController<Request, Response>(
    api: Api<Request, Response>,
    request: Input<Request>,
    waitMs = 0,
  ): Promise<Response> {
    const { controllerId } = await this.metadata([]);
    const connection = controllerId < 0 ? await this.any() : await this.node(controllerId);
    return connection.call(api, request, waitMs);
  }

  /** Asks the coordinator of a group; `check` throws what the answer says went wrong. */
  callCoordinator<Request, Response>(
    groupId: string,
    api: Api<Request, Response>,
    request: Input<Request>,
    check: (response: Response) => void,
  ): Promise<Response> {
    return this.retrying(async () => {
      const nodeId = this.#coordinators.get(groupId) ?? (await this.#findCoordinator(groupId));
      try {
        const response = await (await this.node(nodeId)).call(api, request);
        check(response);
        return response;
      } catch (error) {
        if (isPassing(error)) this.#coordinators.delete(groupId);
        throw error;
      }
    });
  }

  async #findCoordinator(groupId: string): Promise<number> {
    const request = { key: groupId, keyType: GROUP_COORDINATOR, coordinatorKeys: [groupId] };
    const connection = await this.any();
    const isOld = (connection.versions.get(FIND_COORDINATOR.key)?.maxVersion ?? 0) < 4;
    const response = await connection.call(FIND_COORDINATOR, {
      ...(isOld ? { key: request.key } : { coordinatorKeys: request.coordinatorKeys }),
      keyType: request.keyType,
    });
    const { errorCode, errorMessage, nodeId } = response.coordinators[0] ?? response;
    throwCode(errorCode, errorMessage, `coordinator of group ${groupId}`);
    if (!this.#cluster.brokers.has(nodeId)) await this.metadata([]);
    this.#coordinators.set(groupId, nodeId);
    return nodeId;
  }

  /** Asks for the brokers and for topics, null: all. What is told of topics is kept. */
  async metadata(names: readonly string[] | null, mayCreate = false): Promise<ClusterMetadata & Asked> {
    const response = await this.retrying(async () => {
      const connection = await this.any();
      const canForbid = (connection.versions.get(METADATA.key)?.maxVersion ?? 0) >= 4;
      return connection.call(METADATA, {
        topics: names === null ? null : names.map((name) => ({ name })),
        // Before version 4 brokers create as they are set to.
        ...(canForbid ? { allowAutoTopicCreation: mayCreate } : { allowAutoTopicCreation: true }),
      });
    });
    return this.#keep(response);
  }

  #keep(response: MetadataResponse): ClusterMetadata & Asked {
    this.#cluster = clusterOf(response);
    const topics = response.topics.map(topicOf);
    for (const topic of topics) {
      if (topic.errorCode === ErrorCode.NONE) this.#topics.set(topic.name, topic);
      else this.#topics.delete(topic.name);
    }
    return { ...this.#cluster, topics };
  }

  /**
   * A topic and its leaders, as they were last told. @throws KafkaError UNKNOWN_TOPIC_OR_PARTITION and others, as a
   * rejection; of a topic that is being created it waits for the leaders.
   */
  async topic(name: string, mayCreate = false): Promise<TopicMetadata> {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    return await this.#look(name, mayCreate);
  }

  #look(name: string, mayCreate: boolean): Promise<TopicMetadata> {
    const endMs = this.clock.monotonicMs() + this.#retries.retryMs;
    const look = async (): Promise<TopicMetadata> => {
      const { topics } = await this.metadata([name], mayCreate);
      const topic = topics[0];
      const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      if (topic !== undefined && code === ErrorCode.NONE) return topic;
      const comes = code === ErrorCode.LEADER_NOT_AVAILABLE || (mayCreate && isRetriable(code));
      if (!comes || this.clock.monotonicMs() > endMs) throw new KafkaError(code, `there is no topic ${name}`);
      await this.sleep(LEADER_LOOK_MS);
      return look();
    };
    return look();
  }

  /** A connection to the leader of a partition. @throws KafkaError, ClientError; as a rejection */
  async leader(topic: string, partition: number): Promise<Connection> {
    const { partitions } = await this.topic(topic);
    const found = partitions[partition];
    if (found === undefined) {
      const what = `topic ${topic} has no partition ${partition}`;
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, what);
    }
    if (found.leaderId < 0) {
      const what = `partition ${partition} of topic ${topic} has no leader at present`;
      throw new KafkaError(ErrorCode.LEADER_NOT_AVAILABLE, what);
    }
    return this.node(found.leaderId);
  }

  /** The node id of the leader of a partition, -1 for none at present. */
  leaderId(topic: string, partition: number): number {
    return this.#topics.get(topic)?.partitions[partition]?.leaderId ?? -1;
  }

  /** Forgets the leaders of a topic: one has moved. */
  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  [Symbol.dispose](): void {
    this.#retries.close();
    this.#connections.close();
  }
}

interface Asked {
  /** Those that were asked for, with what is wrong with them. */
  readonly topics: readonly TopicMetadata[];
}
