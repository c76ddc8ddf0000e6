/**
 * A broker on virtual time under clients whose messages get lost, come late or twice, with a disk that hangs and fails
 * and restarts in between. Whatever happens follows from one seed.
 */
import { ManualClock } from '../../src/base/manual-clock.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { startServices } from '../../src/broker/services.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { settle } from './groups.ts';
import { ask } from './handler-client.ts';
import { MemoryEngine } from './memory-engine.ts';
import { openTestServices, type TestServices } from './test-services.ts';
import type { Api } from './wire-client.ts';

/** What may become of a request. */
export interface Faults {
  /** It may arrive after the client gave up on it, or twice. */
  readonly late: boolean;
}

export class SimulatedCluster {
  readonly random: Random;
  readonly clock = new ManualClock();
  readonly engine = new MemoryEngine();
  readonly #catalog = new MemoryCatalog();
  readonly #settings: Readonly<Record<string, string>>;
  #opened!: TestServices;
  /** Clients that wait for their next step. */
  readonly #parked: (() => void)[] = [];
  /** Messages that are still on their way. */
  #late: (() => void)[] = [];
  /** Requests that a restart leaves without an answer. */
  #cut: (() => void)[] = [];
  #isCalm = false;

  private constructor(seed: number, settings: Readonly<Record<string, string>>) {
    this.random = seededRandom(seed);
    this.#settings = settings;
  }

  static async open(seed: number, settings: Readonly<Record<string, string>>): Promise<SimulatedCluster> {
    const cluster = new SimulatedCluster(seed, settings);
    await cluster.#start();
    return cluster;
  }

  get services(): BrokerServices {
    return this.#opened.services;
  }

  async #start(): Promise<void> {
    const { clock, engine } = this;
    const random = seededRandom(1);
    this.#opened = await openTestServices({ settings: this.#settings, clock, random, engine, catalog: this.#catalog });
    startServices(this.services);
  }

  chance(oneIn: number): boolean {
    return this.random.int(oneIn) === 0;
  }

  /** Resolves when the scheduler lets this client go on. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#parked.push(resolve));
  }

  /** Sends a request; null when no answer comes. */
  async call<Request, Response>(
    api: Api<Request, Response>,
    version: number,
    request: Request,
    faults: Faults,
  ): Promise<Response | null> {
    await this.turn();
    const send = async (): Promise<Response | null> => {
      try {
        return await ask(this.services, api, version, request);
      } catch {
        return null;
      }
    };
    const fate = this.#isCalm ? 99 : this.random.int(100);
    if (fate < 8) return null;
    if (fate < 16) {
      void send();
      return null;
    }
    if (faults.late && fate < 30) {
      this.#late.push(() => void send());
      if (fate < 23) return null;
    }
    const cut = new Promise<null>((resolve) => this.#cut.push(() => resolve(null)));
    return Promise.race([send(), cut]);
  }

  /** One thing happens, and what follows from it. */
  async step(): Promise<void> {
    const event = this.random.int(100);
    if (event < 70) this.#letOneGo();
    else if (event < 80) this.clock.advance(this.random.int(400));
    else if (event < 86) this.#deliverLate();
    else if (event < 89) this.clock.advance(this.random.int(8000));
    else if (event < 93) this.engine.autoCommit = false;
    else if (event < 97) this.#commitAll();
    else if (event < 98) this.#loseSome();
    else if (this.chance(2)) await this.restart();
    await settle();
  }

  #letOneGo(): void {
    const [go] = this.#parked.splice(this.random.int(Math.max(this.#parked.length, 1)), 1);
    go?.();
  }

  #deliverLate(): void {
    const [deliver] = this.#late.splice(this.random.int(Math.max(this.#late.length, 1)), 1);
    deliver?.();
  }

  #commitAll(): void {
    this.engine.commit();
    this.engine.autoCommit = true;
  }

  /** The disk takes a first part of what is on its way to it, and fails the rest. */
  #loseSome(): void {
    this.engine.commit(this.random.int(this.engine.queued.length + 1));
    this.engine.fail();
    this.engine.autoCommit = true;
  }

  /** The broker goes at once, and comes back with what had got to the disk. */
  async restart(): Promise<void> {
    this.#loseSome();
    for (const answer of this.#cut.splice(0)) answer();
    await this.#opened[Symbol.asyncDispose]();
    await this.#start();
    await this.services.transactions.whenLoaded();
    await this.services.groups.whenLoaded();
  }

  /** Nothing goes wrong any more: lets everything end that will ever end, and time pass for what waits for it. */
  async calm(isDone: () => boolean, passMs: number): Promise<void> {
    this.#isCalm = true;
    this.#commitAll();
    for (let i = 0; i < 5000 && (!isDone() || this.#late.length > 0); i++) {
      this.#letOneGo();
      this.#deliverLate();
      this.clock.advance(20);
      await settle();
    }
    for (let passed = 0; passed < passMs; passed += 1000) {
      this.clock.advance(1000);
      await settle();
    }
  }

  /**
   * Nothing goes wrong but for one restart, after `crashAfter` appends have got to the disk, one by one. Gives how many
   * appends there were.
   */
  async crawl(isDone: () => boolean, crashAfter: number): Promise<number> {
    this.#isCalm = true;
    let appends = 0;
    for (let i = 0; i < 2000 && !isDone(); i++) {
      if (appends === crashAfter) {
        this.engine.fail();
        await this.restart();
      }
      this.engine.autoCommit = false;
      this.#letOneGo();
      await settle();
      if (this.engine.queued.length > 0) appends++;
      this.engine.commit(1);
      await settle();
      this.clock.advance(50);
    }
    return appends;
  }

  async close(): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }
}
