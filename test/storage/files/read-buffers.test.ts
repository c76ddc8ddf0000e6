/** Buffers for file reads: kept for the next read up to a bound, given back beyond. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadBufferPool } from '../../../src/storage/files/read-buffers.ts';

const MIB = 1024 * 1024;

test('a bounded number of buffers is kept, and the memory of the others goes back at once', () => {
  const pool = new ReadBufferPool();
  const buffers = Array.from({ length: 20 }, () => pool.take(MIB));
  assert.equal(pool.usedBytes, 20 * MIB);
  for (const buffer of buffers) buffer.release();
  assert.equal(pool.usedBytes, 0);
  assert.equal(pool.freeBytes, 8 * MIB);
  assert.equal(buffers.filter(({ bytes }) => bytes.length > 0).length, 8);
});

test('a buffer larger than those that are kept goes back at once', () => {
  const pool = new ReadBufferPool();
  const buffer = pool.take(3 * MIB);
  assert.equal(buffer.bytes.length, 3 * MIB);
  buffer.release();
  assert.equal(buffer.bytes.length, 0);
  assert.equal(pool.freeBytes, 0);
});
