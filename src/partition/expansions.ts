/**
 * What the event loop expands, and looks at expanded, for all partitions: a request of some megabytes may have thousands of
 * batches that expand to a megabyte each. Small ones are expanded at once, within the budget of a turn; large ones on other
 * threads, few at a time, in pieces of which each takes its turn.
 */
import { type Codec, codecNumbered, SMALL_BYTES } from '../../protocol/compression/codecs.ts';
import { BATCH_OVERHEAD, CompressionCodec, compressionCodec } from '../../protocol/records/batch.ts';
import type { Effort } from '../base/effort.ts';
import { Gate } from '../base/gate.ts';
import { TurnBudget } from '../base/turn-budget.ts';

/** Expanded bytes of a turn: some 3 ms, or three times that for the smallest records. */
const BYTES_PER_TURN = 4 * 1024 * 1024;

export const expansions = new TurnBudget(BYTES_PER_TURN);

/** Each has a piece or two in memory, whatever it expands to, and a thread. */
const largeOnes = new Gate(4);

/** Waits for its turn where the last one is used up: for those of whom there are few at a time. */
export async function whenTurn(): Promise<void> {
  if (!expansions.hasRoom) await expansions.run(() => {});
}

/** Waits for a turn that has room for something, and counts its bytes: of all who wait only some go on in the same one. */
export async function turnFor(byteLength: number): Promise<void> {
  if (expansions.hasRoom) expansions.spend(byteLength);
  else await expansions.run(() => expansions.spend(byteLength));
}

/**
 * Expands what is large; `take` may promise, and its pieces are counted.
 * @param effort counts the time on the thread and in `take`, not that of waiting for a turn
 * @throws as `Codec.expand`; as a rejection
 */
export function expandLarge(
  codec: Codec,
  payload: Buffer,
  maxBytes: number,
  take: (piece: Buffer) => void | Promise<void>,
  effort: Effort | null = null,
): Promise<void> {
  let end: (() => void) | null = null;
  const begin = (): void => {
    end = effort?.begin() ?? null;
  };
  const takeCounted = (piece: Buffer): void | Promise<void> => {
    expansions.spend(piece.length);
    const taken = take(piece);
    if (taken === undefined && expansions.hasRoom) return undefined;
    end?.();
    return (taken === undefined ? whenTurn() : taken.then(whenTurn)).then(begin);
  };
  return largeOnes.run(() => {
    begin();
    return codec.expand(payload, maxBytes, takeCounted).finally(() => end?.());
  });
}

/** Takes the next piece, of which nothing may be kept; false: no more are wanted. */
export type TakeRecords = (piece: Buffer) => boolean | Promise<boolean>;

/** No more pieces are wanted. */
class EnoughError extends Error {}

/** Who takes records may hold one of them whole, and that may be all that a batch expands to. */
const largeTakers = new Gate(2);

/**
 * Gives the records of a whole batch, uncompressed, in pieces of up to 1 MiB, which end anywhere.
 * @throws KafkaError INVALID_RECORD for what is damaged, and what `take` throws; as a rejection
 */
export async function recordsInPieces(batch: Buffer, take: TakeRecords): Promise<void> {
  const payload = batch.subarray(BATCH_OVERHEAD);
  const number = compressionCodec(batch, 0);
  if (number === CompressionCodec.NONE) {
    for (let at = 0; at < payload.length; at += SMALL_BYTES) {
      const piece = payload.subarray(at, at + SMALL_BYTES);
      await turnFor(piece.length);
      if (!(await take(piece))) return;
    }
    return;
  }
  const codec = await codecNumbered(number);
  const expand = (): readonly Buffer[] | null => expandSmall(codec, payload);
  const small = expansions.hasRoom ? expand() : await expansions.run(expand);
  if (small !== null) {
    for (const piece of small) if (!(await take(piece))) return;
    return;
  }
  let isEnough = false;
  try {
    const takeUntilEnough = async (piece: Buffer): Promise<void> => {
      isEnough = !(await take(piece));
      if (isEnough) throw new EnoughError();
    };
    await largeTakers.run(() => expandLarge(codec, payload, Number.MAX_SAFE_INTEGER, takeUntilEnough));
  } catch (error) {
    if (!isEnough) throw error;
  }
}

/** What is small, expanded at once, and counted; null if it is not, or damaged. */
function expandSmall(codec: Codec, payload: Buffer): readonly Buffer[] | null {
  const pieces: Buffer[] = [];
  // What is large, or damaged, shows that only at the end.
  expansions.spend(SMALL_BYTES);
  if (!codec.expandNow(payload, SMALL_BYTES, (piece) => void pieces.push(Buffer.from(piece)))) return null;
  expansions.spend(pieces.reduce((sum, { length }) => sum + length, payload.length) - SMALL_BYTES);
  return pieces;
}
