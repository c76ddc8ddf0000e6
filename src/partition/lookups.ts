/** What is found in one partition by time or by leader epoch. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { LogEngine } from '../storage/types.ts';
import { inKafkaTerms } from './failures.ts';
import {
  epochAt,
  epochEnd,
  findByTimestamp,
  findMaxTimestamp,
  NO_EPOCH,
  type EpochEnd,
  type LookupRange,
} from './lookup.ts';
import { IsolationLevel, type OffsetAndTimestamp, type PartitionLog } from './types.ts';

export function deletedError({ topicName, index }: PartitionLog): KafkaError {
  return new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `${topicName}-${index} was deleted.`);
}

/** An answer of the engine, with its failures, or the topic's end meanwhile, as KafkaErrors. */
export async function answerOf<T>(partition: PartitionLog, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw partition.deleted ? deletedError(partition) : inKafkaTerms(error);
  }
}

export class Lookups {
  readonly #partition: PartitionLog;
  readonly #engine: LogEngine;

  constructor(partition: PartitionLog, engine: LogEngine) {
    this.#partition = partition;
    this.#engine = engine;
  }

  /** See PartitionLog.offsetForTimestamp. */
  async byTimestamp(timestampMs: number, isolation: IsolationLevel): Promise<OffsetAndTimestamp | null> {
    await this.#whenStable(isolation);
    const range = this.#range();
    return this.#ifReadable(await this.#answer(findByTimestamp(this.#engine, range, timestampMs)), isolation);
  }

  /** See PartitionLog.maxTimestamp. */
  async largestTimestamp(isolation: IsolationLevel): Promise<OffsetAndTimestamp | null> {
    await this.#whenStable(isolation);
    return this.#ifReadable(await this.#answer(findMaxTimestamp(this.#engine, this.#range())), isolation);
  }

  /** See PartitionLog.epochForOffset. */
  async epochAt(offset: number): Promise<number> {
    const { logEndOffset, leaderEpoch, stream } = this.#partition;
    if (offset >= logEndOffset) return leaderEpoch;
    return epochAt(await this.#answer(this.#engine.leaderEpochs(stream)), offset);
  }

  /** See PartitionLog.endOffsetForEpoch. */
  async endOfEpoch(asked: number): Promise<EpochEnd | null> {
    const { leaderEpoch, stream } = this.#partition;
    const isPast = asked !== NO_EPOCH && asked < leaderEpoch && this.#partition.logEndOffset > 0;
    const epochs = isPast ? await this.#answer(this.#engine.leaderEpochs(stream)) : [];
    return epochEnd(epochs, asked, leaderEpoch, this.#partition.logEndOffset);
  }

  #answer<T>(answer: Promise<T>): Promise<T> {
    return answerOf(this.#partition, answer);
  }

  /** The last stable offset is known once the producers are. */
  async #whenStable(isolation: IsolationLevel): Promise<void> {
    if (isolation === IsolationLevel.READ_COMMITTED) await this.#partition.ready();
  }

  /** What read_committed may not see yet is not found, even if something before it would have been. */
  #ifReadable(found: OffsetAndTimestamp | null, isolation: IsolationLevel): OffsetAndTimestamp | null {
    if (found === null || isolation === IsolationLevel.READ_UNCOMMITTED) return found;
    return found.offset < this.#partition.lastStableOffset ? found : null;
  }

  #range(): LookupRange {
    const { stream, logStartOffset, highWatermark } = this.#partition;
    return {
      stream,
      fromOffset: logStartOffset,
      endOffset: highWatermark,
    };
  }
}
