/** A journal in memory at its limit: what readers get of a file that was dropped. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../../src/base/clock.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { SCANNED_BYTES } from '../../../src/storage/types.ts';
import { append, readAll } from '../../support/batches.ts';
import { turns } from '../../support/run-clock.ts';

/** An engine with files of 64 KiB in memory, an internal stream 1 and an ordinary stream 2. */
async function open(clock?: Clock): Promise<Engine> {
  const options = { dataDir: null, clusterId: 'memory', maxMemoryBytes: 1024 * 1024 };
  const engine = await openEngine(clock === undefined ? options : { ...options, clock });
  engine.createStream(1, { internal: true });
  engine.createStream(2);
  return engine;
}

/** Appends to stream 2 until its first batches are dropped. */
async function dropOldest(engine: Engine): Promise<void> {
  const { logStartOffset } = engine.state(2);
  while (engine.state(2).logStartOffset === logStartOffset) await append(engine, 2, { bodyBytes: 8000 });
}

/** Lets so many microtasks pass. */
async function stepsOf(count: number): Promise<void> {
  for (let step = 0; step < count; step++) await Promise.resolve();
}

test('a slow reader of what was dropped is told so, and gets no other bytes', async () => {
  const engine = await open();
  await append(engine, 1, { bodyBytes: 500 });
  for (let i = 0; i < 5; i++) await append(engine, 2, { bodyBytes: 500 });
  await append(engine, 1, { bodyBytes: 500 });
  const read = await engine.read({ stream: 2, offset: 0, endOffset: 5, maxBytes: 1e6, atLeastOne: true });
  assert.equal(read.endOffset, 5);
  await dropOldest(engine);
  for (const part of read.parts) {
    await assert.rejects(async () => await part.load(), { code: 'DROPPED' });
    part.release();
  }
  await engine.close();
});

for (const what of ['the largest timestamp', 'a timestamp'] as const) {
  test(`a search for ${what} goes on where the log starts by then, when what it found is dropped`, async () => {
    const engine = await open();
    let newestMs = 1_000_000;
    const fill = (bodyBytes: number): Promise<Buffer> => append(engine, 2, { bodyBytes, maxTimestampMs: newestMs-- });
    while (engine.state(2).logStartOffset === 0) await fill(8000);
    let droppedCount = 0;
    // Several files have to go at once, so many steps before the search begins or after.
    for (let steps = -30; steps < 60; steps++) {
      const appending = steps < 0 ? fill(300_000) : null;
      await stepsOf(-steps);
      const { logStartOffset, logEndOffset } = engine.state(2);
      const searching =
        what === 'a timestamp'
          ? engine.findByTimestamp(2, 1, logStartOffset, logEndOffset)
          : engine.findMaxTimestamp(2, logEndOffset);
      await stepsOf(steps);
      await (appending ?? fill(300_000));
      const found = (await searching) ?? assert.fail(`nothing is found, ${steps} steps later`);
      assert.equal(found.maxTimestampMs, 1_000_000 - found.baseOffset);
      if (found.baseOffset > logStartOffset) droppedCount++;
      const { logStartOffset: dropped } = engine.state(2);
      while (engine.state(2).logStartOffset === dropped) await fill(8000);
    }
    assert.ok(droppedCount > 0);
    await engine.close();
  });
}

for (const bodyBytes of [100, 5000, 70_000, 200_000]) {
  test(`internal batches of ${bodyBytes} bytes outlive the file they were in, whole`, async () => {
    const engine = await open();
    const batches: Buffer[] = [];
    for (let i = 0; i < 4; i++) {
      batches.push(await append(engine, 1, { bodyBytes, maxTimestampMs: 1000 + i }));
      engine.writeSnapshot(2, 0, Buffer.alloc(10));
      batches.push(await append(engine, 1, { bodyBytes: 33, maxTimestampMs: 2000 + i }));
      await append(engine, 2, { bodyBytes: 7 });
    }
    await dropOldest(engine);
    assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches)));
    const found = await engine.findByTimestamp(1, 1002, 3, 8);
    assert.deepEqual(found?.bytes, batches[3]);
    const headers: Buffer[] = [];
    await engine.scanHeaders(1, 0, (header) => headers.push(Buffer.from(header)));
    assert.deepEqual(
      headers,
      batches.map((batch) => batch.subarray(0, SCANNED_BYTES)),
    );
    await engine.close();
  });
}

