/** Randomness as a dependency, so that a run can be repeated from one seed. */
import { randomBytes, randomInt } from 'node:crypto';

export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Buffer;
  /** A whole number in [0, endExclusive). */
  int(endExclusive: number): number;
}

/** The operating system's random source. */
export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  int: (endExclusive) => randomInt(endExclusive),
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
