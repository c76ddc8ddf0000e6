/**
 * Fetch for clients that know message sets only: up to v1 format v0, in v2 and v3 format v1. What was read is loaded,
 * converted in slices and answered from memory; so a request reads and makes so much at most, however much it asks for, few
 * are converted at a time, and less is made while slow clients keep much of it. A request whose batches expand to much is
 * answered with what there is after some of them, so that the next has its turn; and its connection's next one waits only
 * with others of that kind.
 *
 * - Markers of transactions are left out, and with them whatever is empty. Where that leaves nothing, reading goes on to the
 *   end of the log, since a client can only go on behind a message.
 * - Up to v2 a partition's bound is hard: a first message that is larger is cut off there, by which its client tells that
 *   it asks for too little; where only the answer has no room for it, nothing of it comes. In v3 a first message of the
 *   answer comes whole.
 * - zstd is UNSUPPORTED_COMPRESSION_TYPE, unless something before it can be sent. Where
 *   `log.message.downconversion.enable` is false, records get UNSUPPORTED_VERSION.
 *
 * Deviations from Apache Kafka 3.9: there a batch that is larger than the bound gives nothing up to v2; here messages are
 * sent as far as they fit. Records with a time below -1 are sent as they are; there such a fetch fails.
 */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { nextOffset, sizeInBytes } from '../../../protocol/records/batch.ts';
import { DownConverter } from '../../../protocol/records/down-convert.ts';
import { batchPositions } from '../../../protocol/records/iterate.ts';
import type { Part } from '../../base/counted.ts';
import { Gate } from '../../base/gate.ts';
import { PartList } from '../../base/part-list.ts';
import { timedThrough } from '../../base/effort.ts';
import { turn } from '../../base/real-time.ts';
import { SlicePart } from '../../base/slice-part.ts';
import { recordsInPieces } from '../../partition/expansions.ts';
import { readFailure } from '../../partition/failures.ts';
import { IsolationLevel, type PartitionLog, type PartitionRead } from '../../partition/types.ts';
import type { ConnectionInfo, RequestContext } from '../types.ts';
import { codeOf } from './find.ts';
import { OLD_FORMAT_BYTES, type Outcome, releaseOutcomes } from './read.ts';
import { UnsentPiece, unsentBytes } from './unsent.ts';

/** First version with format v1. */
const FORMAT_V1_FROM = 2;
/** Last version in which a partition's bound is hard. */
const HARD_BOUND_UP_TO = 2;
/** Bytes read at a time while nothing was found that can be sent. */
const READ_ON_BYTES = 256 * 1024;
/** With more than this made and not sent, answers are small. */
const MANY_UNSENT_BYTES = 32 * 1024 * 1024;
const SMALL_ANSWER_BYTES = 64 * 1024;

/** With so many expanded bytes looked at, a request is answered with what was made. */
const EXPANDED_BYTES = 16 * 1024 * 1024;

/** Each holds what it reads and what it makes of it. */
const conversions = new Gate(2);
/** For connections whose last fetch expanded to much: others do not wait behind them. */
const longConversions = new Gate(2);
const longConnections = new WeakSet<ConnectionInfo>();

/** A fetch whose outcomes are converted. */
export interface Conversion {
  readonly context: RequestContext;
  /** Index of the outcome that has the first claim to the room of the answer. */
  readonly start: number;
}

/**
 * Converts what was read; takes over what `outcomes` hold. Null: the client has left.
 * @throws what is no KafkaError: a bug; as a rejection
 */
export async function convertOutcomes(
  { context, start }: Conversion,
  outcomes: readonly Outcome[],
): Promise<Outcome[] | null> {
  const { connection } = context;
  const client = { isGone: false };
  const stopWatching = connection.onClose(() => (client.isGone = true));
  const effort: Effort = { expandedBytes: 0 };
  const gate = longConnections.has(connection) ? longConversions : conversions;
  const converted = [...outcomes];
  /** Of these nothing is held any more but what was converted. */
  let begun = 0;
  try {
    return await gate.run(async () => {
      let left = unsentBytes() < MANY_UNSENT_BYTES ? OLD_FORMAT_BYTES : SMALL_ANSWER_BYTES;
      let isFirst = true;
      while (begun < outcomes.length && !client.isGone) {
        const position = (start + begun) % outcomes.length;
        begun += 1;
        const outcome = outcomes[position] as Outcome;
        converted[position] = { ...outcome, read: null };
        converted[position] =
          !isFirst && effort.expandedBytes > EXPANDED_BYTES
            ? withoutRecords(outcome)
            : await timedThrough(context.effort, () =>
                convertOutcome(context, outcome, { roomBytes: left, isFirst, effort }),
              );
        const byteLength = converted[position].read?.byteLength ?? 0;
        left = Math.max(0, left - byteLength);
        if (byteLength > 0) isFirst = false;
      }
      if (!client.isGone) return converted;
      releaseOutcomes(converted);
      return null;
    });
  } catch (error) {
    releaseOutcomes(converted);
    throw error;
  } finally {
    if (effort.expandedBytes > EXPANDED_BYTES) longConnections.add(connection);
    else longConnections.delete(connection);
    stopWatching();
  }
}

