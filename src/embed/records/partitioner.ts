/** Which partition a record goes to: Kafka's own hash of the key, so that in-process and client records meet. */

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** Murmur2 of 32 bits, as Kafka's Java client computes it; signed. */
export function murmur2(bytes: Uint8Array): number {
  let hash = SEED ^ bytes.length;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    const word =
      byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24);
    const mixed = Math.imul(word, M);
    hash = Math.imul(hash, M) ^ Math.imul(mixed ^ (mixed >>> 24), M);
  }
  const left = bytes.length - at;
  if (left > 2) hash ^= byte(bytes, at + 2) << 16;
  if (left > 1) hash ^= byte(bytes, at + 1) << 8;
  if (left > 0) hash = Math.imul(hash ^ byte(bytes, at), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

/** The partition of a record with a key, of `count`. */
export function partitionOfKey(key: Uint8Array, count: number): number {
  return (murmur2(key) & 0x7fffffff) % count;
}
