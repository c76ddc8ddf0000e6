/** Slabs: counting, recycling, the budget and the debug mode. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Slice, UNCOUNTED } from '../../src/base/counted.ts';
import { POISON_BYTE } from '../../src/base/memory-debug.ts';
import { SLAB_BYTES, SlabPool } from '../../src/base/slabs.ts';

const KIB = 1024;

function pool(slabs: number, debug = true): SlabPool {
  return new SlabPool({ budgetBytes: slabs * 64 * KIB, slabBytes: 64 * KIB, debug });
}

function take(from: SlabPool, byteLength: number): Slice {
  const slice = from.allocate(byteLength);
  assert.ok(slice, 'there is room');
  return slice;
}

test('small allocations lie one after the other in one slab', () => {
  const slabs = pool(4);
  const [a, b] = [take(slabs, 100), take(slabs, 200)];
  assert.equal(a.bytes.buffer, b.bytes.buffer);
  assert.equal(b.bytes.byteOffset, a.bytes.byteOffset + 100);
  assert.equal(slabs.usedBytes, 64 * KIB);
});

test('a slab is used again only when the last reference is gone', () => {
  const slabs = pool(4);
  const [a, b] = [take(slabs, 40 * KIB), take(slabs, 20 * KIB)];
  const first = a.bytes.buffer;
  take(slabs, 60 * KIB).owner.release();
  a.owner.retain();
  a.owner.release();
  a.owner.release();
  assert.equal(slabs.freeBytes, 0);
  b.owner.release();
  assert.equal(slabs.freeBytes, 64 * KIB);
  const again = [take(slabs, 60 * KIB), take(slabs, 60 * KIB)].map(({ bytes }) => bytes.buffer);
  assert.ok(again.includes(first));
});

test('the slab at hand starts over when nothing in it is used any more', () => {
  const slabs = pool(1);
  for (let i = 0; i < 1000; i++) take(slabs, 10 * KIB).owner.release();
  assert.equal(slabs.usedBytes, 64 * KIB);
});

test('waves of load allocate no memory, and fourteen free slabs are kept at most', () => {
  const slabs = new SlabPool({ budgetBytes: 32 * 64 * KIB, slabBytes: 64 * KIB });
  const buffers = new Set<ArrayBufferLike>();
  for (let wave = 0; wave < 10; wave++) {
    const taken = Array.from({ length: 14 }, () => take(slabs, 64 * KIB));
    for (const { bytes, owner } of taken) {
      buffers.add(bytes.buffer);
      owner.release();
    }
  }
  assert.equal(buffers.size, 14);
  for (const { owner } of Array.from({ length: 20 }, () => take(slabs, 64 * KIB))) owner.release();
  assert.equal(slabs.freeBytes, 14 * 64 * KIB);
});

test('steady load allocates no memory', () => {
  const slabs = pool(16, false);
  const buffers = new Set<ArrayBufferLike>();
  const queue: Slice[] = [];
  for (let i = 0; i < 10_000; i++) {
    const slice = take(slabs, 1 + ((i * 7919) % (60 * KIB)));
    buffers.add(slice.bytes.buffer);
    queue.push(slice);
    if (queue.length > 8) queue.shift()?.owner.release();
  }
  assert.ok(buffers.size <= 16, `${buffers.size} slabs were made`);
});

test('beyond the budget the cache is asked to let go, then the allocation is refused', () => {
  const slabs = pool(2);
  const cached = [take(slabs, 60 * KIB), take(slabs, 60 * KIB)];
  const asked: number[] = [];
  slabs.onPressure((byteLength) => {
    asked.push(byteLength);
    const slice = cached.pop();
    slice?.owner.release();
    return slice?.bytes.length ?? 0;
  });
  const third = take(slabs, 60 * KIB);
  assert.deepEqual(asked, [64 * KIB]);
  cached.length = 0;
  assert.equal(slabs.allocate(60 * KIB), null);
  third.owner.release();
  assert.ok(slabs.allocate(60 * KIB));
});

test('who waits for memory is told when some comes back', async () => {
  const slabs = pool(1);
  const slice = take(slabs, 60 * KIB);
  const told = new Promise<void>((resolve) => slabs.whenAvailable(resolve));
  slice.owner.release();
  await told;
});

test('a large frame gets memory of its own, which goes back at once', () => {
  const slabs = pool(2);
  const large = take(slabs, 100 * KIB);
  assert.equal(large.bytes.length, 100 * KIB);
  assert.equal(slabs.allocate(100 * KIB), null);
  large.owner.retain();
  large.owner.release();
  assert.equal(large.bytes.length, 100 * KIB);
  large.owner.release();
  assert.equal(large.bytes.length, 0);
  assert.equal(slabs.usedBytes, 0);
});

test('the cache gives way to a large frame, too, until there is room or nothing left of it', () => {
  const slabs = pool(4);
  // Pieces of the cache share slabs: letting go of one frees nothing.
  const cached = Array.from({ length: 12 }, () => take(slabs, 16 * KIB));
  slabs.onPressure(() => {
    const slice = cached.shift();
    slice?.owner.release();
    return slice?.bytes.length ?? 0;
  });
  assert.ok(slabs.allocateOwn(180 * KIB));
  assert.ok(cached.length <= 4);
  assert.equal(slabs.allocateOwn(100 * KIB), null);
  assert.equal(cached.length, 0);
});

test('a buffer that replaces another needs room for what it is larger only', () => {
  const slabs = pool(4);
  assert.ok(slabs.allocateOwn(190 * KIB));
  assert.equal(slabs.allocateOwn(240 * KIB), null);
  assert.ok(slabs.allocateOwn(240 * KIB, false, 190 * KIB));
});

test('what must be had is had beyond the budget', () => {
  const slabs = pool(1);
  take(slabs, 60 * KIB);
  assert.equal(slabs.allocate(60 * KIB), null);
  assert.ok(slabs.allocate(60 * KIB, true));
});

test('in debug mode a recycled slab is poisoned and a leak names where it was taken', () => {
  const slabs = pool(4);
  const [kept, a, b] = [take(slabs, 60 * KIB), take(slabs, 60 * KIB), take(slabs, 60 * KIB)];
  const bytes = a.bytes.fill(1);
  a.owner.release();
  assert.equal(bytes[0], POISON_BYTE);
  b.owner.release();
  assert.equal(slabs.leaks().length, 1);
  assert.match(slabs.leaks()[0] ?? '', /slabs\.test/);
  kept.owner.release();
  assert.deepEqual(slabs.leaks(), []);
});

test('releasing more often than retaining is a bug that shows', () => {
  const slabs = pool(2, false);
  const [a] = [take(slabs, 60 * KIB), take(slabs, 60 * KIB)];
  a.owner.release();
  assert.throws(() => a.owner.release(), /more often/);
});

test('a request of 1 MiB with its header fits in one slab', () => {
  assert.ok(SLAB_BYTES >= 1024 * KIB + 1000);
});

test('sockets may hold a quarter of the pool, and each block counts once', () => {
  const slabs = pool(8, false);
  const [a, b, c] = [take(slabs, 60 * KIB), take(slabs, 60 * KIB), take(slabs, 60 * KIB)];
  for (const slice of [a, a, b]) {
    slice.owner.retain();
    assert.ok(slabs.lend(slice.owner));
  }
  assert.equal(slabs.lend(c.owner), false);
  assert.ok(slabs.lend(UNCOUNTED));
  slabs.takeBack(a.owner);
  assert.equal(slabs.lend(c.owner), false);
  slabs.takeBack(a.owner);
  assert.ok(slabs.lend(c.owner));
});
