/**
 * From a message set of format v0 or v1 to one record batch of format v2, as Kafka 3.9 makes it: messages keep their keys,
 * values and timestamps, and are numbered anew from 0. A compressed message must be alone in its set and hold no compressed
 * ones.
 *
 * A record of v2 is never longer than the message that it comes from, so that the batch has room in what its messages take.
 */
import { codecNumbered, decompress } from '../compression/codecs.ts';
import { fromV0 } from '../compression/lz4-v0.ts';
import { ErrorCode, KafkaError } from '../errors.ts';
import { BATCH_OVERHEAD, BatchField, CompressionCodec, LOG_OVERHEAD, MAGIC_V2, patchCrc, writeInt64 } from './batch.ts';
import { Message, messageOverhead, type OldMagic, wholeMessageSize } from './message.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts';

/** Bytes of messages looked at before others have their turn: a few milliseconds. */
const BYTES_PER_TURN = 1024 * 1024;
/** The same of messages, which may be tiny. */
const MESSAGES_PER_TURN = 8192;
/** Times beyond this are no times, and could not be written exactly. */
const MAX_TIMESTAMP_MS = 2 ** 51;

export interface UpConvertOptions {
  /** Bytes that compressed messages may expand to. */
  readonly maxBytes: number;
  /** Bytes that a message may have as it comes. */
  readonly maxMessageBytes: number;
  /** Gives others their turn. */
  readonly pause: () => Promise<void>;
}

export interface UpConverted {
  /** Uncompressed, with base offset 0. */
  readonly batch: Buffer;
  readonly recordCount: number;
  /** What the messages came in. */
  readonly codec: CompressionCodec;
  /** A message says that the broker set its time, which is for the broker to say. */
  readonly claimsAppendTime: boolean;
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD, message);
}

/** Calls back for each whole message; gives the position behind the last. */
async function eachMessage(
  bytes: Buffer,
  pause: () => Promise<void>,
  take: (message: Message) => void,
): Promise<number> {
  const message = new Message();
  let at = 0;
  let pauseAt = BYTES_PER_TURN;
  let left = MESSAGES_PER_TURN;
  for (let size = wholeMessageSize(bytes, 0, bytes.length); size > 0; ) {
    message.read(bytes, at, size);
    take(message);
    at += size;
    left -= 1;
    if (at >= pauseAt || left === 0) {
      await pause();
      pauseAt = at + BYTES_PER_TURN;
      left = MESSAGES_PER_TURN;
    }
    size = wholeMessageSize(bytes, at, bytes.length);
  }
  return at;
}

/** Puts records of v2 behind the room for a header. */
class BatchWriter {
  readonly #out: Buffer;
  #at = BATCH_OVERHEAD;
  #count = 0;
  #firstTimestampMs = -1;
  #maxTimestampMs = -1;
  #claimsAppendTime = false;

  /** @param bytes that the messages take at most */
  constructor(bytes: number) {
    this.#out = Buffer.allocUnsafe(BATCH_OVERHEAD + bytes);
  }

  get count(): number {
    return this.#count;
  }

