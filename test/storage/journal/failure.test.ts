/** A disk that is full, and one that fails: what is refused, what goes on, and what is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine, EngineOptions } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { StorageError } from '../../../src/storage/types.ts';
import { append, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { settle, turns } from '../../support/run-clock.ts';

const SEGMENT_BYTES = 256 * 1024;

interface Setup {
  readonly disk: FaultyDisk;
  readonly clock: ManualClock;
  readonly engine: Engine;
}

async function setup(options: Partial<EngineOptions> = {}, disk = new FaultyDisk(seededRandom(1))): Promise<Setup> {
  const clock = new ManualClock();
  const engine = await openEngine({
    dataDir: '/data',
    clusterId: 'failures',
    maxSegmentSize: SEGMENT_BYTES,
    cacheBytes: 0,
    files: disk,
    clock,
    ...options,
  });
  engine.createStream(1);
  return { disk, clock, engine };
}

function codeOf(result: PromiseSettledResult<unknown>): string {
  if (result.status === 'fulfilled') return 'OK';
  return result.reason instanceof StorageError ? result.reason.code : String(result.reason);
}

/** Appends until one is refused; gives those that were acknowledged. */
async function appendUntilRefused({ engine, clock }: Setup, bodyBytes: number): Promise<Buffer[]> {
  const batches: Buffer[] = [];
  for (;;) {
    if (engine.refusal !== null) return batches;
    const result = await settle(clock, append(engine, 1, { bodyBytes }));
    if (result.status === 'rejected') {
      assert.equal(codeOf(result), 'DISK_FULL');
      return batches;
    }
    batches.push(result.value);
    assert.ok(batches.length < 10_000);
  }
}

for (const bodyBytes of [900, 20_000, 60_000]) {
  test(`a full disk refuses batches of ${bodyBytes} bytes, keeps what it has, and takes more when there is space`, async () => {
    const all = await setup();
    const { engine, disk, clock } = all;
    disk.capacityBytes = disk.usedBytes + 700_000;
    const batches = await appendUntilRefused(all, bodyBytes);
    assert.ok(batches.length > 5);
    assert.equal(engine.refusal?.code, 'DISK_FULL');
    assert.equal(codeOf(await settle(clock, append(engine, 1))), 'DISK_FULL');
    assert.equal(engine.state(1).logEndOffset, batches.length);
    assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches)));

    disk.capacityBytes = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 20 && engine.refusal !== null; i++) {
      clock.advance(500);
      await turns(20);
    }
    assert.equal(engine.refusal, null);
    for (let i = 0; i < 20; i++) {
      const result = await settle(clock, append(engine, 1, { bodyBytes }));
      assert.equal(codeOf(result), 'OK');
      if (result.status === 'fulfilled') batches.push(result.value);
    }
    assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches)));

    const again = await setup({}, disk.afterKill());
    assert.ok((await readAll(again.engine, 1)).equals(Buffer.concat(batches)));
    await settle(clock, engine.close());
  });
}

test('the log says how much is missing, anew each minute, and that there is space once that has lasted', async () => {
  const lines: string[] = [];
  const log = (level: string) => (event: string, message: string) =>
    void (event.startsWith('disk') && lines.push(`${level} ${event} ${message}`));
  const logger = { ...silentLogger, debug: log('debug'), info: log('info'), warn: log('warn') };
  const { engine, disk, clock } = await setup({ logger });
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 100) {
      clock.advance(100);
      await turns(5);
    }
  };
  const events = (): string[] => lines.splice(0).map((line) => line.split(' ').slice(0, 2).join(' '));
  for (let round = 0; round < 3; round++) {
    disk.failing.set('write', 'ENOSPC');
    assert.equal(codeOf(await settle(clock, append(engine, 1))), 'DISK_FULL');
    disk.failing.clear();
    await pass(1000);
    assert.equal(engine.refusal, null);
  }
  assert.match(lines[0] ?? '', /0\.1 MB must be free for writes to go on\. The journal holds 0\.0 MB, /);
  assert.deepEqual(events(), ['warn disk-full'], 'that there was space for moments is not told');
  await pass(5000);
  assert.deepEqual(events(), ['info disk-space-back']);
  disk.failing.set('write', 'ENOSPC');
  assert.equal(codeOf(await settle(clock, append(engine, 1))), 'DISK_FULL');
  await pass(130_000);
  assert.deepEqual(events(), ['warn disk-full', 'warn disk-full', 'warn disk-full']);
  disk.failing.clear();
  await pass(6000);
  assert.deepEqual(events(), ['info disk-space-back']);
  await settle(clock, engine.close());
});

