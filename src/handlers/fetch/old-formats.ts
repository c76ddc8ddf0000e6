/**
 * Fetch for clients that know message sets only: up to v1 format v0, in v2 and v3 format v1. What was read is loaded,
 * converted in slices and answered from memory; so a request reads and makes so much at most, however much it asks for.
 *
 * - Markers of transactions are left out, and with them whatever is empty. Where that leaves nothing, reading goes on to the
 *   end of the log, since a client can only go on behind a message.
 * - Up to v2 a partition's bound is hard: a first message that is larger is cut off there, by which its client tells that
 *   it asks for too little. In v3 it comes whole.
 * - zstd is UNSUPPORTED_COMPRESSION_TYPE, unless something before it can be sent. Where
 *   `log.message.downconversion.enable` is false, records get UNSUPPORTED_VERSION.
 *
 * Deviation from Apache Kafka 3.9: there a batch that is larger than the bound gives nothing up to v2; here messages are
 * sent as far as they fit.
 */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import { nextOffset, sizeInBytes } from '../../../protocol/records/batch.ts';
import { DownConverter } from '../../../protocol/records/down-convert.ts';
import { batchPositions, MAX_RECORDS_BYTES } from '../../../protocol/records/iterate.ts';
import { type Part, plainSlice } from '../../base/counted.ts';
import { PartList } from '../../base/part-list.ts';
import { turn } from '../../base/real-time.ts';
import { SlicePart } from '../../base/slice-part.ts';
import { inKafkaTerms } from '../../partition/failures.ts';
import { IsolationLevel, type PartitionLog, type PartitionRead } from '../../partition/types.ts';
import { withWholeRecords } from '../../partition/whole-records.ts';
import type { RequestContext } from '../types.ts';
import { codeOf } from './find.ts';
import { OLD_FORMAT_BYTES, type Outcome, releaseOutcomes } from './read.ts';

/** First version with format v1. */
const FORMAT_V1_FROM = 2;
/** Last version in which a partition's bound is hard. */
const HARD_BOUND_UP_TO = 2;
/** Bytes read at a time while nothing was found that can be sent. */
const READ_ON_BYTES = 256 * 1024;

/** Converts what was read; takes over what `outcomes` hold. @throws what is no KafkaError: a bug; as a rejection */
export async function convertOutcomes(context: RequestContext, outcomes: readonly Outcome[]): Promise<Outcome[]> {
  const converted: Outcome[] = [];
  let left = OLD_FORMAT_BYTES;
  try {
    for (const outcome of outcomes) {
      const one = await convertOutcome(context, outcome, left);
      left = Math.max(0, left - (one.read?.byteLength ?? 0));
      converted.push(one);
    }
    return converted;
  } catch (error) {
    // Of what was taken over nothing is held any more but what was not begun.
    releaseOutcomes(outcomes.slice(converted.length + 1));
    throw error;
  }
}

async function convertOutcome(context: RequestContext, outcome: Outcome, left: number): Promise<Outcome> {
  const { entry, read } = outcome;
  if (read === null || entry.log === null || read.parts.length === 0) return outcome;
  try {
    return { ...outcome, read: await convert(context, outcome, entry.log, read, left) };
  } catch (error) {
    return { entry, errorCode: codeOf(inKafkaTerms(error)), read: null };
  }
}

async function convert(
  { apiVersion, services }: RequestContext,
  { entry: { target } }: Outcome,
  log: PartitionLog,
  read: PartitionRead,
  left: number,
): Promise<PartitionRead> {
  const startedMs = services.clock.monotonicMs();
  const bytes = await loaded(read.parts);
  if (services.config.staticValues.get('log.message.downconversion.enable')?.trim().toLowerCase() === 'false') {
    throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION);
  }
  if (log.config.compressionType === 'zstd') throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
  const converter = new DownConverter({
    magic: apiVersion >= FORMAT_V1_FROM ? 1 : 0,
    firstOffset: target.fetchOffset,
    maxBytes: Math.min(target.maxBytes, left),
    cutsFirst: apiVersion <= HARD_BOUND_UP_TO,
    pause: turn,
  });
  let offset = await addAll(converter, bytes);
  while (converter.byteLength === 0 && offset < log.highWatermark) {
    const more = await log.read({ ...READ_ON, offset });
    if (more.parts.length === 0) break;
    offset = await addAll(converter, await loaded(more.parts));
  }
  log.traffic.convertedSent(converter.recordCount, services.clock.monotonicMs() - startedMs);
  const parts = converter.finish().map((chunk) => new SlicePart(plainSlice(chunk)));
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return { ...read, parts, byteLength, recordCount: converter.recordCount };
}

const READ_ON = {
  maxBytes: READ_ON_BYTES,
  atLeastOne: true,
  isolation: IsolationLevel.READ_UNCOMMITTED,
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
} as const;

/** Gives the offset behind the last batch. */
async function addAll(converter: DownConverter, bytes: Buffer): Promise<number> {
  let offset = 0;
  for (const at of batchPositions(bytes)) {
    const batch = bytes.subarray(at, at + sizeInBytes(bytes, at));
    await converter.add(batch, (use) => withWholeRecords(batch, MAX_RECORDS_BYTES, use));
    offset = nextOffset(batch, 0);
    if (converter.isFull) break;
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