test('internal data alone is refused beyond twice the bound, and what is trimmed makes room', async () => {
  const engine = await open();
  let bytes = 0;
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) bytes += (await append(engine, 1, { bodyBytes: 50_000 })).length;
  };
  await assert.rejects(fill(), { code: 'MEMORY_FULL' });
  assert.ok(bytes > 2 * 1024 * 1024 && bytes < 3 * 1024 * 1024, `${bytes} bytes`);
  const { logEndOffset } = engine.state(1);
  assert.equal((await readAll(engine, 1)).length, bytes);
  await engine.trim(1, logEndOffset);
  for (let i = 0; engine.state(1).logEndOffset === logEndOffset; i++) {
    assert.ok(i < 1000, 'there is room again');
    await new Promise((resolve) => setImmediate(resolve));
    await append(engine, 1).catch(() => undefined);
  }
  await engine.close();
});

test('a file whose records were all dropped is forgotten', async () => {
  const engine = await open();
  await dropOldest(engine);
  const { journalFiles } = engine.stats();
  for (let i = 0; i < 50; i++) await dropOldest(engine);
  assert.ok(engine.stats().journalFiles <= journalFiles + 1, `${engine.stats().journalFiles} of ${journalFiles} files`);
  await engine.close();
});

test('bytes that were trimmed are not counted again when their file is dropped', async () => {
  const engine = await open();
  for (let i = 0; i < 10; i++) await append(engine, 2, { bodyBytes: 500 });
  await engine.trim(2, 6);
  await dropOldest(engine);
  assert.equal(engine.state(2).liveBytes, (await readAll(engine, 2)).length);
  await engine.close();
});

test('what trims under way have not counted yet is taken off when its file is dropped', async () => {
  const engine = await open();
  for (let i = 0; i < 20; i++) await append(engine, 2, { bodyBytes: 500 });
  const trims = [engine.trim(2, 5), engine.trim(2, 10)];
  const appends = Array.from({ length: 200 }, () => append(engine, 2, { bodyBytes: 8000 }));
  await Promise.all([...trims, ...appends]);
  assert.ok(engine.state(2).logStartOffset > 20);
  assert.equal(engine.state(2).liveBytes, (await readAll(engine, 2)).length);
  await engine.close();
});

test('what is dropped while the rest is counted is taken off once', async () => {
  for (let steps = 0; steps < 40; steps++) {
    const engine = await open();
    await dropOldest(engine);
    const counting = engine.giveUpMissing(2);
    for (let step = 0; step < steps; step++) await Promise.resolve();
    // Several files have to go for it at once.
    await append(engine, 2, { bodyBytes: 300_000 });
    await counting;
    assert.equal(engine.state(2).liveBytes, (await readAll(engine, 2)).length, `${steps} steps later`);
    await engine.close();
  }
});

for (const others of ['internal batches', 'nothing internal'] as const) {
  test(`the newest snapshot of a stream outlives the file that it was in, beside ${others}`, async () => {
    const clock = new ManualClock();
    const engine = await open(clock);
    if (others === 'internal batches') await append(engine, 1, { bodyBytes: 500 });
    await append(engine, 2, { bodyBytes: 500 });
    engine.writeSnapshot(2, 0, Buffer.from('an older one'));
    engine.writeSnapshot(2, 1, Buffer.from('what is known of producers'));
    const isThere = async (): Promise<void> => {
      assert.deepEqual(await engine.readSnapshot(2), { offset: 1, bytes: Buffer.from('what is known of producers') });
    };
    for (let i = 0; i < 50; i++) {
      await dropOldest(engine);
      await isThere();
      // It is written anew in the meantime, so that its file can go.
      clock.advance(1000);
      await turns(20);
      await isThere();
    }
    assert.ok(engine.stats().journalFiles < 25, `${engine.stats().journalFiles} files`);
    await engine.close();
  });
}

test('a file without a batch is let go of with all its bytes', async () => {
  const engine = await open(new ManualClock());
  for (let stream = 3; stream < 3000; stream++) {
    engine.createStream(stream);
    if (stream % 100 === 0) await engine.seal();
  }
  for (let i = 0; i < 50; i++) await dropOldest(engine);
  const { memoryBytes, journalBytes } = engine.stats();
  assert.ok(memoryBytes.cache <= journalBytes, `${memoryBytes.cache} bytes of ${journalBytes}`);
  await engine.close();
});
