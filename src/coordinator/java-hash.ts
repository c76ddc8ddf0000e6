/** The partition of an internal topic that a key belongs to: clients and tools compute it too. */

/** Java's String.hashCode: over UTF-16 units, in 32 bits. */
export function javaHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}

/** Partition of `key` among `partitionCount`. */
export function partitionFor(key: string, partitionCount: number): number {
  const hash = javaHash(key);
  // The one number without a positive counterpart counts as 0, as in Kafka.
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitionCount;
}
