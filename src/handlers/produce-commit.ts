/** Waiting for the commit of one Produce request: all its partitions, or its timeout. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { Clock } from '../base/clock.ts';
import { Deadlines } from '../base/deadlines.ts';
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

const deadlinesByClock = new WeakMap<Clock, Deadlines>();

function deadlinesOf(clock: Clock): Deadlines {
  let deadlines = deadlinesByClock.get(clock);
  if (deadlines === undefined) {
    deadlines = new Deadlines(clock);
    deadlinesByClock.set(clock, deadlines);
  }
  return deadlines;
}

/**
 * Resolves when everything is committed, failed or, `timeoutMs` later (never less than a second, Infinity for
 * never), given up with REQUEST_TIMED_OUT (it may still be committed after that). `onError` is told of each failure
 * before.
 */
export function whenAllCommitted<Answer>(
  clock: Clock,
  commits: readonly Commit<Answer>[],
  timeoutMs: number,
  onError: (answer: Answer, error: KafkaError) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = commits.length;
    const pending = new Set(commits.map(({ answer }) => answer));
    const expire = (): void => {
      for (const answer of pending) onError(answer, new KafkaError(ErrorCode.REQUEST_TIMED_OUT));
      pending.clear();
      resolve();
    };
    const cancel = deadlinesOf(clock).add(expire, Math.max(timeoutMs, MIN_TIMEOUT_MS));
    for (const { partition, endOffset, answer } of commits) {
      partition.whenCommitted(endOffset, (error) => {
        if (!pending.delete(answer)) return; // timed out before
        left -= 1;
        if (error instanceof KafkaError) onError(answer, error);
        else if (error !== null) reject(error);
        if (left > 0) return;
        cancel();
        resolve();
      });
    }
  });
}
