/** The debug mode of counted memory, as the hook before every test file turns it on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { debugMemory, memoryLeaks, POISON_BYTE } from '../../src/base/memory-debug.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import { ReadBufferPool } from '../../src/storage/files/read-buffers.ts';
import { StagingPool } from '../../src/storage/files/staging.ts';

debugMemory();

test('what is released is poisoned, in every pool', () => {
  const slice = new SlabPool({ budgetBytes: 4 * 1024 * 1024 }).allocate(100);
  assert.ok(slice !== null);
  for (const { bytes, owner } of [
    slice,
    ...[new StagingPool().take(), new ReadBufferPool().take(100)].map((owner) => ({ bytes: owner.bytes, owner })),
  ]) {
    bytes.fill(1);
    owner.release();
    assert.equal(bytes[0], POISON_BYTE);
    assert.equal(bytes[99], POISON_BYTE);
  }
});

test('what is not released when the owner of the pool is done counts as a leak until it is', () => {
  const pools = [new StagingPool(), new ReadBufferPool()];
  const taken = pools.map((pool) => pool.take(100));
  assert.deepEqual(memoryLeaks(), [], 'the pools are in use');
  for (const pool of pools) pool.close();
  assert.equal(memoryLeaks().length, 2);
  assert.match(memoryLeaks()[0] ?? '', /memory-debug\.test/);
  for (const memory of taken) memory.release();
  assert.deepEqual(memoryLeaks(), []);
});
