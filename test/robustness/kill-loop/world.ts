/** What all actors of a run share: where the broker is, whether it is up, and how to live with its deaths. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Random } from '../../../src/base/random.ts';
import { WireClient } from '../../support/wire-client.ts';
import type { Model } from './model.ts';

/** An answer that a client has to wait out, not a failure. */
export class TryAgain extends Error {}

export interface Topic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

export class World {
  readonly port: number;
  readonly model: Model;
  readonly random: Random;
  readonly topics: readonly Topic[];
  #isUp = false;
  #isOver = false;
  /** Deaths so far. */
  deaths = 0;
  #whenUp = Promise.withResolvers<void>();

  constructor(port: number, model: Model, random: Random, topics: readonly Topic[]) {
    this.port = port;
    this.model = model;
    this.random = random;
    this.topics = topics;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** True when actors should finish. */
  get isOver(): boolean {
    return this.#isOver;
  }

  up(): void {
    this.#isUp = true;
    this.#whenUp.resolve();
  }

  /** To be called before the broker is killed: from here on connections may break. */
  down(): void {
    this.#isUp = false;
    this.deaths += 1;
    this.model.life = this.deaths;
    this.#whenUp = Promise.withResolvers<void>();
  }

  end(): void {
    this.#isOver = true;
    this.#whenUp.resolve();
  }

  /** Runs one actor over many connections until the run is over. `session` ends by throwing, or when it is done. */
  async live(name: string, session: (client: WireClient) => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      await this.#whenUp.promise;
      const { deaths } = this;
      let client: WireClient | null = null;
      try {
        client = await WireClient.open(this.port);
        await session(client);
      } catch (error) {
        const mayBreak = this.deaths !== deaths || this.#isOver;
        if (!(error instanceof TryAgain) && !(mayBreak && isBrokenConnection(error))) {
          this.model.fail(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
          return;
        }
        await nextTurn();
      } finally {
        client?.close();
      }
    }
  }

  pick<T>(items: readonly T[]): T {
    return items[this.random.int(items.length)] as T;
  }
}

export function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return error.message === 'The connection closed' || ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code);
}
