/** Retention of records without timestamps: the time of their last write counts, as Kafka has a segment's file say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import { decodeEntryHeader, viewOf } from '../../../src/storage/format/format.ts';
import { headerCrc } from '../../../src/storage/format/entry.ts';
import { append } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil } from '../../support/run-clock.ts';

const FIRST = '/data/journal/00000000000000000001.wal';
const UNDATED = -1;

class Broker {
  readonly clock = new ManualClock();
  readonly startedMs = this.clock.now();
  disk = new FaultyDisk(seededRandom(1));
  engine!: Engine;

  static async start(): Promise<Broker> {
    const broker = new Broker();
    await broker.open();
    broker.engine.createStream(1);
    return broker;
  }

  async open(): Promise<void> {
    const { disk, clock } = this;
    this.engine = await openEngine({ dataDir: '/data', clusterId: 'retention', files: disk, clock });
  }

  async kill(): Promise<void> {
    this.disk = this.disk.afterKill();
    await this.open();
  }

  async stop(): Promise<void> {
    await runUntil(this.clock, this.engine.close());
    await this.open();
  }

  async seal(): Promise<void> {
    await runUntil(this.clock, this.engine.seal());
  }

  /** Writes a batch `atMs` after the start. */
  async write(atMs: number, maxTimestampMs = UNDATED): Promise<void> {
    this.clock.advance(this.startedMs + atMs - this.clock.now());
    await append(this.engine, 1, { maxTimestampMs });
  }

  /** Where retention wants the log start `atMs` after the start. */
  point(atMs: number, retentionMs = 20_000, segmentMs = 1e12): Promise<number> {
    const policy = { retentionMs, retentionBytes: -1, segmentBytes: 1e9, segmentMs };
    return this.engine.retentionPoint(1, policy, this.startedMs + atMs, Number.MAX_SAFE_INTEGER);
  }
}

test('records without timestamps live for retention.ms from when they were written', async () => {
  const broker = await Broker.start();
  await broker.write(25_000);
  await broker.write(25_400);
  assert.equal(await broker.point(28_000), 0);
  assert.equal(await broker.point(45_400), 0);
  assert.equal(await broker.point(45_401), 2, 'as one segment, which is as old as its last write');
});

for (const [name, change] of [
  ['a kill', (broker: Broker) => broker.kill()],
  ['a clean stop', (broker: Broker) => broker.stop()],
  ['a seal', (broker: Broker) => broker.seal()],
  [
    'a seal and a kill',
    async (broker: Broker) => {
      await broker.seal();
      await broker.kill();
    },
  ],
] as const) {
  test(`the time of the last write survives ${name}`, async () => {
    const broker = await Broker.start();
    await broker.write(25_000);
    await broker.write(60_000);
    await change(broker);
    assert.equal(await broker.point(80_000), 0);
    assert.equal(await broker.point(80_001), 2);
    assert.equal(await broker.point(80_000, 20_000, 30_000), 1, 'and that of the write before');
  });
}

test('one timestamp in a segment is what counts for all of it, whenever it was written', async () => {
  const broker = await Broker.start();
  await broker.write(25_000, broker.startedMs + 1000);
  await broker.write(26_000);
  assert.equal(await broker.point(21_000), 0);
  assert.equal(await broker.point(21_001), 2);
  await broker.write(27_000, broker.startedMs + 90_000);
  assert.equal(await broker.point(110_000), 0);
});

test('segment.ms goes by the age of a segment whose first record has no timestamp', async () => {
  const broker = await Broker.start();
  await broker.write(1000);
  await broker.write(1000);
  await broker.write(4000);
  await broker.write(4100, broker.startedMs - 1e9);
  const point = (atMs: number): Promise<number> => broker.point(atMs, 20_000, 1500);
  assert.equal(await point(21_000), 0);
  assert.equal(await point(21_001), 4, 'the segment behind has a timestamp, which is old');
});

test('a record without a timestamp never rolls a segment that began with one', async () => {
  const broker = await Broker.start();
  await broker.write(1000, broker.startedMs + 1000);
  await broker.write(9000);
  assert.equal(await broker.point(21_001, 20_000, 1500), 2);
  assert.equal(await broker.point(21_000, 20_000, 1500), 0);
});

test('in a file from before the time was kept, that of the file stands for it', async () => {
  const broker = await Broker.start();
  await broker.write(25_000);
  broker.disk = broker.disk.afterKill();
  const bytes = Buffer.from(broker.disk.contents(FIRST));
  const view = viewOf(bytes);
  const salt = view.getUint32(32, true);
  for (let at = 128; ; ) {
    const header = decodeEntryHeader(view, at);
    if (header === null) break;
    view.setUint16(at + 10, 0, true);
    view.setUint32(at + 52, 0, true);
    view.setUint32(at, headerCrc(view, at, salt, at), true);
    at = Math.ceil((at + 56 + header.payloadLength) / 8) * 8;
  }
  broker.disk.put(FIRST, bytes);
  await broker.open();
  assert.equal(broker.engine.state(1).logEndOffset, 1);
  assert.equal(await broker.point(20_000), 0);
  assert.equal(await broker.point(20_001), 1);
});
