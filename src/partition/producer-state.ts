/**
 * What a partition remembers of idempotent producers (KIP-98): per producer id the current epoch and the last five
 * batches. A batch that is one of these is a duplicate and is answered with the original's offset; any other batch must
 * follow in sequence. A producer that is not known may start with any sequence.
 *
 * The state follows from the log: `replay` of every batch header rebuilds it.
 */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  addSequence,
  baseOffset,
  baseSequence,
  hasProducerId,
  isControl,
  lastOffsetDelta,
  lastSequence,
  maxTimestamp,
  producerEpoch,
  producerId,
} from '../../protocol/records/batch.ts';

/** Batches remembered per producer: as many as a client may have in flight. */
export const BATCHES_PER_PRODUCER = 5;

/** Epoch and sequence of a producer that has none yet. */
const NONE = -1;

/** A batch as it was appended. */
export interface ProducerBatch {
  firstSequence: number;
  lastSequence: number;
  baseOffset: number;
  /** Exclusive. */
  endOffset: number;
  /** Largest timestamp of the batch in ms. */
  timestampMs: number;
}

export interface ProducerEntry {
  epoch: number;
  /** Largest timestamp of the newest batch in ms. */
  lastTimestampMs: number;
  /** The newest batches of this epoch, oldest first. */
  readonly batches: ProducerBatch[];
  /** Sequence that must come first while there are no batches. */
  firstSequence: number;
}

export class ProducerState {
  readonly #entries = new Map<bigint, ProducerEntry>();

  /** Known producers. */
  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<[bigint, ProducerEntry]> {
    return this.#entries.entries();
  }

  /** Puts back what a snapshot held. */
  restore(id: bigint, entry: ProducerEntry): void {
    this.#entries.set(id, entry);
  }

  /**
   * Checks the sequences of a batch with a producer id. Gives the original when the batch was appended before, else null:
   * it may be appended.
   * @throws KafkaError INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER
   */
  check(bytes: Buffer): ProducerBatch | null {
    const entry = this.#entries.get(producerId(bytes, 0));
    if (entry === undefined) return null;
    const epoch = producerEpoch(bytes, 0);
    const first = baseSequence(bytes, 0);
    if (epoch === entry.epoch) {
      const last = lastSequence(bytes, 0);
      for (const batch of entry.batches) {
        if (batch.firstSequence === first && batch.lastSequence === last) return batch;
      }
    }
    if (epoch < entry.epoch) {
      throw new KafkaError(
        ErrorCode.INVALID_PRODUCER_EPOCH,
        `Producer ${producerId(bytes, 0)} has epoch ${epoch}, the newest seen is ${entry.epoch}.`,
      );
    }
    const expected = epoch === entry.epoch ? expectedSequence(entry) : 0;
    if (first !== expected && entry.epoch !== NONE) {
      throw new KafkaError(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `Producer ${producerId(bytes, 0)}, epoch ${epoch}, has sequence ${first} where ${expected} follows.`,
      );
    }
    return null;
  }

  /**
   * Takes back all batches from `offset` on: they were lost. A producer of which nothing is left must go on from its
   * first lost batch: what it has under way behind that must not be taken for its beginning.
   */
  rollBack(offset: number): void {
    for (const entry of this.#entries.values()) {
      const { batches } = entry;
      const kept = batches.findIndex(({ baseOffset: at }) => at >= offset);
      if (kept < 0) continue;
      if (kept === 0) entry.firstSequence = batches[0]?.firstSequence ?? 0;
      batches.length = kept;
    }
  }

  /** Remembers a batch from its header, whose base offset is set, without any check. */
  replay(header: Buffer): void {
    if (!hasProducerId(header, 0)) return;
    const id = producerId(header, 0);
    const epoch = producerEpoch(header, 0);
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = { epoch, lastTimestampMs: NONE, batches: [], firstSequence: 0 };
      this.#entries.set(id, entry);
    } else if (entry.epoch !== epoch) {
      entry.epoch = epoch;
      entry.batches.length = 0;
      entry.firstSequence = 0;
    }
    // Clients may put any 64 bits there.
    entry.lastTimestampMs = Math.max(NONE, Math.min(maxTimestamp(header, 0), Number.MAX_SAFE_INTEGER));
    if (isControl(header, 0)) return;
    const { batches } = entry;
    const batch = batches.length < BATCHES_PER_PRODUCER ? newBatch() : (batches.shift() as ProducerBatch);
    batch.firstSequence = baseSequence(header, 0);
    batch.lastSequence = lastSequence(header, 0);
    batch.baseOffset = baseOffset(header, 0);
    batch.endOffset = batch.baseOffset + lastOffsetDelta(header, 0) + 1;
    batch.timestampMs = entry.lastTimestampMs;
    batches.push(batch);
  }

  /** Forgets producers whose newest timestamp is `expirationMs` old; gives how many. */
  expire(nowMs: number, expirationMs: number): number {
    let expired = 0;
    for (const [id, entry] of this.#entries) {
      if (nowMs - entry.lastTimestampMs < expirationMs) continue;
      this.#entries.delete(id);
      expired++;
    }
    return expired;
  }
}

function newBatch(): ProducerBatch {
  return { firstSequence: NONE, lastSequence: NONE, baseOffset: NONE, endOffset: NONE, timestampMs: NONE };
}

function expectedSequence(entry: ProducerEntry): number {
  const newest = entry.batches.at(-1);
  return newest === undefined ? entry.firstSequence : addSequence(newest.lastSequence, 1);
}