test('the log does not end on space again while a large write is refused: it says how much is missing', async () => {
  const lines: string[] = [];
  const log = (event: string, message: string) => void (event.startsWith('disk') && lines.push(`${event}: ${message}`));
  const all = await setup({ logger: { ...silentLogger, info: log, warn: log } });
  const { engine, disk, clock } = all;
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 100) {
      clock.advance(100);
      await turns(5);
    }
  };
  // Small batches fit into what is left, a large one does not.
  disk.capacityBytes = disk.usedBytes + 900_000;
  for (let round = 0; round < 4; round++) {
    assert.equal(codeOf(await settle(clock, append(engine, 1, { bodyBytes: 5_000_000 }))), 'DISK_FULL');
    await pass(10_000);
    assert.equal(engine.refusal, null);
    assert.equal(codeOf(await settle(clock, append(engine, 1, { bodyBytes: 100 }))), 'OK');
    assert.match(lines.at(-1) ?? '', /(must be for writes to go on|was refused: .* are free, and .* more must be)/);
  }
  assert.ok(!lines.some((line) => line.startsWith('disk-space-back')), lines.join('\n'));
  assert.ok(lines.length <= 4, lines.join('\n'));
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await pass(10_000);
  assert.match(lines.at(-1) ?? '', /^disk-space-back: /);
  assert.equal(codeOf(await settle(clock, append(engine, 1, { bodyBytes: 5_000_000 }))), 'OK');
  await settle(clock, engine.close());
});

test('a trim on a full disk makes space, and appends go on', async () => {
  const all = await setup({ deleteGraceMs: 0 });
  const { engine, disk, clock } = all;
  disk.capacityBytes = disk.usedBytes + 1_000_000;
  const batches = await appendUntilRefused(all, 5000);
  const trim = await settle(clock, engine.trim(1, batches.length));
  assert.equal(codeOf(trim), 'OK');
  for (let i = 0; i < 50 && engine.refusal !== null; i++) {
    clock.advance(500);
    await turns(20);
  }
  assert.equal(engine.refusal, null);
  const next = await settle(clock, append(engine, 1));
  assert.equal(codeOf(next), 'OK');
});

test('snapshots for trims are taken on a full disk, as long as they leave room for what frees space', async () => {
  const all = await setup();
  const { engine, disk, clock } = all;
  disk.capacityBytes = disk.usedBytes + 1_000_000;
  const batches = await appendUntilRefused(all, 5000);
  const lost: string[] = [];
  engine.writeSnapshot(1, 1, Buffer.alloc(10), (isKept) => isKept || lost.push('not for a trim'));
  engine.writeSnapshot(1, 2, Buffer.alloc(7000), (isKept) => isKept || lost.push('small'), true);
  engine.writeSnapshot(1, 3, Buffer.alloc(7000), (isKept) => isKept || lost.push('one more'), true);
  assert.deepEqual(lost, ['not for a trim', 'one more']);
  assert.equal(codeOf(await settle(clock, engine.trim(1, 1))), 'OK');
  const again = await setup({}, disk.afterKill());
  assert.equal((await again.engine.readSnapshot(1))?.offset, 2);
  assert.ok((await readAll(again.engine, 1)).equals(Buffer.concat(batches.slice(1))));
  for (const { engine: each } of [all, again]) await settle(clock, each.close());
});

test('an engine can be opened, read and closed on a full disk', async () => {
  const first = await setup();
  const batch = await settle(first.clock, append(first.engine, 1));
  await settle(first.clock, first.engine.close());
  const disk = first.disk.afterKill();
  disk.capacityBytes = disk.usedBytes;
  const { engine, clock } = await setup({}, disk);
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  assert.ok(batch.status === 'fulfilled' && (await readAll(engine, 1)).equals(batch.value));
  assert.equal(codeOf(await settle(clock, engine.close())), 'OK');
});

test('a start on a full disk makes its file out of the reserve', async () => {
  const first = await setup();
  const batches: Buffer[] = [];
  for (let i = 0; i < 20; i++) {
    const batch = await settle(first.clock, append(first.engine, 1, { bodyBytes: 20_000 }));
    if (batch.status === 'fulfilled') batches.push(batch.value);
  }
  await settle(first.clock, first.engine.seal());
  const disk = first.disk.afterKill();
  await disk.unlink(disk.paths().findLast((path) => path.endsWith('.wal')) ?? '');
  disk.capacityBytes = disk.usedBytes;
  const { engine, clock } = await setup({}, disk);
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches)));
  assert.equal(codeOf(await settle(clock, engine.close())), 'OK');
});

