/**
 * Frames: a big-endian int32 with the number of bytes that follow, then header and body.
 *
 * Cutting a stream of bytes into frames is the server's business, as it owns the buffers.
 */
import { ProtocolError } from './errors.ts';
import type { RecordsSource } from './input.ts';
import { Writer } from './writer.ts';

/** Bytes of the length before a frame. */
export const FRAME_LENGTH_SIZE = 4;

/** A writer with room for the frame's length; finish it with `finishFrame`. */
export function startFrame(): Writer {
  const writer = new Writer();
  writer.int32(0);
  return writer;
}

/** Fills in the length and returns the frame in parts, in order. @throws ProtocolError beyond 2 GiB. */
export function finishFrame(writer: Writer): Array<Buffer | RecordsSource> {
  const size = writer.byteLength - FRAME_LENGTH_SIZE;
  if (size > 0x7fffffff) throw new ProtocolError('invalid-length', `Frame of ${size} bytes`);
  const parts = writer.finish();
  (parts[0] as Buffer).writeInt32BE(size, 0); // the first chunk always starts with the length
  return parts;
}

/** A whole frame in one buffer, length included. @throws ProtocolError when the message holds a source. */
export function frameBuffer(writer: Writer): Buffer {
  const parts = finishFrame(writer);
  if (!parts.every((part) => Buffer.isBuffer(part))) {
    throw new ProtocolError('unsupported-field', 'A source has no bytes here');
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}
