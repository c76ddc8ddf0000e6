/** The engine on real files and in memory: what was appended is read back, before and after a restart. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Engine, EngineOptions } from '../../src/storage/open-engine.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { PART_BYTES } from '../../src/storage/runs/journal/file-part.ts';
import { append, readAll, readOnce } from '../support/batches.ts';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'walka-engine-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function open(dataDir: string | null, options: Partial<EngineOptions> = {}): Promise<Engine> {
  return openEngine({ dataDir, clusterId: 'test-cluster', ...options });
}

for (const mode of ['memory', 'disk'] as const) {
  test(`appended batches are read back byte for byte (${mode})`, async (t) => {
    await using engine = await open(mode === 'disk' ? directory(t) : null);
    engine.createStream(1);
    engine.createStream(2);
    const expected = new Map<number, Buffer[]>([
      [1, []],
      [2, []],
    ]);
    for (let i = 0; i < 200; i++) {
      const stream = 1 + (i % 2);
      const bodyBytes = i % 7 === 0 ? 20_000 : 100 + i;
      expected.get(stream)?.push(await append(engine, stream, { bodyBytes, records: 1 + (i % 3) }));
    }
    for (const [stream, batches] of expected) {
      assert.ok((await readAll(engine, stream)).equals(Buffer.concat(batches)));
      assert.ok((await readAll(engine, stream, 0, 30_000)).equals(Buffer.concat(batches)));
    }
  });

  test(`any offset inside a batch gives that batch (${mode})`, async (t) => {
    await using engine = await open(mode === 'disk' ? directory(t) : null, { cacheBytes: 0 });
    engine.createStream(1);
    const batches: Buffer[] = [];
    for (let i = 0; i < 20; i++) batches.push(await append(engine, 1, { records: 5 }));
    for (let offset = 0; offset < 100; offset++) {
      const read = await readOnce(engine, 1, offset, { maxBytes: 1 });
      assert.equal(read.startOffset, Math.floor(offset / 5) * 5);
      assert.equal(read.endOffset, read.startOffset + 5);
      assert.ok(read.bytes.equals(batches[Math.floor(offset / 5)] as Buffer));
    }
  });
}

for (const cacheBytes of [0, 64 * 1024 * 1024]) {
  const from = cacheBytes === 0 ? 'files' : 'memory';
  test(`batches larger than a part are read whole, among small ones, from ${from}`, async (t) => {
    await using engine = await open(directory(t), { cacheBytes, maxSegmentSize: 8 * 1024 * 1024 });
    engine.createStream(1);
    const batches: Buffer[] = [];
    for (const bodyBytes of [100, 3_000_000, 100, PART_BYTES, 200_000, 2_500_000]) {
      batches.push(await append(engine, 1, { bodyBytes }));
    }
    assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches)));
    for (const offset of [1, 3, 5]) {
      const { bytes, endOffset } = await readOnce(engine, 1, offset, { maxBytes: 1 });
      assert.ok(bytes.equals(batches[offset] as Buffer));
      assert.equal(endOffset, offset + 1);
    }
  });
}

test('files roll, are sealed, and everything is read back from them after a restart', async (t) => {
  const dataDir = directory(t);
  const options = { maxSegmentSize: 64 * 1024, cacheBytes: 16 * 1024 };
  const expected = new Map<number, Buffer[]>();
  {
    await using engine = await open(dataDir, options);
    for (let stream = 1; stream <= 5; stream++) {
      engine.createStream(stream);
      expected.set(stream, []);
    }
    for (let i = 0; i < 1000; i++) {
      const stream = 1 + ((i * 7) % 5);
      expected.get(stream)?.push(await append(engine, stream, { bodyBytes: 100 + ((i * 37) % 900) }));
    }
    assert.ok(engine.stats().journalFiles > 5);
    for (const [stream, batches] of expected) assert.ok((await readAll(engine, stream)).equals(Buffer.concat(batches)));
  }
  for (let round = 0; round < 3; round++) {
    await using engine = await open(dataDir, { ...options, indexCacheBytes: 1 });
    for (const [stream, batches] of expected) {
      assert.ok((await readAll(engine, stream, 0, 5000)).equals(Buffer.concat(batches)));
      batches.push(await append(engine, stream));
      assert.ok((await readAll(engine, stream)).equals(Buffer.concat(batches)));
    }
  }
});

test('a snapshot written while a file is sealed with a megabyte pending joins what waits', async (t) => {
  await using engine = await open(directory(t), { maxSegmentSize: 256 * 1024 });
  engine.createStream(1);
  let seals = 0;
  engine.onBeforeSeal(() => {
    seals += 1;
    engine.writeSnapshot(1, engine.state(1).logEndOffset, Buffer.alloc(100, seals));
  });
  // All in one turn, so that more than a megabyte waits at every roll.
  await Promise.all(Array.from({ length: 60 }, () => append(engine, 1, { bodyBytes: 60_000 })));
  assert.ok(seals >= 1);
  assert.equal((await engine.readSnapshot(1))?.bytes.length, 100);
});

test('a reader far behind leaves what was written last in memory', async (t) => {
  await using engine = await open(directory(t), { cacheBytes: 512 * 1024, maxSegmentSize: 1024 * 1024 });
  engine.createStream(1);
  const batches: Buffer[] = [];
  for (let i = 0; i < 400; i++) batches.push(await append(engine, 1, { bodyBytes: 10_000 }));
  assert.ok((await readAll(engine, 1, 0, 100_000)).equals(Buffer.concat(batches)));
  const { counters } = engine.stats();
  const { cacheMisses, fileReads } = counters;
  assert.ok(fileReads > 0);
  assert.ok((await readAll(engine, 1, 360, 100_000)).equals(Buffer.concat(batches.slice(360))));
  assert.deepEqual([counters.cacheMisses, counters.fileReads], [cacheMisses, fileReads]);
});
