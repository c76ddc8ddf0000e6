/** Randomness as a dependency, so that a run can be repeated from one seed. */
import type * as Crypto from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Buffer;
  /** A whole number in [0, endExclusive). */
  int(endExclusive: number): number;
}

/** Bytes read from the system at a time. */
const READ_AHEAD_BYTES = 1024;
let ahead: Buffer = Buffer.alloc(0);

/** On Windows the name means nothing, and anybody may make a file of it. */
const HAS_SOURCE_FILE = process.platform !== 'win32';

/** From the system's random source, which is a file nearly everywhere: `node:crypto` would take 4 MB of memory for it. */
function fromSystem(count: number): Buffer {
  return (HAS_SOURCE_FILE ? fromFile(count) : null) ?? fromCrypto(count);
}

/** Null where the file is missing, or an empty one as in a root directory that was put together badly. */
function fromFile(count: number): Buffer | null {
  const bytes = Buffer.alloc(count);
  try {
    const source = openSync('/dev/urandom', 'r');
    try {
      for (let done = 0; done < count; ) {
        const read = readSync(source, bytes, done, count - done, null);
        if (read === 0) return null;
        done += read;
      }
    } finally {
      closeSync(source);
    }
    return bytes;
  } catch {
    return null;
  }
}

function fromCrypto(count: number): Buffer {
  const crypto: typeof Crypto = createRequire(import.meta.url)('node:crypto');
  return crypto.randomBytes(count);
}

function systemBytes(count: number): Buffer {
  if (count > READ_AHEAD_BYTES) return fromSystem(count);
  if (ahead.length < count) ahead = fromSystem(READ_AHEAD_BYTES);
  // A copy: the rest must never be seen by who gets these.
  const bytes = Buffer.from(ahead.subarray(0, count));
  ahead = ahead.subarray(count);
  return bytes;
}

/** The operating system's random source. */
export const systemRandom: Random = {
  bytes: systemBytes,
  int: (endExclusive) => Math.floor((systemBytes(6).readUIntBE(0, 6) / 2 ** 48) * endExclusive),
};

/** Repeatable numbers from a 32-bit seed (a Weyl sequence through a 32-bit mixer); not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  return {
    bytes(count) {
      const bytes = Buffer.alloc(count);
      for (let i = 0; i < count; i++) bytes[i] = next() & 0xff;
      return bytes;
    },
    int: (endExclusive) => Math.floor((next() / 2 ** 32) * endExclusive),
  };
}

const RESERVED_UUIDS = new Set(['AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAQ']);

/**
 * A random version-4 UUID in Kafka's text form (URL-safe base64, 22 characters), never one of Kafka's reserved ids and
 * never starting with a dash, which tools would read as a flag.
 */
export function randomUuid(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const text = bytes.toString('base64url');
    if (!text.startsWith('-') && !RESERVED_UUIDS.has(text)) return text;
  }
}
