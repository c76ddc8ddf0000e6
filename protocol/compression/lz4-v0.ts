/**
 * The lz4 frames of message format v0. Kafka's first writers took the checksum of the frame's header over the magic
 * number, too; its readers of v0 do not look at it (KIP-57). Everything else is a frame like any other.
 */
import { xxHash32 } from './xxhash32.ts';

const MAGIC_BYTES = 4;
const CONTENT_SIZE = 0x08;

/** Position of the header's checksum, or -1 if the frame ends before. */
function checksumAt(frame: Buffer): number {
  const flags = frame[MAGIC_BYTES] ?? 0;
  const at = MAGIC_BYTES + 2 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8);
  return at < frame.length ? at : -1;
}

function setChecksum(frame: Buffer, start: number): Buffer {
  const at = checksumAt(frame);
  if (at < 0) return frame;
  const copy = Buffer.from(frame);
  copy[at] = (xxHash32(frame.subarray(start, at)) >>> 8) & 0xff;
  return copy;
}

/** A frame from a message of format v0, as any reader takes it. */
export function fromV0(frame: Buffer): Buffer {
  return setChecksum(frame, MAGIC_BYTES);
}

/** A frame for a message of format v0, as its readers take it. */
export function toV0(frame: Buffer): Buffer {
  return setChecksum(frame, 0);
}
