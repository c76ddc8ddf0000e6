import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { KeyHash } from '../../../src/storage/compact/key-hash.ts';
import { OffsetMap } from '../../../src/storage/compact/offset-map.ts';

const MIB = 1024 * 1024;
const SECRET = Buffer.from('0123456789abcdef');

function put(map: OffsetMap, key: string, offset: number): boolean {
  const bytes = Buffer.from(key);
  return map.put(bytes, 0, bytes.length, offset);
}

function get(map: OffsetMap, key: string): number {
  const bytes = Buffer.from(key);
  return map.get(bytes, 0, bytes.length);
}

test('the map knows the newest offset of each key, as a Map does', () => {
  const random = seededRandom(1);
  const map = new OffsetMap(SECRET);
  const model = new Map<string, number>();
  map.reset(20_000, MIB, 0.9);
  for (let offset = 0; offset < 40_000; offset++) {
    const key = `${'x'.repeat(random.int(9))}${random.int(15_000)}`;
    if (map.size === map.capacity) break;
    assert.equal(put(map, key, offset), true);
    model.set(key, offset);
  }
  assert.equal(map.size, model.size);
  for (const [key, offset] of model) assert.equal(get(map, key), offset);
  for (let i = 0; i < 1000; i++) assert.equal(get(map, `other ${i}`), -1);
});

test('a megabyte has room for as many keys as in Kafka', () => {
  const map = new OffsetMap(SECRET);
  map.reset(1_000_000, MIB, 0.9);
  assert.equal(map.capacity, 39_321);
});

test('a full map takes no more, not even a key that it has', () => {
  const map = new OffsetMap(SECRET);
  map.reset(100, 10 * 24, 0.5);
  for (let i = 0; i < 5; i++) assert.equal(put(map, `key ${i}`, i), true);
  assert.equal(put(map, 'key 5', 5), false);
  assert.equal(put(map, 'key 4', 6), false);
  assert.equal(get(map, 'key 4'), 4);
  assert.equal(get(map, 'key 5'), -1);
});

test('a map of few keys takes little memory, and keeps nothing over a reset', () => {
  const map = new OffsetMap(SECRET);
  map.reset(10, 128 * MIB, 0.9);
  assert.ok(map.memoryBytes < 1000);
  put(map, 'key', 7);
  map.reset(10, 128 * MIB, 0.9);
  assert.equal(map.size, 0);
  assert.equal(get(map, 'key'), -1);
  map.release();
  assert.equal(map.memoryBytes, 0);
});

test('keys of all lengths have hashes of their own, which depend on the secret and not on where the key lies', () => {
  const hash = new KeyHash(SECRET);
  const other = new KeyHash(Buffer.from('0123456789abcdeg'));
  const words = (from: KeyHash, bytes: Buffer, start: number, length: number): string => {
    from.hash(bytes, start, length);
    return [from.h0, from.h1, from.h2, from.h3].join();
  };
  const seen = new Set<string>();
  const zeros = Buffer.alloc(64);
  for (let length = 0; length <= 64; length++) {
    seen.add(words(hash, zeros, 0, length));
    assert.notEqual(words(hash, zeros, 0, length), words(other, zeros, 0, length));
  }
  for (let bit = 0; bit < 19 * 8; bit++) {
    const key = Buffer.alloc(24, 0xff);
    key.fill(0, 3, 22);
    key[3 + (bit >> 3)] = 1 << (bit & 7);
    seen.add(words(hash, key, 3, 19));
    assert.equal(words(hash, key, 3, 19), words(hash, Buffer.from(key.subarray(3, 22)), 0, 19));
  }
  assert.equal(seen.size, 65 + 19 * 8);
});

test('each word of the hash spreads keys that count up evenly', () => {
  const hash = new KeyHash(SECRET);
  const buckets = Array.from({ length: 4 }, () => new Uint32Array(256));
  const keys = 100_000;
  for (let i = 0; i < keys; i++) {
    const bytes = Buffer.from(`user-${i}`);
    hash.hash(bytes, 0, bytes.length);
    for (const [word, value] of [hash.h0, hash.h1, hash.h2, hash.h3].entries()) {
      (buckets[word] as Uint32Array)[value >>> 24] = ((buckets[word] as Uint32Array)[value >>> 24] as number) + 1;
    }
  }
  const expected = keys / 256;
  for (const counts of buckets) {
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 255 degrees of freedom: beyond 360 once in more than 10,000 times.
    assert.ok(chiSquare < 360, `${chiSquare}`);
  }
});
