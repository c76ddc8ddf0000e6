/**
 * The mode that goes by the clock: records are due at fixed times and sent then, whatever the answers do, each latency
 * counts from the time at which the record was due. So a stall is seen by every record that it delays, also by those that
 * a client which waits for answers would not have sent (the "coordinated omission" of closed loops).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { buildBatch, type NewRecord } from '../../../protocol/records/build.ts';
import type { OpenLoopResult } from '../../generators/generator.ts';
import type { FannedOut } from '../../generators/own.ts';
import { Connection } from './connection.ts';
import { Latencies } from './latencies.ts';
import { checkProduced, filler, type PartitionBatch, produceFrame, untilTaken } from './produce-requests.ts';
import { forEachValue, TopicReader } from './reader.ts';
import { tick } from './ticker.ts';

/** What is sent before anything is measured, at most as long as what is. */
const WARM_UP_S = 2;
/** Beyond it, records are due several at a time. */
const MAX_TICKS_A_SECOND = 4000;
/** For what does not come. */
const PATIENCE_MS = 60_000;
const DUE_BYTES = 8;
/** Half of what brokers take as they come. */
const MAX_BATCH_BYTES = 512 * 1024;

const warmUpS = (seconds: number): number => Math.min(WARM_UP_S, seconds);

/** When each record is due, in ms after the start, by its number. */
export class Schedule {
  readonly stepMs: number;
  readonly #burst: number;

  constructor(rate: number) {
    this.#burst = Math.ceil(rate / MAX_TICKS_A_SECOND);
    this.stepMs = (this.#burst * 1000) / rate;
  }

  dueMs(record: number): number {
    return Math.floor(record / this.#burst) * this.stepMs;
  }
}

/** A record, and when it is due. */
interface Due {
  readonly partition: number;
  readonly dueMs: number;
}

/** Records that are due together, a batch for each partition among them. */
function batchesOf(due: readonly Due[], payload: Buffer): PartitionBatch[] {
  const byPartition = new Map<number, NewRecord[]>();
  const timestampMs = Date.now();
  for (const { partition, dueMs } of due) {
    const value = Buffer.from(payload);
    value.writeDoubleLE(dueMs);
    const records = byPartition.get(partition) ?? [];
    byPartition.set(partition, records);
    records.push({ key: null, value, timestampMs });
  }
  return [...byPartition].map(([index, records]) => ({ index, records: buildBatch(records) }));
}

/** Latencies of what was due from some time on. */
class Measured {
  readonly latencies = new Latencies();
  fromMs = Number.POSITIVE_INFINITY;

  add(dueMs: number): void {
    // Records of before the loop have something else in this place.
    const ms = performance.now() - dueMs;
    if (dueMs >= this.fromMs && ms >= 0) this.latencies.add(ms);
  }
}

/** Sends what is due until all is sent; resolves when all is acknowledged. */
function sendByTheClock(connection: Connection, load: FannedOut, began: number, acks: Measured): Promise<void> {
  const { topic, partitions, rate, seconds, recordBytes } = load;
  const schedule = new Schedule(rate);
  const total = Math.round(rate * (seconds + warmUpS(seconds)));
  const payload = filler(Math.max(DUE_BYTES, recordBytes), false);
  return new Promise((resolve) => {
    let next = 0;
    let acknowledged = 0;
    const send = (due: readonly Due[]): void =>
      connection.send(produceFrame(topic, -1, batchesOf(due, payload)), (answer) => {
        checkProduced(answer);
        for (const { dueMs } of due) acks.add(dueMs);
        acknowledged += due.length;
        if (acknowledged === total) resolve();
      });
    const stop = tick(schedule.stepMs, () => {
      const nowMs = performance.now();
      const due: Due[] = [];
      for (; next < total && began + schedule.dueMs(next) <= nowMs; next++) {
        due.push({ partition: next % partitions, dueMs: began + schedule.dueMs(next) });
      }
      if (next === total) stop();
      // When this process was held up, more is due than brokers take in one batch.
      const most = partitions * Math.max(1, Math.floor(MAX_BATCH_BYTES / payload.length));
      for (let from = 0; from < due.length; from += most) send(due.slice(from, from + most));
    });
  });
}

export async function openLoop(bootstrap: string, load: FannedOut): Promise<OpenLoopResult> {
  const { topic, partitions, rate, seconds, readers } = load;
  const acks = new Measured();
  const ends = new Measured();
  const zeros = Array<number>(partitions).fill(0);
  const onBatches = (batches: Buffer): void => forEachValue(batches, (at) => ends.add(batches.readDoubleLE(at)));
  const reading = await Promise.all(
    Array.from({ length: readers }, () => TopicReader.open(bootstrap, topic, zeros, onBatches)),
  );
  const connection = await Connection.open(bootstrap);
  await untilTaken(connection, topic, partitions);
  const began = performance.now();
  acks.fromMs = ends.fromMs = began + warmUpS(seconds) * 1000;
  await sendByTheClock(connection, load, began, acks);
  // What is due in the very instant of the bound may count or not.
  const expected = Math.floor(rate * seconds * readers * 0.999) - readers;
  for (const until = performance.now() + PATIENCE_MS; ends.latencies.count < expected; await delay(10)) {
    if (performance.now() > until) throw new Error(`${ends.latencies.count} of ${expected} records came`);
  }
  for (const reader of reading) reader.close();
  connection.close();
  return { acknowledged: acks.latencies.percentiles(), endToEnd: ends.latencies.percentiles() };
}
