/** What all workers of a run share, and how each lives with a broker that goes away. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/base/random.ts';
import type { Client } from './clients/client.ts';
import type { CommittedOffset, Observation, Operation, Write } from './history.ts';

/** Longer than the timeouts of every client: whoever answers later is given up. */
const CALL_LIMIT_MS = 20_000;
/** Between two tries to open a client. */
const REOPEN_MS = 200;

export interface Topic {
  readonly name: string;
  readonly partitions: number;
}

export interface Topics {
  /** What is written. */
  readonly log: Topic;
  /** What is copied from it. */
  readonly copies: Topic;
}

export class RunState {
  readonly client: Client;
  readonly random: Random;
  readonly topics: Topics;
  readonly history: Operation[] = [];
  /** When each worker last succeeded, by its name; 0 for never. */
  readonly successes = new Map<string, number>();
  /** How often a worker was told something else, by what it was told. */
  readonly errors = new Map<string, number>();
  /** First all work; then nothing is written any more and what is there is read; at last all stop. */
  phase: 'work' | 'drain' | 'over' = 'work';
  #lastValue = 0;

  constructor(client: Client, random: Random, topics: Topics) {
    this.client = client;
    this.random = random;
    this.topics = topics;
  }

  /** Nothing is to be written any more. */
  get isOver(): boolean {
    return this.phase !== 'work';
  }

  now(): number {
    return performance.now();
  }

  /** A write of a value that no other record has. */
  newWrite(partition: string, copyOf?: number): Write {
    const value = ++this.#lastValue;
    return { partition, value, offset: null, ...(copyOf === undefined ? {} : { copyOf }) };
  }

  succeeded(worker: string): void {
    this.successes.set(worker, this.now());
  }

  noteError(worker: string, error: unknown): void {
    const text = `${worker.replace(/-\d+$/, '')}: ${error instanceof Error ? error.message : String(error)}`;
    const about = text.slice(0, 160).replaceAll(/\d+/g, 'N');
    this.errors.set(about, (this.errors.get(about) ?? 0) + 1);
  }
}

/** The promise's result, or an Error when it takes too long. */
export async function within<T>(work: Promise<T>, limitMs = CALL_LIMIT_MS): Promise<T> {
  const limit = new AbortController();
  const late = delay(limitMs, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`no answer within ${limitMs} ms`);
  });
  // Whoever loses the race may still fail.
  work.catch(() => undefined);
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    limit.abort();
  }
}

interface Closable {
  close(): Promise<void>;
}

/** Opens something; if that takes too long, what comes later is closed. */
export async function opened<T extends Closable>(opening: Promise<T>): Promise<T> {
  try {
    return await within(opening);
  } catch (error) {
    opening.then((late) => late.close()).catch(() => undefined);
    throw error;
  }
}

export async function closed(...items: ReadonlyArray<Closable | null>): Promise<void> {
  await Promise.all(items.map((item) => (item === null ? undefined : within(item.close()).catch(() => undefined))));
}

/** Runs `session` again and again until the run is over; it ends by throwing, or when it wants to start anew. */
export async function live(
  run: RunState,
  worker: string,
  session: (number: number) => Promise<void>,
  isOver = () => run.isOver,
): Promise<void> {
  run.successes.set(worker, 0);
  for (let number = 0; !isOver(); number++) {
    try {
      await session(number);
    } catch (error) {
      run.noteError(worker, error);
      await delay(REOPEN_MS);
    }
  }
}

/** What a group may commit after it was given these records. */
export function nextOffsets(records: readonly Observation[]): CommittedOffset[] {
  const next = new Map(records.map(({ partition, offset }) => [partition, offset + 1]));
  return [...next].map(([partition, offset]) => ({ partition, offset }));
}
