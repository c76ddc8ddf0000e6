/** How the pieces of answers become writes to a socket. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Part, plainSlice, type Slice } from '../../src/base/counted.ts';
import { PartList } from '../../src/base/part-list.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import { ServerCounters } from '../../src/metrics/counters.ts';
import { Pressure } from '../../src/server/pressure.ts';
import { Sender } from '../../src/server/sender.ts';

/** Bytes that a thread has to bring first: `bring` does. */
class SlowPart implements Part {
  readonly byteLength: number;
  readonly #bytes: Buffer;
  readonly #loaded = Promise.withResolvers<readonly Slice[]>();
  isReleased = false;

  constructor(text: string) {
    this.#bytes = Buffer.from(text);
    this.byteLength = this.#bytes.length;
  }

  load(): Promise<readonly Slice[]> {
    return this.#loaded.promise;
  }

  bring(): void {
    this.#loaded.resolve([plainSlice(this.#bytes)]);
  }

  release(): void {
    this.isReleased = true;
  }
}

/** A sender, and what it has written, by write. */
function started(): { readonly sender: Sender; readonly writes: string[] } {
  const writes: string[] = [];
  const socket = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString());
      done();
    },
  });
  const context = {
    pressure: new Pressure(new ServerCounters(), 100, 1024 * 1024),
    pool: new SlabPool({ budgetBytes: 16 * 1024 * 1024 }),
  };
  const sender = new Sender(context, {
    socket: socket as Socket,
    tap: null,
    onSent: () => undefined,
    onRoom: () => undefined,
    fail: (error) => assert.fail(String(error)),
  });
  return { sender, writes };
}

test('the parts of an answer that threads bring are one write, if they are small', async () => {
  const { sender, writes } = started();
  const parts = ['b', 'd', 'f'].map((text) => new SlowPart(text));
  const [first, second, third] = parts.map((part) => new PartList([part]));
  sender.push([Buffer.from('a'), first, Buffer.from('c'), second, Buffer.from('e'), third, Buffer.from('g')]);
  sender.flush();
  for (const part of parts) {
    assert.deepEqual(writes, []);
    part.bring();
    await turn();
  }
  assert.deepEqual(writes, ['abcdefg']);
  assert.ok(sender.isEmpty);
});

test('an answer that is whole does not wait for a part of the next', async () => {
  const { sender, writes } = started();
  const part = new SlowPart('d');
  sender.push([Buffer.from('a'), Buffer.from('b')]);
  sender.push([Buffer.from('c'), new PartList([part])]);
  sender.flush();
  assert.deepEqual(writes, ['abc']);
  part.bring();
  await turn();
  assert.deepEqual(writes, ['abc', 'd']);
});

test('large pieces of an answer are written while the next is brought', async () => {
  const { sender, writes } = started();
  const part = new SlowPart('end');
  sender.push([Buffer.alloc(64 * 1024, 'x'), new PartList([part])]);
  sender.flush();
  assert.deepEqual(
    writes.map(({ length }) => length),
    [64 * 1024],
  );
  part.bring();
  await turn();
  assert.equal(writes.at(-1), 'end');
});

test('what is kept for a part is let go of when the connection closes', async () => {
  const { sender, writes } = started();
  const pool = new SlabPool({ budgetBytes: 16 * 1024 * 1024 });
  const slice = pool.allocateOwn(100) as Slice;
  const quick: Part = { byteLength: 100, load: () => [slice], release: () => undefined };
  const slow = new SlowPart('x');
  sender.push([new PartList([quick, slow])]);
  sender.flush();
  sender.destroy();
  slow.bring();
  await turn();
  assert.deepEqual(writes, []);
  assert.ok(slow.isReleased);
  assert.equal(pool.usedBytes, 0);
});
