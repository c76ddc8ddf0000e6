/**
 * Checksums of topics and of all that a group subscribes to, as Kafka computes and stores them (KIP-1101, XXH3 with 64
 * bits): when a group's changes, its assignment has to be computed anew. Numbers are little-endian, a string is its
 * UTF-16 units and then their number.
 */
import { createRequire } from 'node:module';

type Xxh64 = (bytes: Uint8Array) => bigint;

/** A native function, loaded on first use: no start waits for it. */
let xxh64: Xxh64 | undefined;

function checksum(bytes: Uint8Array): bigint {
  if (xxh64 === undefined) {
    const native: { readonly xxh3: { readonly xxh64: Xxh64 } } = createRequire(import.meta.url)('@node-rs/xxhash');
    ({ xxh64 } = native.xxh3);
  }
  return BigInt.asIntN(64, xxh64(bytes));
}

/** The first byte of what is hashed: the version of the rule. */
const RULE_VERSION = 0;

/** What the checksum of a topic covers. */
export interface HashedTopic {
  readonly name: string;
  readonly id: string;
  readonly partitions: { readonly length: number };
}

/** @param rack rack of the broker that has the topic's partitions, or null. */
export function topicHash(topic: HashedTopic, rack: string | null): bigint {
  const parts: Buffer[] = [Buffer.of(RULE_VERSION), uuid(topic.id), ...text(topic.name)];
  const rackParts = rack === null ? [] : [int32(rack.length), ...text(rack)];
  parts.push(int32(topic.partitions.length));
  for (let index = 0; index < topic.partitions.length; index++) parts.push(int32(index), ...rackParts);
  return checksum(Buffer.concat(parts));
}

/** The checksum of a group from those of its topics by name; topics that do not exist are left out. 0 without any. */
export function groupHash(hashes: ReadonlyMap<string, bigint>): bigint {
  if (hashes.size === 0) return 0n;
  const bytes = Buffer.alloc(hashes.size * 8);
  let at = 0;
  for (const name of [...hashes.keys()].sort()) at = bytes.writeBigInt64LE(hashes.get(name) as bigint, at);
  return checksum(bytes);
}

/** Two numbers of 64 bits, the most significant one first. */
function uuid(id: string): Buffer {
  return Buffer.from(id, 'base64url').swap64();
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function text(value: string): Buffer[] {
  return [Buffer.from(value, 'utf16le'), int32(value.length)];
}
