/** Reads a topic on one connection, from given offsets on, with one Fetch after the other. */
import { ApiKey, responseHeaderVersion } from '../../../protocol/apis.ts';
import { writeFetchRequest } from '../../../protocol/generated/fetch-request.ts';
import { type FetchResponse, readFetchResponse } from '../../../protocol/generated/fetch-response.ts';
import { readResponseHeader } from '../../../protocol/header.ts';
import { Reader } from '../../../protocol/reader.ts';
import { BATCH_OVERHEAD, recordsCount, sizeInBytes } from '../../../protocol/records/batch.ts';
import { VarintCursor } from '../../../protocol/records/varint.ts';
import { requestFrame } from '../../../test/support/wire-client.ts';
import { Connection } from './connection.ts';
import { BATCHES, endOf, MESSAGES, type RecordFormat, wholeOnes } from './formats.ts';

/** Names topics, knows zstd. */
const VERSION = 11;
/** First version with record batches. */
const BATCHES_FROM = 4;
const MAX_WAIT_MS = 500;
const MAX_BYTES = 50 * 1024 * 1024;
const PARTITION_BYTES = 4 * 1024 * 1024;

/** @param batches whole batches, or messages, back to back */
export type OnBatches = (batches: Buffer, format: RecordFormat) => void;

export interface ReaderOptions {
  /** Of Fetch: 3 or more; default 11. */
  readonly version?: number;
  /** Asked for of each partition; default 4 MiB. */
  readonly partitionBytes?: number;
}

export class TopicReader {
  readonly #connection: Connection;
  readonly #topic: string;
  readonly #offsets: number[];
  readonly #onBatches: OnBatches;
  readonly #version: number;
  readonly #partitionBytes: number;
  readonly #format: RecordFormat;
  #isOver = false;

  private constructor(
    connection: Connection,
    topic: string,
    offsets: number[],
    onBatches: OnBatches,
    { version = VERSION, partitionBytes = PARTITION_BYTES }: ReaderOptions,
  ) {
    this.#connection = connection;
    this.#topic = topic;
    this.#offsets = offsets;
    this.#onBatches = onBatches;
    this.#version = version;
    this.#partitionBytes = partitionBytes;
    this.#format = version < BATCHES_FROM ? MESSAGES : BATCHES;
  }

  /** @param offsets where to begin, by partition */
  static async open(
    bootstrap: string,
    topic: string,
    offsets: readonly number[],
    onBatches: OnBatches,
    options: ReaderOptions = {},
  ): Promise<TopicReader> {
    const reader = new TopicReader(await Connection.open(bootstrap), topic, [...offsets], onBatches, options);
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
      partitionMaxBytes: this.#partitionBytes,
    }));
    const version = this.#version;
    const topics = [{ topic: this.#topic, partitions }];
    const request = { maxWaitMs: MAX_WAIT_MS, minBytes: 1, maxBytes: MAX_BYTES, sessionEpoch: -1, topics };
    const frame = requestFrame(ApiKey.Fetch, version, 0, (writer) => writeFetchRequest(writer, request, version));
    this.#connection.send(frame, (answer) => {
      if (this.#isOver) return;
      const reader = new Reader(answer);
      readResponseHeader(reader, responseHeaderVersion(ApiKey.Fetch, version));
      this.#take(readFetchResponse(reader, version));
      if (!this.#isOver) this.#fetch();
    });
  }

  #take({ errorCode, responses }: FetchResponse): void {
    if (errorCode !== 0) throw new Error(`Fetch: error ${errorCode}`);
    for (const { partitions } of responses) {
      for (const { partitionIndex, errorCode: code, records } of partitions) {
        if (code !== 0) throw new Error(`Fetch of partition ${partitionIndex}: error ${code}`);
        if (records === null || records === undefined || records.length === 0) continue;
        const whole = wholeOnes(this.#format, records);
        if (whole.length === 0) throw new Error(`a batch is larger than ${this.#partitionBytes} bytes`);
        this.#offsets[partitionIndex] = endOf(this.#format, whole);
        this.#onBatches(whole, this.#format);
      }
    }
  }
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
