/** Reads a topic on one connection, from given offsets on, with one Fetch after the other. */
import { ApiKey, responseHeaderVersion } from '../../../protocol/apis.ts';
import { writeFetchRequest } from '../../../protocol/generated/fetch-request.ts';
import { type FetchResponse, readFetchResponse } from '../../../protocol/generated/fetch-response.ts';
import { readResponseHeader } from '../../../protocol/header.ts';
import { Reader } from '../../../protocol/reader.ts';
import { BATCH_OVERHEAD, nextOffset, recordsCount, sizeInBytes } from '../../../protocol/records/batch.ts';
import { VarintCursor } from '../../../protocol/records/varint.ts';
import { requestFrame } from '../../../test/support/wire-client.ts';
import { Connection } from './connection.ts';

/** Names topics, knows zstd. */
const VERSION = 11;
const MAX_WAIT_MS = 500;
const MAX_BYTES = 50 * 1024 * 1024;
const PARTITION_BYTES = 4 * 1024 * 1024;

/** @param batches whole batches, back to back */
export type OnBatches = (batches: Buffer) => void;

export class TopicReader {
  readonly #connection: Connection;
  readonly #topic: string;
  readonly #offsets: number[];
  readonly #onBatches: OnBatches;
  #isOver = false;

  private constructor(connection: Connection, topic: string, offsets: number[], onBatches: OnBatches) {
    this.#connection = connection;
    this.#topic = topic;
    this.#offsets = offsets;
    this.#onBatches = onBatches;
  }

  /** @param offsets where to begin, by partition */
  static async open(
    bootstrap: string,
    topic: string,
    offsets: readonly number[],
    onBatches: OnBatches,
  ): Promise<TopicReader> {
    const reader = new TopicReader(await Connection.open(bootstrap), topic, [...offsets], onBatches);
    reader.#fetch();
    return reader;
  }

  close(): void {
    this.#isOver = true;
    this.#connection.close();
  }

  #fetch(): void {
    const partitions = this.#offsets.map((fetchOffset, partition) => ({
      partition,
      fetchOffset,
      partitionMaxBytes: PARTITION_BYTES,
    }));
    const topics = [{ topic: this.#topic, partitions }];
    const request = { maxWaitMs: MAX_WAIT_MS, minBytes: 1, maxBytes: MAX_BYTES, sessionEpoch: -1, topics };
    const frame = requestFrame(ApiKey.Fetch, VERSION, 0, (writer) => writeFetchRequest(writer, request, VERSION));
    this.#connection.send(frame, (answer) => {
      if (this.#isOver) return;
      const reader = new Reader(answer);
      readResponseHeader(reader, responseHeaderVersion(ApiKey.Fetch, VERSION));
      this.#take(readFetchResponse(reader, VERSION));
      if (!this.#isOver) this.#fetch();
    });
  }

  #take({ errorCode, responses }: FetchResponse): void {
    if (errorCode !== 0) throw new Error(`Fetch: error ${errorCode}`);
    for (const { partitions } of responses) {
      for (const { partitionIndex, errorCode: code, records } of partitions) {
        if (code !== 0) throw new Error(`Fetch of partition ${partitionIndex}: error ${code}`);
        if (records === null || records === undefined || records.length === 0) continue;
        const whole = wholeBatches(records);
        if (whole.length === 0) throw new Error(`a batch is larger than ${PARTITION_BYTES} bytes`);
        this.#offsets[partitionIndex] = endOf(whole);
        this.#onBatches(whole);
      }
    }
  }
}

/** Without what was cut at the end. */
function wholeBatches(records: Buffer): Buffer {
  let at = 0;
  while (at + BATCH_OVERHEAD <= records.length && at + sizeInBytes(records, at) <= records.length) {
    at += sizeInBytes(records, at);
  }
  return records.subarray(0, at);
}

function endOf(batches: Buffer): number {
  let end = 0;
  for (let at = 0; at < batches.length; at += sizeInBytes(batches, at)) end = nextOffset(batches, at);
  return end;
}

export function countRecords(batches: Buffer): number {
  let count = 0;
  for (let at = 0; at < batches.length; at += sizeInBytes(batches, at)) count += recordsCount(batches, at);
  return count;
}

/** Calls back with where each record's value begins; the batches are not compressed. */
export function forEachValue(batches: Buffer, onValue: (at: number) => void): void {
  for (let at = 0; at < batches.length; at += sizeInBytes(batches, at)) {
    const count = recordsCount(batches, at);
    const cursor = new VarintCursor(batches, at + BATCH_OVERHEAD, at + sizeInBytes(batches, at));
    for (let index = 0; index < count; index++) {
      const length = cursor.varint();
      const end = cursor.position + length;
      cursor.position += 1;
      cursor.varlong();
      cursor.varint();
      const keyBytes = cursor.varint();
      cursor.position += Math.max(0, keyBytes);
      cursor.varint();
      onValue(cursor.position);
      cursor.position = end;
    }
  }
}
