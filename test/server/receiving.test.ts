/** Who gets memory for requests when there is not enough: who gives way to whom, and that nobody waits for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Slice } from '../../src/base/counted.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import { Intake, type IntakeOwner } from '../../src/server/intake.ts';
import { Receiving, STALLED_MS } from '../../src/server/receiving.ts';
import { turns } from '../support/run-clock.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const READ_BYTES = 64 * KIB;
/** Longer than the broker waits between two looks at who has stalled. */
const LOOK_MS = 300;

/** Everything between the sockets and the handlers, with a journal that commits when told. */
class Rig {
  readonly clock = new ManualClock();
  readonly pool: SlabPool;
  readonly receiving: Receiving;
  /** Records that are being written. */
  readonly writing: Slice[] = [];
  readonly cached: Slice[] = [];
  /** False: requests wait for those before them. */
  starts = true;
  readonly staging = Buffer.alloc(READ_BYTES);

  constructor(budgetBytes: number) {
    this.pool = new SlabPool({ budgetBytes, debug: true });
    this.pool.onPressure(() => {
      const slice = this.cached.shift();
      const byteLength = slice?.bytes.length ?? 0;
      slice?.owner.release();
      return byteLength;
    });
    this.receiving = new Receiving({
      pool: this.pool,
      clock: this.clock,
      isWriting: () => this.writing.length > 0,
    });
  }

  /** What is being written is written, and stays as cache. */
  commit(): void {
    this.cached.push(...this.writing.splice(0));
    this.receiving.look();
  }
}

class Client implements IntakeOwner {
  readonly maxFrameBytes = 100 * MIB;
  readonly isHeldUp = true;
  readonly intake: Intake;
  readonly done: Buffer[] = [];
  isClosed = false;
  /** Sent, and not read yet. */
  #unread = Buffer.alloc(0);
  /** Where bytes have landed that nobody was told of, and how many. */
  #landed: readonly [Buffer, number] | null = null;
  readonly #rig: Rig;

  constructor(rig: Rig) {
    this.#rig = rig;
    this.intake = new Intake(rig, this);
  }

  get isWaiting(): boolean {
    return this.intake.isStarved;
  }

  send(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    this.#read();
  }