  /** Adds the message, which lies in `source`. @throws KafkaError INVALID_TIMESTAMP */
  add(source: Buffer, message: Message): void {
    const { timestampMs, keyLength, valueLength } = message;
    if (timestampMs < -1 || timestampMs > MAX_TIMESTAMP_MS) {
      throw new KafkaError(ErrorCode.INVALID_TIMESTAMP, `A message has the timestamp ${timestampMs}.`);
    }
    if (this.#count === 0) this.#firstTimestampMs = timestampMs;
    if (timestampMs > this.#maxTimestampMs) this.#maxTimestampMs = timestampMs;
    if (message.isAppendTime) this.#claimsAppendTime = true;
    const delta = timestampMs - this.#firstTimestampMs;
    const length = 2 + varlongSize(delta) + varintSize(this.#count) + fieldSize(keyLength) + fieldSize(valueLength);
    const out = this.#out;
    if (this.#at + varintSize(length) + length > out.length) throw invalid('A message set is too large.');
    let at = writeVarint(out, length, this.#at);
    out[at++] = 0;
    at = writeVarlong(out, delta, at);
    at = writeVarint(out, this.#count, at);
    at = writeField(out, at, source, message.keyStart, keyLength);
    at = writeField(out, at, source, message.valueStart, valueLength);
    out[at++] = 0; // no headers
    this.#at = at;
    this.#count += 1;
  }

  /** @param codec what the messages came in */
  finish(codec: CompressionCodec): UpConverted {
    const out = this.#out.subarray(0, this.#at);
    writeInt64(out, 0, BatchField.BASE_OFFSET);
    out.writeInt32BE(out.length - LOG_OVERHEAD, BatchField.BATCH_LENGTH);
    out.writeInt32BE(-1, BatchField.LEADER_EPOCH);
    out[BatchField.MAGIC] = MAGIC_V2;
    out.writeUInt16BE(0, BatchField.ATTRIBUTES);
    out.writeInt32BE(this.#count - 1, BatchField.LAST_OFFSET_DELTA);
    writeInt64(out, this.#firstTimestampMs, BatchField.BASE_TIMESTAMP);
    writeInt64(out, this.#maxTimestampMs, BatchField.MAX_TIMESTAMP);
    writeInt64(out, -1, BatchField.PRODUCER_ID);
    out.writeInt16BE(-1, BatchField.PRODUCER_EPOCH);
    out.writeInt32BE(-1, BatchField.BASE_SEQUENCE);
    out.writeInt32BE(this.#count, BatchField.RECORDS_COUNT);
    patchCrc(out, 0);
    return { batch: out, recordCount: this.#count, codec, claimsAppendTime: this.#claimsAppendTime };
  }
}

function fieldSize(length: number): number {
  return varintSize(length) + Math.max(length, 0);
}

function writeField(out: Buffer, at: number, source: Buffer, start: number, length: number): number {
  const position = writeVarint(out, length, at);
  if (length > 0) source.copy(out, position, start, start + length);
  return position + Math.max(length, 0);
}

/** A compressed message as it was found. */
interface Wrapper {
  readonly magic: number;
  readonly codec: CompressionCodec;
  /** The time of all within, where the message says so; else null. */
  readonly appendTimeMs: number | null;
  readonly payload: Buffer;
}

/**
 * Converts the whole messages of a set; what is cut off at its end is not counted.
 * @throws KafkaError CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE; as a rejection
 */
export async function upConvert(set: Buffer, options: UpConvertOptions): Promise<UpConverted> {
  const writer = new BatchWriter(set.length);
  let wrapper: Wrapper | null = null;
  let shallowCount = 0;
  let magic = 0;
  await eachMessage(set, options.pause, (message) => {
    if (shallowCount === 0) magic = message.magic;
    if (message.magic !== magic) throw invalid('A message set has messages of both formats.');
    shallowCount += 1;
    checkSize(message, options.maxMessageBytes);
    if (message.codec === CompressionCodec.NONE) writer.add(set, message);
    else wrapper = wrapperOf(message, set);
    if (wrapper !== null && shallowCount > 1) throw invalid('A compressed message is not alone in its message set.');
  });
  if (shallowCount === 0) throw invalid('The request holds no whole message for the partition.');
  if (wrapper !== null) return await upConvertCompressed(wrapper, options);
  return writer.finish(CompressionCodec.NONE);
}

/** Kafka's bound is on the message as it comes. @throws KafkaError MESSAGE_TOO_LARGE */
function checkSize({ keyLength, valueLength, magic }: Message, maxBytes: number): void {
  const size = Math.max(keyLength, 0) + Math.max(valueLength, 0) + messageOverhead(magic as OldMagic);
  if (size > maxBytes) {
    throw new KafkaError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `A message has ${size} bytes, max.message.bytes allows ${maxBytes}.`,
    );
  }
}

function wrapperOf(
  { magic, codec, isAppendTime, timestampMs, valueStart, valueLength }: Message,
  set: Buffer,
): Wrapper {
  if (codec > CompressionCodec.LZ4)
    throw invalid(`A message of format v${magic} cannot have compression codec ${codec}.`);
  if (valueLength < 0) throw invalid('A compressed message has no value.');
  const payload = set.subarray(valueStart, valueStart + valueLength);
  return { magic, codec: codec as CompressionCodec, appendTimeMs: isAppendTime ? timestampMs : null, payload };
}

async function upConvertCompressed(wrapper: Wrapper, { maxBytes, pause }: UpConvertOptions): Promise<UpConverted> {
  const { magic, codec, payload, appendTimeMs } = wrapper;
  const isOldFrame = codec === CompressionCodec.LZ4 && magic === 0;
  const body = await decompress(await codecNumbered(codec), isOldFrame ? fromV0(payload) : payload, maxBytes);
  const writer = new BatchWriter(body.length);
  const end = await eachMessage(body, pause, (message) => {
    if (message.codec !== CompressionCodec.NONE) throw invalid('A compressed message holds a compressed message.');
    if (message.magic !== magic) throw invalid('A compressed message holds messages of another format.');
    if (appendTimeMs !== null) {
      message.isAppendTime = true;
      message.timestampMs = appendTimeMs;
    }
    writer.add(body, message);
  });
  if (end !== body.length) throw invalid('A compressed message ends inside a message.');
  if (writer.count === 0) throw invalid('A compressed message holds no messages.');
  return writer.finish(codec);
}
