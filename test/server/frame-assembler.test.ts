/** Frames out of bytes, however these are cut, and how much memory that takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { type Slice, UNCOUNTED } from '../../src/base/counted.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import { FrameAssembler, FrameError } from '../../src/server/frame-assembler.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

interface Rig {
  readonly pool: SlabPool;
  readonly assembler: FrameAssembler;
  readonly frames: Slice[];
  readonly staging: Buffer;
}

function rig(budgetBytes = 64 * MIB): Rig {
  const pool = new SlabPool({ budgetBytes, debug: true });
  const frames: Slice[] = [];
  const assembler = new FrameAssembler(pool, {
    maxFrameBytes: 100 * MIB,
    mayTake: () => true,
    onFrame: (frame) => void frames.push(frame),
  });
  return { pool, assembler, frames, staging: Buffer.alloc(64 * KIB) };
}

interface Fed {
  /** How many bytes went through the staging buffer. */
  readonly staged: number;
  /** Where the bytes begin that were not taken. */
  readonly position: number;
}

/** Feeds bytes as a socket would, in reads of at most `readBytes`, until the assembler waits for memory. */
function feed({ assembler, staging }: Rig, bytes: Buffer, readBytes: () => number): Fed {
  let staged = 0;
  let position = 0;
  while (position < bytes.length && !assembler.isStarved) {
    const target = assembler.target(staging);
    const count = Math.min(readBytes(), target.length, bytes.length - position);
    bytes.copy(target, 0, position, position + count);
    if (target === staging) staged += count;
    assembler.received(target, count);
    position += count;
  }
  return { staged, position };
}

function frame(length: number, apiKey: number, fill: number): Buffer {
  const bytes = Buffer.alloc(4 + length, fill);
  bytes.writeInt32BE(length);
  if (length >= 2) bytes.writeInt16BE(apiKey, 4);
  return bytes;
}

test('frames of random sizes in random cuts arrive whole and in order', () => {
  const random = seededRandom(42);
  for (let round = 0; round < 30; round++) {
    const r = rig();
    const sent = Array.from({ length: 20 }, (_, i) => {
      const length = random.int(2 ** (1 + random.int(22)));
      return frame(length, random.int(2), i);
    });
    const cut = 1 + random.int(2 ** (4 + random.int(17)));
    feed(r, Buffer.concat(sent), () => 1 + random.int(cut));
    assert.equal(r.frames.length, sent.length, `round ${round}`);
    for (const [i, expected] of sent.entries()) assert.ok(r.frames[i]?.bytes.equals(expected.subarray(4)));
    for (const { owner } of r.frames) owner.release();
    assert.deepEqual(r.pool.leaks(), []);
  }
});

test('produce frames lie in counted memory, others are left to the garbage collector', () => {
  const r = rig();
  for (const length of [100, 20_000, 200_000, 3 * MIB]) {
    feed(r, frame(length, 0, 1), () => 64 * KIB);
    feed(r, frame(length, 1, 1), () => 64 * KIB);
  }
  assert.deepEqual(
    r.frames.map(({ owner }) => owner === UNCOUNTED),
    Array.from({ length: 8 }, (_, i) => i % 2 === 1),
  );
});

test('large frames of a connection that has sent such land where they stay', () => {
  const r = rig();
  const megabyte = frame(1_000_000, 0, 1);
  feed(r, megabyte, () => MIB);
  const { staged } = feed(r, megabyte, () => MIB);
  assert.ok(staged <= 64 * KIB, `${staged} bytes were staged`);
});

test('a length that is only claimed takes no memory', () => {
  const pool = new SlabPool({ budgetBytes: 64 * MIB, debug: true });
  for (let i = 0; i < 1000; i++) {
    const assembler = new FrameAssembler(pool, {
      maxFrameBytes: 100 * MIB,
      mayTake: () => true,
      onFrame: () => assert.fail(),
    });
    const half = frame(50 * KIB, 0, 1);
    half.writeInt32BE(100 * MIB);
    const staging = Buffer.alloc(64 * KIB);
    half.copy(staging);
    assembler.received(assembler.target(staging), 1000);
  }
  assert.ok(pool.usedBytes <= 4 * MIB, `${pool.usedBytes} bytes`);
});

test('without memory the assembler asks to wait, and goes on where it was', () => {
  const r = rig(2 * MIB + 200 * KIB);
  const held = [r.pool.allocate(MIB), r.pool.allocate(MIB)];
  const sent = frame(900_000, 0, 7);
  const { position } = feed(r, sent, () => 64 * KIB);
  assert.ok(r.assembler.isStarved);
  assert.ok(!r.assembler.grow(false));
  assert.ok(r.assembler.isStarved);
  for (const slice of held) slice?.owner.release();
  assert.ok(r.assembler.grow(false));
  assert.ok(!r.assembler.isStarved);
  feed(r, sent.subarray(position), () => 64 * KIB);
  assert.ok(r.frames[0]?.bytes.equals(sent.subarray(4)));
});

test('small frames need no budget', () => {
  const r = rig(2 * MIB + 200 * KIB);
  assert.ok(r.pool.allocate(MIB) !== null && r.pool.allocate(MIB) !== null);
  feed(r, Buffer.concat([frame(100, 12, 1), frame(4000, 0, 2)]), () => 64 * KIB);
  assert.equal(r.frames.length, 2);
  assert.ok(r.frames[1]?.bytes.subarray(2).equals(Buffer.alloc(3998, 2)));
});

test('lengths out of bounds are errors', () => {
  for (const length of [-1, 100 * MIB + 1, 0x7fffffff, -0x80000000]) {
    const r = rig();
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    assert.throws(() => feed(r, bytes, () => 1), FrameError);
  }
});

test('an unfinished frame is let go with its connection', () => {
  const r = rig();
  feed(r, frame(500 * KIB, 0, 1).subarray(0, 300 * KIB), () => 64 * KIB);
  assert.notDeepEqual(r.pool.leaks(), []);
  r.assembler.destroy();
  assert.deepEqual(r.pool.leaks(), []);
});