  /** Bytes for the middle of a frame, of which nobody is told before they are asked for. */
  land(bytes: Buffer): void {
    const target = this.intake.target(this.#rig.staging);
    this.#landed = [target, bytes.copy(target)];
  }

  goOn(): void {
    this.#read();
  }

  retarget(): void {}

  giveUp(): void {
    this.close();
  }

  get isOver(): boolean {
    return this.isClosed;
  }

  settle(): void {
    if (this.#landed === null) return;
    this.intake.received(...this.#landed);
    this.#landed = null;
  }

  close(): void {
    this.isClosed = true;
    setImmediate(() => this.intake.destroy());
  }

  #read(): void {
    while (this.#unread.length > 0 && !this.intake.isStarved && !this.isClosed) {
      const target = this.intake.target(this.#rig.staging);
      const count = this.#unread.copy(target);
      this.#unread = this.#unread.subarray(count);
      this.intake.received(target, count);
      while (this.#rig.starts && this.intake.waiting.length > 0) {
        const slice = this.intake.start();
        this.done.push(Buffer.from(slice.bytes));
        this.#rig.writing.push(slice);
      }
      this.intake.account();
    }
  }
}

const PRODUCE_KEY = 0;

function frame(byteLength: number, fill = 1): Buffer {
  const bytes = Buffer.alloc(4 + byteLength, fill);
  bytes.writeInt32BE(byteLength);
  bytes.writeInt16BE(PRODUCE_KEY, 4);
  return bytes;
}

/** A client that has sent a frame of this size before, which is gone from memory. */
function proven(rig: Rig, byteLength: number): Client {
  const client = new Client(rig);
  client.send(frame(byteLength));
  assert.equal(client.done.length, 1);
  for (const slice of rig.writing.splice(0)) slice.owner.release();
  return client;
}

const looked = (): Promise<void> => turns(40);

test('the tail cache gives way to a large frame as soon as it is asked to', () => {
  const rig = new Rig(16 * MIB);
  const client = proven(rig, 12 * MIB);
  for (let i = 0; i < 3; i++) {
    client.send(frame(12 * MIB));
    rig.commit();
  }
  assert.equal(client.done.length, 4);
});

test('a frame waits while writes are under way, and goes on when these are done', async () => {
  const rig = new Rig(16 * MIB);
  const [first, second] = [proven(rig, 10 * MIB), proven(rig, 10 * MIB)];
  first.send(frame(10 * MIB));
  second.send(frame(10 * MIB));
  await looked();
  assert.ok(second.isWaiting);
  assert.ok(second.intake.heldBytes <= READ_BYTES);
  rig.commit();
  await looked();
  assert.equal(second.done.length, 2);
});

test('what a stalled frame has not filled goes to one that needs it, and the rest of it still arrives whole', async () => {
  const rig = new Rig(16 * MIB);
  const [stalled, moving] = [proven(rig, 10 * MIB), proven(rig, 10 * MIB)];
  const sent = frame(10 * MIB, 7);
  stalled.send(sent.subarray(0, MIB));
  rig.clock.advance(STALLED_MS - 1);
  moving.send(frame(10 * MIB));
  await looked();
  assert.ok(moving.isWaiting, 'a pause is no stall');
  rig.clock.advance(LOOK_MS);
  await looked();
  assert.equal(moving.done.length, 2);
  assert.ok(!stalled.isClosed);
  rig.commit();
  stalled.send(sent.subarray(MIB));
  await looked();
  assert.ok(stalled.done[1]?.equals(sent.subarray(4)));
});

test('what has landed in a stalled frame by then, and was not told, is not lost', async () => {
  const rig = new Rig(16 * MIB);
  const [stalled, moving] = [proven(rig, 10 * MIB), proven(rig, 10 * MIB)];
  const sent = Buffer.concat([frame(10 * MIB, 7).subarray(0, MIB), frame(10 * MIB, 8).subarray(MIB)]);
  stalled.send(sent.subarray(0, MIB));
  rig.clock.advance(STALLED_MS);
  moving.send(frame(10 * MIB));
  stalled.land(sent.subarray(MIB, 2 * MIB));
  await looked();
  assert.equal(moving.done.length, 2, 'the other has its memory');
  rig.commit();
  stalled.send(sent.subarray(2 * MIB));
  await looked();
  assert.ok(stalled.done[1]?.equals(sent.subarray(4)));
});

test('a frame that stalled leaves the slab that it shares', async () => {
  const rig = new Rig(4 * MIB);
  const slow = Array.from({ length: 3 }, () => proven(rig, 300 * KIB));
  for (const client of slow) {
    client.send(frame(300 * KIB).subarray(0, 80 * KIB));
    const filler = new Client(rig);
    filler.send(frame(60 * KIB));
  }
  rig.clock.advance(STALLED_MS);
  for (const slice of rig.writing.splice(0)) slice.owner.release();
  const moving = new Client(rig);
  moving.send(frame(3.7 * MIB));
  await looked();
  assert.equal(moving.done.length, 1);
  assert.ok(slow.every(({ isClosed }) => !isClosed));
});

test('stalled frames keep half of the budget, and beyond it the longest idle are closed for those that move', async () => {
  const rig = new Rig(20 * MIB);
  const stalled = Array.from({ length: 5 }, () => proven(rig, 3 * MIB));
  const moving = proven(rig, 13 * MIB);
  for (const client of stalled) {
    client.send(frame(3 * MIB).subarray(0, 2.9 * MIB));
    rig.clock.advance(10);
  }
  rig.clock.advance(STALLED_MS);
  moving.send(frame(13 * MIB));
  await looked();
  assert.equal(moving.done.length, 2);
  assert.deepEqual(
    stalled.map(({ isClosed }) => isClosed),
    [true, true, false, false, false],
  );
});

test('who is being served does not count as stalled', async () => {
  const rig = new Rig(16 * MIB);
  const held = Array.from({ length: 3 }, () => proven(rig, 5 * MIB));
  const moving = proven(rig, 5 * MIB);
  for (const client of held) client.send(frame(5 * MIB));
  moving.send(frame(5 * MIB));
  rig.clock.advance(10 * STALLED_MS);
  await looked();
  assert.ok(moving.isWaiting);
  assert.ok(held.every(({ isClosed }) => !isClosed));
  rig.commit();
  await looked();
  assert.equal(moving.done.length, 2);
});

test('a client whose request waits for us has not stalled, however long that takes', async () => {
  const rig = new Rig(16 * MIB);
  const [held, moving] = [proven(rig, 10 * MIB), proven(rig, 10 * MIB)];
  rig.starts = false;
  held.send(frame(10 * MIB));
  rig.clock.advance(10 * STALLED_MS);
  moving.send(frame(10 * MIB));
  await looked();
  assert.ok(!held.isClosed);
  assert.ok(moving.isWaiting);
});

test('frames that grow and wait for each other complete one after the other, without any time going by', async () => {
  const rig = new Rig(8 * MIB);
  const clients = Array.from({ length: 12 }, () => new Client(rig));
  for (const client of clients) client.send(frame(5 * MIB));
  for (let i = 0; i < 50; i++) {
    await looked();
    rig.commit();
    assert.ok(rig.pool.usedBytes <= 8 * MIB + 6 * MIB + 12 * READ_BYTES, `${rig.pool.usedBytes}`);
  }
  assert.deepEqual(
    clients.map(({ done }) => done.length),
    clients.map(() => 1),
  );
});

test('of frames that grow and wait for each other one at a time goes on, whatever is being written', async () => {
  const rig = new Rig(24 * MIB);
  const writing = new Client(rig);
  writing.send(frame(60 * KIB));
  const clients = Array.from({ length: 60 }, () => new Client(rig));
  const sent = frame(4 * MIB);
  for (const client of clients) client.send(sent.subarray(0, 200 * KIB));
  for (const client of clients) client.send(sent.subarray(200 * KIB));
  await looked();
  const done = clients.filter((client) => client.done.length > 0);
  assert.ok(done.length >= 1, 'the first write has not ended, and one of them is whole');
  assert.ok(rig.pool.usedBytes <= 24 * MIB + 60 * READ_BYTES, `${rig.pool.usedBytes}`);
});

test('frames larger than the budget are let in one at a time', async () => {
  const rig = new Rig(8 * MIB);
  const clients = [proven(rig, 100 * KIB), new Client(rig), new Client(rig)];
  for (const client of clients) client.send(frame(20 * MIB));
  for (let i = 0; i < 50; i++) {
    await looked();
    assert.ok(rig.pool.usedBytes <= 8 * MIB + 21 * MIB, `${rig.pool.usedBytes}`);
    rig.commit();
  }
  for (const { done } of clients) assert.equal(done.at(-1)?.length, 20 * MIB);
});

test('small frames wait for nobody', async () => {
  const rig = new Rig(8 * MIB);
  const [first, large, small] = [proven(rig, 7 * MIB), proven(rig, 7 * MIB), new Client(rig)];
  first.send(frame(7 * MIB));
  large.send(frame(7 * MIB));
  await looked();
  assert.ok(large.isWaiting);
  const sent = frame(16 * KIB);
  small.send(sent.subarray(0, 100));
  small.send(sent.subarray(100));
  assert.equal(small.done.length, 1);
});

test('who waits comes before who asks', async () => {
  const rig = new Rig(16 * MIB);
  const [first, large, late] = [proven(rig, 10 * MIB), proven(rig, 10 * MIB), proven(rig, 2 * MIB)];
  first.send(frame(10 * MIB));
  large.send(frame(10 * MIB));
  await looked();
  late.send(frame(2 * MIB));
  assert.ok(late.isWaiting, 'although there would be room for it');
  rig.commit();
  await looked();
  assert.equal(large.done.length, 2);
  rig.commit();
  await looked();
  assert.equal(late.done.length, 2);
});

test('a connection that closes gives back its memory and its place at once', async () => {
  const rig = new Rig(16 * MIB);
  const [first, gone, next] = [proven(rig, 10 * MIB), proven(rig, 10 * MIB), proven(rig, 10 * MIB)];
  first.send(frame(10 * MIB).subarray(0, MIB));
  gone.send(frame(10 * MIB));
  next.send(frame(10 * MIB));
  await looked();
  assert.ok(gone.isWaiting && next.isWaiting);
  gone.close();
  first.close();
  await looked();
  assert.equal(next.done.length, 2);
});

test('frames that grow take half of the budget, so those whose size is known find the other half', async () => {
  const rig = new Rig(16 * MIB);
  const known = proven(rig, 5 * MIB);
  const growing = Array.from({ length: 60 }, () => new Client(rig));
  const beginning = frame(70 * KIB);
  beginning.writeInt32BE(90 * MIB);
  for (const client of growing) client.send(beginning);
  await looked();
  known.send(frame(5 * MIB));
  assert.equal(known.done.length, 2);
});

test('whatever clients do, everything that they go on sending arrives, within the bound of memory', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const budgetBytes = (8 + random.int(24)) * MIB;
    const rig = new Rig(budgetBytes);
    const clients = Array.from({ length: 2 + random.int(20) }, () => new Client(rig));
    const sizes = clients.map(() => 1 + random.int(2 ** (10 + random.int(14))));
    const left = clients.map(() => 3);
    const unsent: Buffer[] = clients.map(() => Buffer.alloc(0));
    for (let step = 0; step < 3000 && left.some((count) => count > 0); step++) {
      const at = random.int(clients.length);
      const client = clients[at] as Client;
      if (random.int(200) === 0) rig.clock.advance(100 + random.int(1500));
      if (random.int(3) === 0) rig.commit();
      if (random.int(4) === 0) await turns(2);
      if (client.isClosed) left[at] = 0;
      if (left[at] === 0) continue;
      const rest = unsent[at] as Buffer;
      const bytes = rest.length > 0 ? rest : frame(sizes[at] as number, at);
      const count = Math.min(bytes.length, 1 + random.int(2 ** (8 + random.int(15))));
      client.send(bytes.subarray(0, count));
      unsent[at] = bytes.subarray(count);
      if (count === bytes.length) left[at] = (left[at] as number) - 1;
      const bound = budgetBytes * 1.5 + 17 * MIB + clients.length * READ_BYTES;
      assert.ok(rig.pool.usedBytes <= bound, `seed ${seed}: ${rig.pool.usedBytes} of ${budgetBytes}`);
    }
    for (const [at, client] of clients.entries()) client.send(unsent[at] as Buffer);
    for (let round = 0; round < 200; round++) {
      rig.commit();
      rig.clock.advance(10);
      await turns(3);
    }
    for (const client of clients) {
      assert.ok(client.isClosed || !client.isWaiting, `seed ${seed}: a client waits for ever`);
      client.intake.destroy();
    }
    for (const slice of [...rig.writing, ...rig.cached]) slice.owner.release();
    assert.deepEqual(rig.pool.leaks(), [], `seed ${seed}`);
  }
});