/** What was done for a request so far. */
interface Effort {
  expandedBytes: number;
}

/** For a later request, which begins with another partition. */
function withoutRecords(outcome: Outcome): Outcome {
  const { read } = outcome;
  if (read === null) return outcome;
  for (const part of read.parts) part.release();
  return { ...outcome, read: { ...read, parts: [], byteLength: 0, recordCount: 0 } };
}

/** What the answer has for one more partition. */
interface Room {
  readonly effort: Effort;
  readonly roomBytes: number;
  /** No partition has anything so far. */
  readonly isFirst: boolean;
}

async function convertOutcome(context: RequestContext, outcome: Outcome, room: Room): Promise<Outcome> {
  const { entry, read } = outcome;
  if (read === null || entry.log === null || read.parts.length === 0) return outcome;
  try {
    return { ...outcome, read: await convert(context, outcome, entry.log, read, room) };
  } catch (error) {
    const failure = readFailure(error, entry.target.fetchOffset, entry.log.logStartOffset);
    return { entry, errorCode: codeOf(failure), read: null };
  }
}

async function convert(
  { apiVersion, services }: RequestContext,
  { entry: { target } }: Outcome,
  log: PartitionLog,
  read: PartitionRead,
  { roomBytes, isFirst, effort }: Room,
): Promise<PartitionRead> {
  const startedMs = services.clock.monotonicMs();
  const bytes = await loaded(read.parts);
  if (!services.config.bool('log.message.downconversion.enable')) {
    throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION);
  }
  if (log.config.compressionType === 'zstd') throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
  const converter = new DownConverter({
    magic: apiVersion >= FORMAT_V1_FROM ? 1 : 0,
    firstOffset: target.fetchOffset,
    maxBytes: target.maxBytes,
    cutsFirst: apiVersion <= HARD_BOUND_UP_TO,
    roomBytes,
    mayBeEmpty: !isFirst,
    pause: turn,
  });
  let offset = await addAll(converter, bytes, effort);
  while (converter.byteLength === 0 && offset < log.highWatermark) {
    const more = await log.read({ ...READ_ON, offset });
    if (more.parts.length === 0) break;
    // What is not on a disk any more takes no turn to be loaded.
    await turn();
    offset = await addAll(converter, await loaded(more.parts), effort);
  }
  log.traffic.convertedSent(converter.recordCount, services.clock.monotonicMs() - startedMs);
  const parts = converter.finish().map((piece) => new SlicePart({ bytes: piece, owner: new UnsentPiece(piece) }));
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return { ...read, parts, byteLength, recordCount: byteLength === 0 ? 0 : converter.recordCount };
}

const READ_ON = {
  maxBytes: READ_ON_BYTES,
  atLeastOne: true,
  isolation: IsolationLevel.READ_UNCOMMITTED,
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
} as const;

/** Gives the offset behind the last batch. */
async function addAll(converter: DownConverter, bytes: Buffer, effort: Effort): Promise<number> {
  let offset = 0;
  for (const at of batchPositions(bytes)) {
    const batch = bytes.subarray(at, at + sizeInBytes(bytes, at));
    await converter.add(batch, (take) =>
      recordsInPieces(batch, (piece) => {
        effort.expandedBytes += piece.length;
        return take(piece);
      }),
    );
    offset = nextOffset(batch, 0);
    if (converter.isFull || (converter.byteLength > 0 && effort.expandedBytes > EXPANDED_BYTES)) break;
  }
  return offset;
}

/** The bytes of parts that are released. @throws StorageError; as a rejection */
async function loaded(parts: readonly Part[]): Promise<Buffer> {
  const list = new PartList(parts);
  const all = Buffer.allocUnsafeSlow(list.byteLength);
  let at = 0;
  try {
    for (let part = list.take(); part !== undefined; part = list.take()) {
      try {
        for (const { bytes, owner } of await part.load()) {
          at += bytes.copy(all, at);
          owner.release();
        }
      } finally {
        part.release();
      }
    }
  } finally {
    list.releaseAll();
  }
  return all;
}