test('an engine that cannot cut its last file says so, when all else is closed', async () => {
  const { engine, disk, clock } = await setup();
  const batch = await settle(clock, append(engine, 1));
  disk.failing.set('truncate', 'EIO');
  const closed = await settle(clock, engine.close());
  assert.match(String(closed.status === 'rejected' && closed.reason), /EIO/);
  assert.equal(disk.openFiles, 0);
  const again = await setup({}, disk.afterPowerCut());
  assert.ok(batch.status === 'fulfilled' && (await readAll(again.engine, 1)).equals(batch.value));
  assert.equal(codeOf(await settle(again.clock, again.engine.close())), 'OK');
});

for (const operation of ['write', 'datasync'] as const) {
  test(`a failed ${operation} poisons the journal for good`, async () => {
    const { engine, disk, clock } = await setup({ durability: 'fsync' });
    assert.equal(codeOf(await settle(clock, append(engine, 1))), 'OK');
    const failures: StorageError[] = [];
    engine.onFailure((error) => failures.push(error));
    disk.failing.set(operation, 'EIO');
    const waiting = [append(engine, 1), append(engine, 1)];
    const outcomes = await settle(clock, Promise.allSettled(waiting));
    assert.ok(outcomes.status === 'fulfilled');
    assert.deepEqual(outcomes.value.map(codeOf), ['POISONED', 'POISONED']);
    disk.failing.clear();
    assert.equal(failures.length, 1);
    assert.equal(failures[0]?.code, 'POISONED');
    assert.throws(
      () =>
        engine.append({
          stream: 1,
          baseOffset: 0,
          offsetCount: 1,
          leaderEpoch: 0,
          maxTimestampMs: 0,
          payload: { bytes: Buffer.alloc(10), owner: { retain() {}, release() {} } },
          durability: 'os',
          onCommit() {},
        }),
      { code: 'POISONED' },
    );
    const syncs = disk.counts.get('datasync');
    for (let i = 0; i < 20; i++) {
      clock.advance(500);
      await turns(5);
    }
    assert.equal(disk.counts.get('datasync'), syncs, 'nobody retries a sync');
    assert.equal(codeOf(await settle(clock, engine.flush())), 'POISONED');
    assert.equal(codeOf(await settle(clock, engine.trim(1, 1))), 'POISONED');
    assert.equal(codeOf(await settle(clock, engine.close())), 'OK');
  });
}

test('with fsync nothing is acknowledged before the device has it, and what waits shares the next sync', async () => {
  const { engine, disk, clock } = await setup({ durability: 'fsync' });
  await settle(clock, append(engine, 1));
  const before = disk.counts.get('datasync') ?? 0;
  disk.stall();
  let acknowledged = 0;
  const waiting: Array<Promise<unknown>> = [];
  for (let i = 0; i < 10; i++) {
    waiting.push(append(engine, 1).then(() => (acknowledged += 1)));
    await turns(5);
  }
  assert.equal(acknowledged, 0);
  disk.unstall();
  await settle(clock, Promise.all(waiting));
  assert.equal((disk.counts.get('datasync') ?? 0) - before, 2);
  await settle(clock, engine.close());
});

test('with os an idle engine does not sync', async () => {
  const { engine, disk, clock } = await setup();
  await settle(clock, append(engine, 1));
  clock.advance(20);
  await turns(20);
  const syncs = disk.counts.get('datasync');
  for (let i = 0; i < 50; i++) {
    clock.advance(20);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(disk.counts.get('datasync'), syncs);
  await settle(clock, engine.close());
});

test('acknowledgements come in the order of the appends', async () => {
  const { engine, clock } = await setup();
  engine.createStream(2);
  const order: number[] = [];
  const waiting: Array<Promise<unknown>> = [];
  for (let i = 0; i < 20; i++) {
    const durability = i % 5 === 0 ? 'fsync' : 'os';
    waiting.push(append(engine, 1, { durability }).then(() => order.push(i)));
  }
  await settle(clock, Promise.all(waiting));
  assert.deepEqual(
    order,
    Array.from({ length: 20 }, (_, i) => i),
  );
  await settle(clock, engine.close());
});
