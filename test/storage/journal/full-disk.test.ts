/** A disk that is found full by somebody other than the write under way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import type { OpenFile, OpenMode } from '../../../src/storage/files/files.ts';
import type { StorageError } from '../../../src/storage/types.ts';
import { append, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil, turns } from '../../support/run-clock.ts';

type Held = 'zeros' | 'data' | 'sync';

/** A disk whose writes of zeros, or of anything else, on a thread can be held back, and syncs of the journal. */
class HeldDisk extends FaultyDisk {
  readonly #held: Record<Held, PromiseWithResolvers<void> | null> = { zeros: null, data: null, sync: null };
  readonly waiting = { zeros: 0, data: 0 };

  hold(kind: Held): PromiseWithResolvers<void> {
    return (this.#held[kind] = Promise.withResolvers<void>());
  }

  override async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await super.open(path, mode);
    const write = async (buffers: readonly Buffer[], position: number): Promise<number> => {
      const kind = buffers.every((bytes) => bytes.every((byte) => byte === 0)) ? 'zeros' : 'data';
      const held = this.#held[kind];
      this.waiting[kind] += held === null ? 0 : 1;
      await held?.promise;
      return await file.write(buffers, position);
    };
    const datasync = async (): Promise<void> => {
      if (path.endsWith('.wal')) await this.#held.sync?.promise;
      await file.datasync();
    };
    return { ...file, write, datasync };
  }
}

test('space made ready that finds the disk full fails nothing before the write under way is done', async () => {
  const disk = new HeldDisk(seededRandom(1));
  const clock = new ManualClock();
  const engine = await openEngine({ dataDir: '/data', clusterId: 'full', files: disk, clock, cacheBytes: 0 });
  engine.createStream(1);
  const zeros = disk.hold('zeros');
  const batches: Buffer[] = [];
  while (disk.waiting.zeros === 0) {
    assert.ok(batches.length < 20, 'more space is made ready');
    batches.push(await runUntil(clock, append(engine, 1, { bodyBytes: 300_000 })));
  }
  const data = disk.hold('data');
  const outcomes: string[] = [];
  const note = (name: string, appended: Promise<Buffer>): void => {
    void appended.then(
      (bytes) => void (batches.push(bytes), outcomes.push(`${name} committed`)),
      (error: StorageError) => void outcomes.push(`${name} ${error.code}`),
    );
  };
  note('first', append(engine, 1, { bodyBytes: 300_000 }));
  await turns(20);
  assert.equal(disk.waiting.data, 1);
  note('second', append(engine, 1));
  zeros.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  await turns(20);
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  assert.deepEqual(outcomes, []);
  data.resolve();
  await turns(20);
  assert.deepEqual(outcomes, ['first committed', 'second DISK_FULL']);
  assert.equal(engine.state(1).logEndOffset, batches.length);
  assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches)));
  await runUntil(clock, engine.close());
});

test('nothing new is taken before everybody whose append was refused is told so', async () => {
  const disk = new HeldDisk(seededRandom(1));
  const clock = new ManualClock();
  const full = { dataDir: '/data', clusterId: 'full', files: disk, clock, durability: 'fsync' } as const;
  const engine = await openEngine(full);
  engine.createStream(1);
  await runUntil(clock, append(engine, 1));
  const sync = disk.hold('sync');
  const first = append(engine, 1);
  await turns(20);
  disk.failing.set('write', 'ENOSPC');
  const outcomes = Promise.allSettled([first, append(engine, 1)]);
  await turns(20);
  disk.failing.clear();
  for (let i = 0; i < 5; i++) {
    clock.advance(500);
    await turns(20);
  }
  assert.equal(engine.refusal?.code, 'DISK_FULL', 'the second is not told, since the first is not synced');
  sync.resolve();
  assert.deepEqual(
    (await runUntil(clock, outcomes)).map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  for (let i = 0; i < 5; i++) {
    clock.advance(500);
    await turns(20);
  }
  await runUntil(clock, append(engine, 1));
  await runUntil(clock, engine.close());
});

test('what a full disk made refuse does not come back with a power cut', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const clock = new ManualClock();
  const options = { dataDir: '/data', clusterId: 'full', clock, cacheBytes: 0 };
  const engine = await openEngine({ ...options, files: disk });
  engine.createStream(1);
  await runUntil(clock, append(engine, 1));
  await runUntil(clock, engine.flush());
  disk.capacityBytes = disk.usedBytes + 8_000_000;
  // The first few are written whole before there is no room for the next.
  const refused = Array.from({ length: 80 }, () =>
    append(engine, 1, { bodyBytes: 300_000 }).then(
      () => true,
      () => false,
    ),
  );
  const isDone = await runUntil(clock, Promise.all(refused));
  const end = 1 + isDone.indexOf(false);
  assert.ok(end > 0 && end < 80 && !isDone.slice(end).includes(true));
  await turns(20);
  for (let cut = 0; cut < 8; cut++) {
    const after = disk.afterPowerCut();
    const again = await openEngine({ ...options, files: after });
    assert.ok(again.state(1).logEndOffset <= end, `${again.state(1).logEndOffset} of ${end}`);
    await runUntil(clock, again.close());
  }
});

test('a write that finds no space is cut back also when the memory that it was laid down in is not wanted any more', async () => {
  const disk = new HeldDisk(seededRandom(1));
  const clock = new ManualClock();
  const engine = await openEngine({ dataDir: '/data', clusterId: 'full', files: disk, clock });
  engine.createStream(1);
  const appends = (count: number): Array<Promise<Buffer>> =>
    Array.from({ length: count }, () => append(engine, 1, { bodyBytes: 7000 }));
  // In the cache is more memory than is kept for later writes.
  await runUntil(clock, Promise.all(appends(2000)));
  const data = disk.hold('data');
  const refused = Promise.allSettled(appends(300));
  await turns(20);
  assert.equal(disk.waiting.data, 1);
  engine.evictCache(Number.MAX_SAFE_INTEGER);
  data.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  const outcomes = (await runUntil(clock, refused)).map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason as StorageError).code : 'written',
  );
  assert.deepEqual(new Set(outcomes), new Set(['DISK_FULL']));
  assert.equal(engine.state(1).logEndOffset, 2000);
  await runUntil(clock, engine.close());
});

test('a disk that gets full while the engine is being closed, and stays so, does not keep it from that', async () => {
  const disk = new HeldDisk(seededRandom(1));
  const clock = new ManualClock();
  const engine = await openEngine({ dataDir: '/data', clusterId: 'full', files: disk, clock });
  engine.createStream(1);
  await runUntil(clock, append(engine, 1));
  const data = disk.hold('data');
  const appended = append(engine, 1, { bodyBytes: 300_000 });
  engine.createStream(2);
  const closed = engine.close();
  await turns(20);
  disk.failing.set('write', 'ENOSPC');
  data.resolve();
  await assert.rejects(runUntil(clock, appended), { code: 'DISK_FULL' });
  await runUntil(clock, closed);
});
