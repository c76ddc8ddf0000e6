/** Which partition a record goes to: by the hash of its key, as Kafka's Java client has it. */

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** murmur2 of 32 bits, as Kafka's Java client has it. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = SEED ^ length;
  let at = 0;
  for (; length - at >= 4; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    const k = Math.imul(word, M);
    hash = Math.imul(hash, M) ^ Math.imul(k ^ (k >>> 24), M);
  }
  const left = length - at;
  if (left === 3) hash ^= (bytes[at + 2] as number) << 16;
  if (left >= 2) hash ^= (bytes[at + 1] as number) << 8;
  if (left >= 1) hash = Math.imul(hash ^ (bytes[at] as number), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}
