/**
 * The records of a compressed batch, expanded as a whole: for what cannot be done piece by piece. A batch of some
 * kilobytes may expand to `max.decompressed.message.bytes`, so only few are held at a time, whoever asks for them; the
 * others wait for their turn. Uncompressed records lie in the batch already and wait for nobody.
 */
import { turn } from '../base/real-time.ts';
import { CompressionCodec, compressionCodec } from '../../protocol/records/batch.ts';
import { recordBytes } from '../../protocol/records/iterate.ts';
import { type Effort, timedThrough } from '../base/effort.ts';
import { expansions, whenTurn } from './expansions.ts';

/** Batches that are held expanded at a time: one for each core of a small machine. */
const PLACES = 2;

let free = PLACES;
const waiting: Array<() => void> = [];

async function takePlace(): Promise<void> {
  if (free > 0) {
    free -= 1;
    return;
  }
  await new Promise<void>((resolve) => void waiting.push(resolve));
  // Many small ones, one after the other, would let nobody else have a turn.
  await turn();
}

function leavePlace(): void {
  const next = waiting.shift();
  if (next === undefined) free += 1;
  else next();
}

/**
 * Gives the records of the batch, uncompressed, to `use`, which must not keep them.
 * @param maxBytes bytes they may expand to
 * @param effort counts how long the place is held
 * @throws KafkaError as `recordBytes`, and what `use` throws; as a rejection
 */
export async function withWholeRecords<T>(
  batch: Buffer,
  maxBytes: number,
  effort: Effort | null,
  use: (records: Buffer) => T | Promise<T>,
): Promise<T> {
  if (compressionCodec(batch, 0) === CompressionCodec.NONE) {
    const records = await recordBytes(batch, 0, maxBytes);
    return await timedThrough(effort, () => use(records));
  }
  return await withPlace(effort, async () => {
    const records = await recordBytes(batch, 0, maxBytes);
    expansions.spend(batch.length + records.length);
    return await use(records);
  });
}

/**
 * Runs what holds expanded records, when there is a place for it and its turn has come.
 * @throws what `use` throws; as a rejection
 */
export async function withPlace<T>(effort: Effort | null, use: () => Promise<T>): Promise<T> {
  await takePlace();
  try {
    await whenTurn();
    return await timedThrough(effort, use);
  } finally {
    leavePlace();
  }
}
