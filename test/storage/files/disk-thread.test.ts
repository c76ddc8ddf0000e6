/** Writes and syncs on threads of their own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '../../../src/base/clock.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { DiskThread } from '../../../src/storage/files/disk-thread.ts';
import { writeFully } from '../../../src/storage/files/files.ts';
import { threadedFiles } from '../../../src/storage/files/node-files.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'walka-disk-thread-'));
after(() => fs.rmSync(folder, { recursive: true }));

/** Asks until the thread is there to do it. */
async function once<T>(ask: () => Promise<T> | null): Promise<T> {
  for (;;) {
    const doing = ask();
    if (doing !== null) return await doing;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a thread writes as much as it has memory for, syncs, and tells the error of the system', async () => {
  const path = join(folder, 'some');
  const descriptor = fs.openSync(path, 'w+');
  const thread = new DiskThread(systemClock, 1000);
  const buffers = [Buffer.alloc(700, 1), Buffer.alloc(0), Buffer.alloc(700, 2)];
  assert.equal(await once(() => thread.write(descriptor, buffers, 5)), 1000);
  assert.equal(await once(() => thread.datasync(descriptor)), 0);
  const written = Buffer.concat([Buffer.alloc(5), Buffer.alloc(700, 1), Buffer.alloc(300, 2)]);
  assert.deepEqual(fs.readFileSync(path), written);
  const [far, refused] = await Promise.allSettled([
    once(() => thread.write(descriptor, [Buffer.from('far')], 2 ** 33)),
    once(() => thread.write(999_999, buffers, 0)),
  ]);
  assert.deepEqual(far, { status: 'fulfilled', value: 3 });
  assert.equal(fs.fstatSync(descriptor).size, 2 ** 33 + 3);
  assert.ok(refused?.status === 'rejected');
  assert.equal((refused.reason as NodeJS.ErrnoException).code, 'EBADF');
  fs.closeSync(descriptor);
  await thread.stop();
});

test('an idle thread is stopped, and starts again when there is something to do', async () => {
  const clock = new ManualClock();
  const path = join(folder, 'idle');
  const descriptor = fs.openSync(path, 'w+');
  const thread = new DiskThread(clock, 100);
  assert.equal(await once(() => thread.write(descriptor, [Buffer.from('a')], 0)), 1);
  clock.advance(10_000); // it was used in this time
  assert.notEqual(thread.write(descriptor, [Buffer.from('b')], 1), null);
  clock.advance(10_000);
  await once(() => thread.datasync(descriptor));
  clock.advance(20_000);
  assert.equal(thread.write(descriptor, [Buffer.from('c')], 2), null);
  assert.equal(await once(() => thread.write(descriptor, [Buffer.from('c')], 2)), 1);
  await thread.stop();
  await thread.stop();
  assert.equal(fs.readFileSync(path, 'utf8'), 'abc');
  fs.closeSync(descriptor);
});

test('writes and syncs go on while reads hold all threads of Node', async () => {
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const silent = fs.openSync(fifo, 'r+');
  const descriptor = fs.openSync(join(folder, 'written'), 'w+');
  const writes = new DiskThread(systemClock, 10);
  const syncs = new DiskThread(systemClock, 0);
  await Promise.all([
    once(() => writes.write(descriptor, [Buffer.from('a')], 0)),
    once(() => syncs.datasync(descriptor)),
  ]);

  const reads = Array.from({ length: 16 }, () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    fs.read(silent, Buffer.alloc(1), 0, 1, null, () => resolve());
    return promise;
  });
  assert.equal(await writes.write(descriptor, [Buffer.from('b')], 1), 1);
  assert.equal(await syncs.datasync(descriptor), 0);

  fs.writeSync(silent, Buffer.alloc(16));
  await Promise.all(reads);
  await Promise.all([writes.stop(), syncs.stop()]);
  fs.closeSync(silent);
  fs.closeSync(descriptor);
});

test('a file is written whole, before the threads are there and behind that', async () => {
  const files = threadedFiles(systemClock);
  const path = join(folder, 'whole');
  const file = await files.open(path, 'create');
  const pieces: Buffer[] = [];
  let position = 0;
  for (let i = 0; i < 100; i++) {
    const buffers = [Buffer.alloc(i * 31, i), Buffer.alloc(i % 8 === 0 ? 1_100_000 : 10, i)];
    await writeFully(file, buffers, position);
    await file.datasync();
    pieces.push(...buffers);
    position += buffers.reduce((sum, { length }) => sum + length, 0);
  }
  await file.close();
  await files.rest();
  assert.ok(fs.readFileSync(path).equals(Buffer.concat(pieces)));
});

test('a file is closed behind the writes and syncs that were asked for, not under them', async () => {
  const files = threadedFiles(systemClock);
  const path = join(folder, 'closed');
  for (let i = 0; i < 100; i++) {
    const file = await files.open(path, i === 0 ? 'create' : 'write');
    const doing = [file.write([Buffer.alloc(100_000, i)], i * 100_000), file.datasync(), file.close()];
    // Gets the descriptor if that is free.
    const other = fs.openSync(join(folder, `other-${i}`), 'w+');
    await Promise.all(doing);
    assert.equal(fs.fstatSync(other).size, 0);
    fs.closeSync(other);
  }
  await files.rest();
  assert.equal(fs.statSync(path).size, 10_000_000);
});
