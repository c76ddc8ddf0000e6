/** A broker's services over a journal in memory that is full, to look at what is read while records are dropped. */
import assert from 'node:assert/strict';
import { plainSlice } from '../../src/base/counted.ts';
import { systemClock } from '../../src/base/clock.ts';
import { startServices } from '../../src/broker/services.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import type { PartitionLog } from '../../src/partition/types.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { batchOf } from './data-apis.ts';
import { CLIENT, committed } from './partitions.ts';
import { openServicesOver } from './test-services.ts';

/** With one topic, `t`, of one partition. */
export class FullMemory implements AsyncDisposable {
  readonly services: BrokerServices;
  readonly log: PartitionLog;
  readonly #close: () => Promise<void>;

  private constructor(services: BrokerServices, log: PartitionLog, close: () => Promise<void>) {
    this.services = services;
    this.log = log;
    this.#close = close;
  }

  static async open(): Promise<FullMemory> {
    const engine = await openEngine({ dataDir: null, clusterId: 'test-cluster', maxMemoryBytes: 1024 * 1024 });
    const settings = { 'share.coordinator.state.topic.num.partitions': '1' };
    const opened = await openServicesOver(engine, { settings, clock: systemClock });
    startServices(opened.services);
    const topic = { name: 't', partitionCount: 1, replicationFactor: -1, assignments: null, configs: new Map() };
    await opened.services.metadata.createTopic(topic);
    const log = opened.services.partitions.get('t', 0) ?? assert.fail();
    await log.ready();
    return new FullMemory(opened.services, log, async () => {
      await opened[Symbol.asyncDispose]();
      await engine.close();
    });
  }

  async append(byteLength: number): Promise<void> {
    const { endOffset } = this.log.append(plainSlice(batchOf(['x'.repeat(byteLength)])), CLIENT);
    await committed(this.log, endOffset);
  }

  /** Appends until the oldest records are dropped. */
  async fill(): Promise<void> {
    const { logStartOffset } = this.log;
    while (this.log.logStartOffset === logStartOffset) await this.append(8000);
  }

  /** Makes room for a large batch while a request is handled, which begins so many microtasks before; or after. */
  async during<T>(steps: number, handle: () => Promise<T>): Promise<T> {
    const appending = steps < 0 ? this.append(300_000) : null;
    for (let step = steps; step < 0; step++) await Promise.resolve();
    const handling = handle();
    for (let step = 0; step < steps; step++) await Promise.resolve();
    await (appending ?? this.append(300_000));
    return await handling;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
