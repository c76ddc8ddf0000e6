/** What Kafka makes of a key's hash: the partition of an internal topic, which clients compute too, and an order. */

/** Java's String.hashCode: over UTF-16 units, in 32 bits. */
export function javaHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}

/** 2^32 over the golden ratio, as an odd number. */
const FIBONACCI = -1_640_531_527;

/** Kafka's coordinators keep their groups in tables, and list them, in the order of this number. */
export function tableOrder(key: string): number {
  return Math.imul(javaHash(key), FIBONACCI) >>> 0;
}

/** How full a HashMap gets before its table is twice as large. */
const MOST_LOAD = 0.75;
const FIRST_TABLE_SIZE = 16;

/** Items in the order in which a HashMap of Java gives them that they were put into by their keys, which differ. */
export function hashMapOrder<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  let size = FIRST_TABLE_SIZE;
  while (items.length > size * MOST_LOAD) size *= 2;
  const placed = items.map((item) => {
    const hash = javaHash(keyOf(item));
    return { item, bucket: (hash ^ (hash >>> 16)) & (size - 1) };
  });
  return placed.sort((a, b) => a.bucket - b.bucket).map(({ item }) => item);
}

/** Partition of `key` among `partitionCount`. */
export function partitionFor(key: string, partitionCount: number): number {
  const hash = javaHash(key);
  // The one number without a positive counterpart counts as 0, as in Kafka.
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitionCount;
}
