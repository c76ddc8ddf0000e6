/** A steady load of everything clients do: producing, reading, committing, joining, coming and going, topics too. */
import { setTimeout as delay } from 'node:timers/promises';
import { buildBatch } from '../../protocol/records/build.ts';
import {
  CreateTopics,
  DeleteTopics,
  FindCoordinator,
  Metadata,
  OffsetCommit,
  OffsetFetch,
} from '../../test/support/admin-apis.ts';
import { Fetch, InitProducerId, Produce, onlyProduced, produceRequest } from '../../test/support/data-apis.ts';
import { WireClient } from '../../test/support/wire-client.ts';

export const TOPIC = 'soak';
export const PARTITIONS = 8;
const RECORDS_PER_BATCH = 50;
const RECORD_BYTES = 1024;

const value = Buffer.alloc(RECORD_BYTES, 'walka ');

/** Bytes of one batch of the load, nearly. */
export const BATCH_BYTES = RECORDS_PER_BATCH * RECORD_BYTES;

export class Load {
  readonly #port: number;
  #isOver = false;
  producedBytes = 0;
  readBytes = 0;
  connections = 0;
  topicChanges = 0;
  commits = 0;

  constructor(port: number) {
    this.#port = port;
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Retention keeps little, so that files come and go. */
  async createTopic(): Promise<void> {
    const client = await WireClient.open(this.#port);
    const configs = [
      { name: 'retention.bytes', value: String(16 * 1024 * 1024) },
      { name: 'segment.bytes', value: String(4 * 1024 * 1024) },
    ];
    const topics = [{ name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1, configs }];
    const answer = await client.call(CreateTopics, 6, { topics, timeoutMs: 10_000 });
    if (answer.topics[0]?.errorCode !== 0) throw new Error(`CreateTopics: error ${answer.topics[0]?.errorCode}`);
    client.close();
  }

  /** Produces until told to stop, or until so many bytes were sent; `bytesPerSecond` 0 is as fast as it goes. */
  async produce(number: number, bytesPerSecond: number, totalBytes = Number.POSITIVE_INFINITY): Promise<void> {
    const client = await WireClient.open(this.#port);
    const { producerId, producerEpoch } = await client.call(InitProducerId, 4, {
      transactionalId: null,
      transactionTimeoutMs: -1,
      producerId: -1n,
      producerEpoch: -1,
    });
    const isIdempotent = number % 2 === 0;
    let sequence = 0;
    let sent = 0;
    const startedMs = performance.now();
    const take = async (): Promise<void> => {
      const { errorCode } = onlyProduced(await client.result(Produce, 9));
      if (errorCode !== 0) throw new Error(`Produce: error ${errorCode}`);
      this.producedBytes += BATCH_BYTES;
    };
    let open = 0;
    while (!this.#isOver && sent < totalBytes) {
      const records = Array.from({ length: RECORDS_PER_BATCH }, () => ({ key: null, value, timestampMs: Date.now() }));
      const identity = isIdempotent ? { producerId, producerEpoch, baseSequence: sequence } : {};
      sequence += RECORDS_PER_BATCH;
      client.start(Produce, 9, produceRequest(TOPIC, number % PARTITIONS, buildBatch(records, identity)));
      sent += BATCH_BYTES;
      open += 1;
      if (open === 5) {
        await take();
        open -= 1;
      }
      const aheadMs = bytesPerSecond === 0 ? 0 : (sent / bytesPerSecond) * 1000 - (performance.now() - startedMs);
      if (aheadMs > 1) await delay(aheadMs);
    }
    for (; open > 0; open--) await take();
    client.close();
  }

  /** Reads some partitions at their tail, in a fetch session, waiting for more each time. */
  async read(partitions: readonly number[]): Promise<void> {
    const client = await WireClient.open(this.#port);
    const offsets = new Map(partitions.map((partition) => [partition, 0]));
    let sessionId = 0;
    let sessionEpoch = 0;
    let moved = [...partitions];
    while (!this.#isOver) {
      const wanted = moved.map((partition) => ({
        partition,
        fetchOffset: offsets.get(partition) ?? 0,
        partitionMaxBytes: 1024 * 1024,
        currentLeaderEpoch: -1,
      }));
      const topics = wanted.length === 0 ? [] : [{ topic: TOPIC, partitions: wanted }];
      const bounds = { maxWaitMs: 500, minBytes: 1, maxBytes: 8 * 1024 * 1024 };
      const answer = await client.call(Fetch, 11, { ...bounds, sessionId, sessionEpoch, topics });
      if (answer.errorCode !== 0) throw new Error(`Fetch: error ${answer.errorCode}`);
      sessionId = answer.sessionId;
      sessionEpoch += 1;
      moved = [];
      for (const partition of answer.responses.flatMap((topic) => topic.partitions)) {
        const { records, partitionIndex, errorCode, logStartOffset } = partition;
        const offset = offsets.get(partitionIndex) ?? 0;
        // Retention was faster: go on where the log starts now.
        if (errorCode === 1) offsets.set(partitionIndex, Math.max(offset, logStartOffset, partition.highWatermark));
        else if (errorCode !== 0) throw new Error(`Fetch: error ${errorCode}`);
        if (errorCode === 0 && (records?.length ?? 0) === 0) continue;
        this.readBytes += records?.length ?? 0;
        if (records !== null && records.length > 0) offsets.set(partitionIndex, endOffset(records));
        moved.push(partitionIndex);
      }
    }
    client.close();
  }

  /** Clients that come, look, commit, and go. */
  async visit(everyMs: number): Promise<void> {
    for (let visits = 0; !this.#isOver; visits++) {
      const client = await WireClient.open(this.#port);
      const groupId = `group-${visits % 50}`;
      await client.call(Metadata, 9, { topics: null, allowAutoTopicCreation: false });
      await client.call(FindCoordinator, 3, { key: groupId, keyType: 0 });
      const partitions = [{ partitionIndex: 0, committedOffset: visits, committedMetadata: '' }];
      const group = { groupId, generationIdOrMemberEpoch: -1, memberId: '' };
      await client.call(OffsetCommit, 8, { ...group, topics: [{ name: TOPIC, partitions }] });
      await client.call(OffsetFetch, 7, { groupId, topics: null, requireStable: false });
      // Some leave with a fetch parked.
      client.start(Fetch, 11, { maxWaitMs: 60_000, minBytes: 1_000_000_000, maxBytes: 1_000_000_000, topics: [] });
      client.close();
      this.connections += 1;
      this.commits += 1;
      await delay(everyMs);
    }
  }

  /** Topics that come and go. */
  async churn(everyMs: number): Promise<void> {
    const client = await WireClient.open(this.#port);
    for (let round = 0; !this.#isOver; round++) {
      const name = `churn-${round}`;
      await client.call(CreateTopics, 6, {
        topics: [{ name, numPartitions: 3, replicationFactor: 1 }],
        timeoutMs: 10_000,
      });
      const records = buildBatch([{ key: null, value, timestampMs: Date.now() }]);
      await client.call(Produce, 9, produceRequest(name, 0, records));
      await client.call(DeleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 });
      this.topicChanges += 2;
      await delay(everyMs);
    }
    client.close();
  }
}

/** The offset behind the last batch. */
function endOffset(records: Buffer): number {
  let end = 0;
  for (let at = 0; at < records.length; at += 12 + records.readInt32BE(at + 8)) {
    end = Number(records.readBigInt64BE(at)) + records.readInt32BE(at + 23) + 1;
  }
  return end;
}
