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

test('small buffers share one, which is free when the last of them is', () => {
  const pool = new ReadBufferPool();
  const buffers = Array.from({ length: 12 }, (_, i) => {
    const buffer = pool.take(8 * 1024);
    buffer.bytes.fill(i);
    return buffer;
  });
  assert.ok(buffers.every(({ bytes, view }, i) => bytes.every((byte) => byte === i) && view.byteLength === 8 * 1024));
  assert.equal(pool.usedBytes, 2 * 64 * 1024);
  for (const buffer of buffers.slice(0, 8)) buffer.release();
  assert.equal(pool.usedBytes, 64 * 1024);
  for (const buffer of buffers.slice(8)) buffer.release();
  assert.equal(pool.usedBytes, 0);
  assert.equal(pool.freeBytes, 2 * 64 * 1024);
});
