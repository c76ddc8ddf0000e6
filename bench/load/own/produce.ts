/** The modes that produce as fast as they can. */
import type { Produced } from '../../generators/generator.ts';
import type { OwnProduceLoad, Waited, WaitingProducers } from '../../generators/own.ts';
import { Connection } from './connection.ts';
import { Latencies } from './latencies.ts';
import {
  checkProduced,
  jsonBatch,
  OLD_VERSION,
  produceFrame,
  repeatedBatch,
  repeatedMessages,
  untilTaken,
} from './produce-requests.ts';

/** Requests of one connection that are on their way, as Kafka's producers have them. */
const IN_FLIGHT = 5;
const BATCH_BYTES = 256 * 1024;
const MAX_BATCH_RECORDS = 10_000;
/** Partitions whose batches share a request. */
const REQUEST_PARTITIONS = 4;

interface Requests {
  /** Over all partitions in turn, a few partitions each. */
  readonly frames: readonly Buffer[];
  /** Records in each. */
  readonly records: readonly number[];
}

async function batchesOf(load: OwnProduceLoad, count: number): Promise<Buffer[]> {
  const { recordBytes, codec, variants = 0, version } = load;
  if (version === OLD_VERSION) return [repeatedMessages(count, recordBytes)];
  if (variants === 0) return [await repeatedBatch(count, recordBytes, codec)];
  return Promise.all(Array.from({ length: variants }, (_, seed) => jsonBatch(count, recordBytes, codec, seed + 1)));
}

async function prepared(load: OwnProduceLoad): Promise<Requests> {
  const { topic, partitions, recordBytes, acks, version } = load;
  const count = Math.max(1, Math.min(MAX_BATCH_RECORDS, Math.floor(BATCH_BYTES / recordBytes)));
  const batches = await batchesOf(load, count);
  const frames: Buffer[] = [];
  const records: number[] = [];
  for (const batch of batches) {
    for (let first = 0; first < partitions; first += REQUEST_PARTITIONS) {
      const indexes = Array.from({ length: Math.min(REQUEST_PARTITIONS, partitions - first) }, (_, i) => first + i);
      frames.push(
        produceFrame(
          topic,
          acks,
          indexes.map((index) => ({ index, records: batch })),
          version,
        ),
      );
      records.push(indexes.length * count);
    }
  }
  return { frames, records };
}

export async function produce(bootstrap: string, load: OwnProduceLoad): Promise<Produced> {
  const { frames, records: recordsOf } = await prepared(load);
  const connection = await Connection.open(bootstrap);
  await untilTaken(connection, load.topic, load.partitions);
  const { limit, recordBytes } = load;
  const began = performance.now();
  const isEnough = (sent: number): boolean =>
    'records' in limit ? sent >= limit.records : performance.now() - began >= limit.seconds * 1000;
  return new Promise((resolve) => {
    let sent = 0;
    let acknowledged = 0;
    let next = 0;
    let inFlight = 0;
    const finish = (): void => {
      connection.close();
      const seconds = (performance.now() - began) / 1000;
      resolve({ records: acknowledged, bytes: acknowledged * recordBytes, seconds });
    };
    const send = (): void => {
      while (inFlight < IN_FLIGHT && !isEnough(sent)) {
        const records = recordsOf[next] as number;
        sent += records;
        inFlight++;
        connection.send(frames[next] as Buffer, (answer) => {
          checkProduced(answer, load.version);
          acknowledged += records;
          inFlight--;
          send();
        });
        next = (next + 1) % frames.length;
      }
      if (inFlight === 0) finish();
    };
    send();
  });
}

export async function produceByMany(bootstrap: string, load: WaitingProducers): Promise<Waited> {
  const { topic, partitions, producers, recordBytes, batchRecords, seconds } = load;
  const records = await repeatedBatch(batchRecords, recordBytes, 'none');
  const requests = Array.from({ length: partitions }, (_, index) => produceFrame(topic, -1, [{ index, records }]));
  const connections = await Promise.all(Array.from({ length: producers }, () => Connection.open(bootstrap)));
  await untilTaken(connections[0] as Connection, topic, partitions);
  const answered = new Latencies();
  const began = performance.now();
  const run = async (connection: Connection, producer: number): Promise<void> => {
    while (performance.now() - began < seconds * 1000) {
      const sentMs = performance.now();
      await new Promise<void>((resolve) => {
        connection.send(requests[producer % partitions] as Buffer, (answer) => {
          checkProduced(answer);
          answered.add(performance.now() - sentMs);
          resolve();
        });
      });
    }
    connection.close();
  };
  await Promise.all(connections.map(run));
  const count = answered.count * batchRecords;
  const tookS = (performance.now() - began) / 1000;
  return { records: count, bytes: count * recordBytes, seconds: tookS, answered: answered.percentiles() };
}
