/** A broker in a process of its own, seen from outside: its memory, its descriptors, and whether it still serves. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateTopics, Metadata } from '../../support/admin-apis.ts';
import { BrokerProcess, type BrokerProcessOptions } from '../../support/broker-process.ts';
import { produce } from '../../support/data-apis.ts';
import { WireClient } from '../../support/wire-client.ts';

export const MIB = 1024 * 1024;

/** What a condition may take to come true. */
const PATIENCE_MS = 20_000;

/** Lines that say that something went wrong which nobody foresaw. */
const TROUBLE = /"level":"error"|request-failed|Uncaught|unexpectedly|heap out of memory/;

export class WatchedBroker implements AsyncDisposable {
  readonly process: BrokerProcess;
  readonly #pid: number;

  private constructor(process: BrokerProcess) {
    this.process = process;
    this.#pid = process.pid;
  }

  static async start(options: BrokerProcessOptions = {}): Promise<WatchedBroker> {
    return new WatchedBroker(await BrokerProcess.start({ target: 'walka', ...options }));
  }

  get port(): number {
    return this.process.port;
  }

  connect(): Promise<WireClient> {
    return WireClient.open(this.port);
  }

  /** Resident memory in bytes; 0 where the system does not show it. */
  rssBytes(): number {
    const line = this.#read('status').match(/VmRSS:\s+(\d+) kB/);
    return line === null ? 0 : Number(line[1]) * 1024;
  }

  /** The most that was ever resident. */
  peakRssBytes(): number {
    const line = this.#read('status').match(/VmHWM:\s+(\d+) kB/);
    return line === null ? 0 : Number(line[1]) * 1024;
  }

  /** Open file descriptors; 0 where the system does not show them. */
  descriptors(): number {
    try {
      return readdirSync(`/proc/${this.#pid}/fd`).length;
    } catch {
      return 0;
    }
  }

  async createTopic(name: string, numPartitions = 1): Promise<void> {
    const client = await this.connect();
    const topics = [{ name, numPartitions, replicationFactor: 1 }];
    const answer = await client.call(CreateTopics, 6, { topics, timeoutMs: 10_000 });
    assert.equal(answer.topics[0]?.errorCode, 0);
    client.close();
  }

  /** A stranger is served, the process is the same, and it logged nothing that nobody foresaw. */
  async assertWell(): Promise<void> {
    const client = await this.connect();
    const answer = await client.call(Metadata, 9, { topics: [], allowAutoTopicCreation: false });
    assert.equal(answer.brokers.length, 1);
    await produce(client, 'still-alive', 0, 'yes').catch((error: unknown) => {
      if (!String(error).includes('failed with 3')) throw error;
    });
    client.close();
    assert.equal(this.process.pid, this.#pid);
    assert.doesNotMatch(this.process.log, TROUBLE);
  }

  #read(name: string): string {
    try {
      return readFileSync(`/proc/${this.#pid}/${name}`, 'utf8');
    } catch {
      return '';
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

/** Waits until something that needs a while holds. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds()) {
    assert.ok(performance.now() < deadline, `not in ${PATIENCE_MS} ms: ${what}`);
    await delay(20);
  }
}

/** Many connections at once, a hundred under way at a time. */
export async function connectMany(broker: WatchedBroker, count: number): Promise<WireClient[]> {
  const clients: WireClient[] = [];
  while (clients.length < count) {
    const batch = Math.min(100, count - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: batch }, () => broker.connect()))));
  }
  return clients;
}
