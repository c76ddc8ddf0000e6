/** A compacted topic of one partition on real Kafka, cleaned when the test says so, one pass at a time. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nextOffset, sizeInBytes } from '../../../protocol/records/batch.ts';
import { batchPositions } from '../../../protocol/records/iterate.ts';
import type { BrokerProcess } from '../../support/broker-process.ts';
import type { Session } from './session.ts';

/** Longest time that the cleaner may take to see that there is something to do. */
const CLEANER_LIMIT_MS = 120_000;
const POLL_MS = 50;

const RATIO = 'min.cleanable.dirty.ratio';

export class CleanedLog {
  readonly topic: string;
  readonly #session: Session;
  readonly #broker: BrokerProcess;

  private constructor(session: Session, broker: BrokerProcess, topic: string) {
    this.#session = session;
    this.#broker = broker;
    this.topic = topic;
  }

  /** Makes the topic; its cleaner waits. */
  static async create(
    session: Session,
    broker: BrokerProcess,
    suffix: string,
    configs: Readonly<Record<string, string>>,
  ): Promise<CleanedLog> {
    const { name } = await session.createTopic(suffix, 1, { 'cleanup.policy': 'compact', [RATIO]: '1', ...configs });
    return new CleanedLog(session, broker, name);
  }

  /** The same log over another session, as after a restart of the broker. */
  over(session: Session): CleanedLog {
    return new CleanedLog(session, this.#broker, this.topic);
  }

  /** All batches as they are served, aborted ones too, once nothing is added any more: a last marker may be on its way. */
  async batches(): Promise<Buffer[]> {
    for (;;) {
      const found = await this.#batches();
      await delay(POLL_MS);
      if (nextOffset(found.at(-1) as Buffer, 0) === (await this.end(0))) return found;
    }
  }

  async #batches(): Promise<Buffer[]> {
    const found: Buffer[] = [];
    for await (const { records, at } of this.#fetches(0)) {
      for (const position of batchPositions(records)) {
        const batch = records.subarray(position, position + sizeInBytes(records, position));
        if (nextOffset(batch, 0) > at) found.push(batch);
      }
    }
    return found;
  }

  /** The aborted transactions before `end` that readers of committed records are told of: producer and first offset. */
  async aborted(end: number): Promise<Set<string>> {
    const told = new Set<string>();
    for await (const { abortedTransactions } of this.#fetches(1)) {
      for (const { producerId, firstOffset } of abortedTransactions) {
        // Some lie behind the last stable offset, where they are of no use.
        if (firstOffset < end) told.add(`${producerId} from ${firstOffset}`);
      }
    }
    return told;
  }

  /** Fetches from the start to the end; a fetch ends with its segment. */
  async *#fetches(isolationLevel: number) {
    const end = await this.end(isolationLevel);
    for (let at = 0; at < end; ) {
      const partitions = [{ partition: 0, fetchOffset: at, partitionMaxBytes: 10_000_000 }];
      const topics = [{ topic: this.topic, partitions }];
      const body = { maxWaitMs: 0, minBytes: 1, maxBytes: 10_000_000, isolationLevel, topics };
      const answer = await this.#session.quietly('Fetch', 12, body);
      const partition = answer.responses[0].partitions[0];
      assert.equal(partition.errorCode, 0);
      const records: Buffer = partition.records;
      if (records.length === 0) continue; // the active segment is never cleaned: there is something
      yield { records, at, abortedTransactions: partition.abortedTransactions ?? [] };
      for (const position of batchPositions(records)) at = nextOffset(records, position);
    }
  }

  /** Base offsets of its segments, ascending. */
  async segments(): Promise<number[]> {
    const files = await readdir(join(this.#broker.dataDirectory, `${this.topic}-0`));
    return files
      .filter((file) => file.endsWith('.log'))
      .map((file) => Number.parseInt(file, 10))
      .sort((a, b) => a - b);
  }

  /** Lets the cleaner make one pass over all that it may; gives where that ends. It waits if there is nothing to do. */
  async clean(): Promise<number> {
    const stableOffset = await this.end(1);
    const goal = Math.max(...(await this.segments()).filter((base) => base <= stableOffset));
    await this.setRatio('0');
    const limit = AbortSignal.timeout(CLEANER_LIMIT_MS);
    while ((await this.checkpoint()) !== goal) {
      assert(!limit.aborted, `the cleaner did not get to ${goal}: ${await this.checkpoint()}\n${this.#broker.log}`);
      await delay(POLL_MS);
    }
    await this.setRatio('1');
    return goal;
  }

  /** Exclusive end of what the cleaner has done. */
  async checkpoint(): Promise<number> {
    const text = await readFile(join(this.#broker.dataDirectory, 'cleaner-offset-checkpoint'), 'utf8').catch(() => '');
    const line = text.split('\n').find((entry) => entry.startsWith(`${this.topic} 0 `));
    return line === undefined ? 0 : Number(line.split(' ')[2]);
  }

  /** End of what a reader with this isolation level reads. */
  async end(isolationLevel: number): Promise<number> {
    const topics = [{ name: this.topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    const answer = await this.#session.quietly('ListOffsets', 6, { replicaId: -1, isolationLevel, topics });
    return Number(answer.topics[0].partitions[0].offset);
  }

  /** Sets the share above which the log is dirty enough: 0 for any, 1 for none. */
  async setRatio(value: string): Promise<void> {
    const configs = [{ name: RATIO, configOperation: 0, value }];
    const resources = [{ resourceType: 2, resourceName: this.topic, configs }];
    const answer = await this.#session.quietly('IncrementalAlterConfigs', 1, { resources, validateOnly: false });
    assert.equal(answer.responses[0].errorCode, 0);
  }
}
