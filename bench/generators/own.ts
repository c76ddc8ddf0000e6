/**
 * Load by a client of our own: `load/own`. It needs nothing but Node. As fast as it can it sends the same batches over and
 * over, which costs next to nothing, so that what is measured is the broker; by the clock it forgives no stall.
 */
import type { ProduceVersion } from '../load/own/produce-requests.ts';
import type { ReaderOptions } from '../load/own/reader.ts';
import type {
  Consumed,
  ConsumeLoad,
  Generator,
  OpenLoopLoad,
  OpenLoopResult,
  Percentiles,
  Produced,
  ProduceLoad,
} from './generator.ts';
import { LOAD_PROGRAM } from './load-program.ts';
import { runProgram } from './program.ts';

export interface OwnProduceLoad extends ProduceLoad {
  /** So many different batches, of records like events as JSON; default: one batch over and over. */
  readonly variants?: number;
  /** Of Produce; 2 sends messages of format v1, not compressed. Default: 9. */
  readonly version?: ProduceVersion;
}

export interface OwnConsumeLoad extends ConsumeLoad, ReaderOptions {}

/** Clients that connect, log in, ask once and leave, one after the other in each of some places. */
export interface LoginLoad {
  readonly user: string;
  readonly password: string;
  /** Connections that are made at once. */
  readonly atOnce: number;
  readonly seconds: number;
}

/** Those that were answered. */
export interface LoggedIn {
  readonly connections: number;
  readonly seconds: number;
}

/** Producers that each wait for an answer before they send the next batch. */
export interface WaitingProducers {
  readonly topic: string;
  readonly partitions: number;
  readonly producers: number;
  readonly recordBytes: number;
  /** Records in each request. */
  readonly batchRecords: number;
  readonly seconds: number;
}

/** What they saw. */
export interface Waited extends Produced {
  /** From a request to its answer. */
  readonly answered: Percentiles;
}

/** An open loop with more readers than one, and what was there before them. */
export interface FannedOut extends OpenLoopLoad {
  readonly readers: number;
}

export class OwnGenerator implements Generator {
  readonly name = 'own';

  produce(bootstrap: string, load: OwnProduceLoad, signal: AbortSignal): Promise<Produced> {
    return this.#run('produce', bootstrap, load, signal);
  }

  /** The same with many producers, one request of each on its way. */
  produceByMany(bootstrap: string, load: WaitingProducers, signal: AbortSignal): Promise<Waited> {
    return this.#run('produce-by-many', bootstrap, load, signal);
  }

  consume(bootstrap: string, load: OwnConsumeLoad, signal: AbortSignal): Promise<Consumed> {
    return this.#run('consume', bootstrap, load, signal);
  }

  openLoop(bootstrap: string, load: OpenLoopLoad, signal: AbortSignal): Promise<OpenLoopResult> {
    return this.fanOut(bootstrap, { ...load, readers: 1 }, signal);
  }

  fanOut(bootstrap: string, load: FannedOut, signal: AbortSignal): Promise<OpenLoopResult> {
    return this.#run('open-loop', bootstrap, load, signal);
  }

  /** @param bootstrap with TLS; logins are by SCRAM-SHA-256 */
  logins(bootstrap: string, load: LoginLoad, signal: AbortSignal): Promise<LoggedIn> {
    return this.#run('logins', bootstrap, load, signal);
  }

  async #run<T>(mode: string, bootstrap: string, load: object, signal: AbortSignal): Promise<T> {
    const text = await runProgram(process.execPath, [LOAD_PROGRAM, mode, bootstrap, JSON.stringify(load)], signal);
    return JSON.parse(text) as T;
  }
}
