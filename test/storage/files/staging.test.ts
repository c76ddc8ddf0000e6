/** Slabs for commits: used again, and in memory mode made ready ahead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadyMemory } from '../../../src/storage/files/ready-memory.ts';
import { STAGING_SLAB_BYTES, StagingPool } from '../../../src/storage/files/staging.ts';

test('a slab that nobody refers to is taken again', () => {
  const pool = new StagingPool();
  const slab = pool.take();
  slab.used = 17;
  slab.release();
  assert.equal(pool.freeBytes, STAGING_SLAB_BYTES);
  assert.equal(pool.take(), slab);
  assert.equal(slab.used, 0);
  slab.release();
  pool.close();
});

test('with memory made ready ahead, the first slab is the only one while it lasts', () => {
  const pool = new StagingPool(8, new ReadyMemory());
  const slab = pool.take();
  assert.equal(pool.freeBytes, 0);
  slab.release();
  pool.close();
});

test('slabs are made ready while others are filled, and never change once they are taken', async () => {
  const pool = new StagingPool(8, new ReadyMemory());
  const taken = [];
  for (let i = 1; i <= 40; i++) {
    const slab = pool.take();
    slab.bytes.fill(i);
    taken.push(slab);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(pool.freeBytes <= 2 * STAGING_SLAB_BYTES);
  }
  while (pool.freeBytes === 0) await new Promise((resolve) => setImmediate(resolve));
  for (const [i, slab] of taken.entries()) {
    assert.ok(slab.bytes.equals(Buffer.alloc(STAGING_SLAB_BYTES, i + 1)));
    slab.release();
  }
  pool.close();
});
