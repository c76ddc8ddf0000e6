/**
 * The streams of deleted topics go, a few topics at a time; then the metadata forgets the topic. A start goes on with what
 * a crash cut off.
 */
import { othersTurn } from '../base/clock.ts';
import type { Topic } from '../metadata/types.ts';
import type { DeletedTopic } from '../storage/catalog/types.ts';
import type { StreamId } from '../storage/types.ts';
import { isNotFound } from './failures.ts';
import { type PartitionManagerOptions, SLICE } from './open-topics.ts';

/** A topic that is gone for clients. */
type Deletion = Pick<Topic | DeletedTopic, 'id' | 'name' | 'partitions'>;

/** Deleted topics whose streams are deleted at a time. */
const DELETION_LANES = 16;
/** Streams that were never written to, and are looked at before others get a turn. */
const UNWRITTEN_SLICE = 4096;

export class StreamDeletions {
  readonly #options: PartitionManagerOptions;
  /** Deletions of topics so far, and the last one of each lane. */
  #deletions = 0;
  readonly #lanes: Promise<void>[] = [];
  /** Streams so far that had nothing to delete: topics that are deleted together take the loop's time together. */
  #unwritten = 0;
  #isClosed = false;

  constructor(options: PartitionManagerOptions) {
    this.#options = options;
    for (const deleted of options.metadata.unfinishedDeletions) this.add(deleted);
  }

  /** Deletes the streams of a deleted topic when it is its turn. */
  add(topic: Deletion): void {
    const lane = this.#deletions++ % DELETION_LANES;
    this.#lanes[lane] = (this.#lanes[lane] ?? Promise.resolve()).then(() => this.#delete(topic));
  }

  /** What fails from now on is the next start's matter. */
  close(): void {
    this.#isClosed = true;
  }

  /** Deletes streams, and has the metadata forget the topic when the journal has said so for good. */
  async #delete({ id, name, partitions }: Deletion): Promise<void> {
    const { engine, metadata, logger, clock } = this.#options;
    try {
      let deletions: Promise<void>[] = [];
      for (const stream of partitions.streams()) {
        if (engine.has(stream)) deletions.push(this.#deleteStream(stream));
        else if (++this.#unwritten % UNWRITTEN_SLICE === 0) await othersTurn(clock);
        if (this.#isClosed) return;
        if (deletions.length < SLICE) continue;
        await Promise.all(deletions);
        deletions = [];
      }
      await Promise.all(deletions);
      await metadata.endDeletion(id);
    } catch (error) {
      if (this.#isClosed) return;
      const message = 'A deleted topic may keep its space until the next start, which deletes it again.';
      logger.warn('stream-delete-failed', message, { topic: name, error });
    }
  }

  async #deleteStream(stream: StreamId): Promise<void> {
    try {
      await this.#options.engine.deleteStream(stream);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
