/** What a differential case is given: connections to one broker, names of its own, and a transcript of the answers. */
import assert from 'node:assert/strict';
import type { ApiName } from '../../../protocol/apis.ts';
import { buildBatch, type BatchOptions } from '../../../protocol/records/build.ts';
import { type Answer, ApiClient, type Body } from './api-client.ts';
import { Normaliser } from './normalise.ts';

/** One case: requests whose answers must be the same from both brokers. */
export interface Case {
  readonly name: string;
  run(session: Session): Promise<void>;
}

export interface TranscriptEntry {
  readonly step: string;
  readonly answer: unknown;
}

const GROUP_RESOURCE = 32;
/** A fixed time for records, so that answers that carry it are equal. */
export const RECORD_TIME_MS = 1_700_000_000_000;

export class Session implements AsyncDisposable {
  readonly transcript: TranscriptEntry[] = [];
  readonly #port: number;
  readonly #prefix: string;
  readonly #normaliser = new Normaliser();
  readonly #connections = new Map<string, ApiClient>();

  constructor(port: number, prefix: string) {
    this.#port = port;
    this.#prefix = prefix;
  }

  /** A topic, group or other name that no other case uses. */
  name(suffix: string): string {
    return `${this.#prefix}-${suffix}`;
  }

  async connection(name = 'main'): Promise<ApiClient> {
    const found = this.#connections.get(name);
    if (found !== undefined) return found;
    const opened = await ApiClient.open(this.#port);
    this.#connections.set(name, opened);
    return opened;
  }

  /** Sends a request, writes the answer down under `step`, and gives it undecorated. */
  async call(step: string, api: ApiName, version: number, body: Body = {}, connection = 'main'): Promise<any> {
    const client = await this.connection(connection);
    const answer: Answer = await client.call(api, version, body);
    this.transcript.push({ step, answer: await this.#normaliser.normalise(answer) });
    if (typeof answer === 'string') this.#forget(connection);
    return answer;
  }

  /** As `call`, for what a case needs and does not test. */
  async quietly(api: ApiName, version: number, body: Body = {}, connection = 'main'): Promise<any> {
    return (await this.connection(connection)).call(api, version, body);
  }

  /** Sends bytes on a connection of their own and writes down what comes, as hexadecimal digits. */
  async raw(step: string, bytes: Buffer): Promise<string> {
    const client = await ApiClient.open(this.#port);
    const response = await client.exchange(bytes);
    client.close();
    const answer = typeof response === 'string' ? response : response.toString('hex');
    this.transcript.push({ step, answer });
    return answer;
  }

  /** Creates a topic and gives its name and id. */
  async createTopic(
    suffix: string,
    numPartitions = 1,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<{ name: string; topicId: string }> {
    const name = this.name(suffix);
    const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }));
    const created = await this.quietly('CreateTopics', 7, {
      topics: [{ name, numPartitions, replicationFactor: 1, configs: entries }],
      timeoutMs: 10_000,
    });
    assert.equal(created.topics?.[0]?.errorCode, 0, `creating ${name}: ${created.topics?.[0]?.errorMessage}`);
    const partitions = Array.from({ length: numPartitions }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: -1,
    }));
    for (;;) {
      // A topic is in the metadata a little before its partitions serve.
      const metadata = await this.quietly('Metadata', 12, { topics: [{ name }], allowAutoTopicCreation: false });
      const offsets = await this.quietly('ListOffsets', 6, { replicaId: -1, topics: [{ name, partitions }] });
      const isReady = offsets.topics[0].partitions.every(
        (partition: { errorCode: number }) => partition.errorCode === 0,
      );
      if (metadata.topics[0].errorCode === 0 && isReady) return { name, topicId: metadata.topics[0].topicId };
    }
  }

  /** Waits until a created topic is in the metadata: Kafka answers the creation a little before. */
  async awaitTopic(name: string): Promise<void> {
    for (;;) {
      const metadata = await this.quietly('Metadata', 12, { topics: [{ name }], allowAutoTopicCreation: false });
      if (metadata.topics[0].errorCode === 0) return;
    }
  }

  /**
   * Waits until every part of the broker has what was changed before: Kafka answers a change first, then it is in the
   * metadata, then its coordinators, groups and quotas have it. Two more changes follow, the second once the first is
   * seen: when it is seen, too, what was published before it is everywhere, and what is asked next comes behind it.
   */
  async published(): Promise<void> {
    const resource = { resourceType: GROUP_RESOURCE, resourceName: this.name('published') };
    for (const value of ['46000', '47000']) {
      const configs = [{ name: 'consumer.session.timeout.ms', configOperation: 0, value }];
      const altered = await this.quietly('IncrementalAlterConfigs', 1, { resources: [{ ...resource, configs }] });
      assert.equal(altered.responses?.[0]?.errorCode, 0);
      const configurationKeys = configs.map(({ name }) => name);
      for (;;) {
        const described = await this.quietly('DescribeConfigs', 4, { resources: [{ ...resource, configurationKeys }] });
        if (described.results[0].configs[0]?.value === value) break;
      }
    }
  }

  /** Produces without writing the answer down; a case has nothing to look at where that fails. */
  async produce(topic: string, records: Buffer, index = 0): Promise<any> {
    const answer = await this.quietly('Produce', 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index, records }] }],
    });
    const partition = answer.responses?.[0]?.partitionResponses[0];
    assert.equal(partition?.errorCode, 0, `producing to ${topic}: ${partition?.errorMessage}`);
    return answer;
  }

  /** Waits until the group's coordinator is there. */
  async awaitCoordinator(group: string): Promise<void> {
    for (;;) {
      const found = await this.quietly('FindCoordinator', 4, { keyType: 0, coordinatorKeys: [group] });
      if (found.coordinators[0].errorCode === 0) {
        const fetched = await this.quietly('OffsetFetch', 8, { groups: [{ groupId: group, topics: null }] });
        if (fetched.groups[0].errorCode === 0) return;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#connections.values()) client.close();
  }

  #forget(connection: string): void {
    this.#connections.get(connection)?.close();
    this.#connections.delete(connection);
  }
}

/** A batch of `count` records a second apart, with keys and values by their number. */
export function records(count = 1, options: BatchOptions = {}, firstTimestampMs = RECORD_TIME_MS): Buffer {
  const list = Array.from({ length: count }, (_, index) => ({
    key: Buffer.from(`key-${index}`),
    value: Buffer.from(`value-${index}`),
    timestampMs: firstTimestampMs + index * 1000,
  }));
  return buildBatch(list, options);
}
