/** Waiting for the commit of one Produce request: all its partitions, or its timeout. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { Deadlines } from '../base/deadlines.ts';
import type { PartitionLog } from '../partition/types.ts';

/** An append that took effect, and what is to be told of its fate. */
export interface Commit<Answer> {
  readonly partition: PartitionLog;
  /** Exclusive: committed when the high watermark is there. */
  readonly endOffset: number;
  readonly answer: Answer;
}

/**
 * What a commit gets at least. Kafka's timeout is for followers, and what a lone broker appends is never late there,
 * whatever the request says.
 */
const MIN_TIMEOUT_MS = 1000;

/** What a request waits with. */
export interface CommitWaitOptions<Answer, Result> {
  readonly deadlines: Deadlines;
  /** Never less than a second is waited; Infinity for ever. */
  readonly timeoutMs: number;
  /** Told of each failure. */
  readonly onError: (answer: Answer, error: KafkaError) => void;
  /** What the wait gives when all is known. */
  readonly result: Result;
}

/** One request that waits. */
class CommitWait<Answer, Result> {
  readonly done: Promise<Result>;
  readonly #options: CommitWaitOptions<Answer, Result>;
  readonly #commits: readonly Commit<Answer>[];
  /** By commit: whether it is known what became of it. */
  readonly #known: boolean[] = [];
  #left: number;
  #resolve!: (result: Result) => void;
  #reject!: (error: unknown) => void;
  readonly #cancel: () => void;

  constructor(commits: readonly Commit<Answer>[], options: CommitWaitOptions<Answer, Result>) {
    this.#options = options;
    this.#commits = commits;
    this.#left = commits.length;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const timeoutMs = Math.max(options.timeoutMs, MIN_TIMEOUT_MS);
    this.#cancel = options.deadlines.add(() => this.#expire(), timeoutMs);
    for (let i = 0; i < commits.length; i++) {
      const { partition, endOffset } = commits[i] as Commit<Answer>;
      this.#known.push(false);
      partition.whenCommitted(endOffset, (error) => this.#settle(i, error));
    }
  }

  #settle(index: number, error: Error | null): void {
    if (this.#known[index] === true) return; // timed out before
    this.#known[index] = true;
    this.#left -= 1;
    if (error instanceof KafkaError) this.#options.onError((this.#commits[index] as Commit<Answer>).answer, error);
    else if (error !== null) this.#reject(error);
    if (this.#left > 0) return;
    this.#cancel();
    this.#resolve(this.#options.result);
  }

  #expire(): void {
    for (const [index, { answer }] of this.#commits.entries()) {
      if (this.#known[index] === true) continue;
      this.#known[index] = true;
      this.#options.onError(answer, new KafkaError(ErrorCode.REQUEST_TIMED_OUT));
    }
    this.#resolve(this.#options.result);
  }
}

/**
 * Resolves with the result once everything is committed, failed or, when its time is up, given up with REQUEST_TIMED_OUT
 * (it may still be committed after that).
 */
export function whenAllCommitted<Answer, Result>(
  commits: readonly Commit<Answer>[],
  options: CommitWaitOptions<Answer, Result>,
): Promise<Result> {
  return new CommitWait(commits, options).done;
}
