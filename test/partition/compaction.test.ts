/** Compaction of partitions, from the topic's settings down to what is read back, over the journal in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { CatalogMetadataStore } from '../../src/metadata/store.ts';
import { StreamPartitionManager } from '../../src/partition/manager.ts';
import { IsolationLevel, type PartitionLog } from '../../src/partition/types.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { CompressionCodec, patchCrc, sizeInBytes } from '../../protocol/records/batch.ts';
import { type BatchOptions, buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { batchPositions, decodeRecords } from '../../protocol/records/iterate.ts';
import { CLIENT, NOW } from '../support/partitions.ts';
import { turns } from '../support/run-clock.ts';
import { abort, commit } from '../support/transactional-batches.ts';

/** Each batch of these tests is a segment of its own. */
const CONFIGS = { 'cleanup.policy': 'compact', 'internal.segment.bytes': '80', 'min.cleanable.dirty.ratio': '0' };

async function open(configs: Readonly<Record<string, string>> = CONFIGS) {
  const config = createBrokerConfig(new Map([['walka.durability', 'memory']]));
  const catalog = new MemoryCatalog();
  const metadata = await CatalogMetadataStore.open({ catalog, config, random: seededRandom(3) });
  await catalog.start();
  const clock = new ManualClock(NOW);
  const engine = await openEngine({ dataDir: null, clusterId: 'c', clock, random: seededRandom(4) });
  const manager = new StreamPartitionManager({ metadata, engine, config, clock, logger: silentLogger });
  const topic = {
    name: 'a',
    partitionCount: 1,
    replicationFactor: 1,
    assignments: null,
    configs: new Map(Object.entries(configs)),
  };
  await metadata.createTopic(topic);
  const log = manager.get('a', 0) as PartitionLog;
  await log.ready();
  /** Looks once, and waits for what that starts. */
  const compact = async (): Promise<void> => {
    await manager.applyCompaction();
    await turns(50);
  };
  return { metadata, clock, engine, manager, log, compact };
}

/** Appends one batch: `key=value` is a record, `key` alone a tombstone. */
async function write(log: PartitionLog, texts: string, options: BatchOptions = {}): Promise<void> {
  const records = texts.split(' ').map((text) => {
    const [key = '', value] = text.split('=');
    return { key: Buffer.from(key), value: value === undefined ? null : Buffer.from(value), timestampMs: NOW };
  });
  const verification =
    options.isTransactional === true
      ? log.startVerification({
          producerId: options.producerId as bigint,
          producerEpoch: options.producerEpoch as number,
          baseSequence: options.baseSequence as number,
          supportsEpochBump: false,
        })
      : null;
  const { endOffset } = log.append(plainSlice(buildBatch(records, options)), { ...CLIENT, verification });
  await new Promise<void>((resolve, reject) => {
    log.whenCommitted(endOffset, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function read(log: PartitionLog, offset = log.logStartOffset, isolation = 0) {
  const found: string[] = [];
  const { parts, abortedTransactions } = await log.read({
    offset,
    maxBytes: 1e6,
    atLeastOne: true,
    isolation: isolation as IsolationLevel,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  });
  const chunks: Buffer[] = [];
  for (const part of parts) {
    for (const { bytes, owner } of await part.load()) {
      chunks.push(Buffer.from(bytes));
      owner.release();
    }
    part.release();
  }
  const bytes = Buffer.concat(chunks);
  for (const at of batchPositions(bytes)) {
    const batch = bytes.subarray(at, at + sizeInBytes(bytes, at));
    for (const { offset: place, key, value } of await decodeRecords(batch)) {
      found.push(`${place} ${key?.toString('latin1')}${value === null ? '' : `=${value.toString('latin1')}`}`);
    }
  }
  return { records: found, aborted: abortedTransactions };
}

test('old values of a key go, what is kept stays where it was, and the sizes follow', async () => {
  const { log, compact, manager } = await open();
  for (const texts of ['a=1', 'b=1', 'a=2', 'c=1', 'b=2', 'a=3']) await write(log, texts);
  const sizeBefore = log.sizeBytes;
  await compact();
  assert.deepEqual((await read(log)).records, ['2 a=2', '3 c=1', '4 b=2', '5 a=3']);
  assert.deepEqual([log.logStartOffset, log.logEndOffset], [0, 6]);
  assert.equal(await log.epochForOffset(0), 0, 'the log start keeps its epoch although its record is gone');
  assert.equal(log.sizeBytes, (sizeBefore / 6) * 4);
  assert.deepEqual((await read(log, 1)).records[0], '2 a=2', 'a read in a hole goes on behind it');
  assert.deepEqual(
    (await log.offsetForTimestamp(NOW, IsolationLevel.READ_UNCOMMITTED))?.offset,
    2,
    'the first record that is left',
  );
  assert.equal(manager.compactionFigures.passes, 1);
  assert.equal(manager.compactionFigures.recordsBefore - manager.compactionFigures.recordsAfter, 2);
  await compact();
  assert.equal(manager.compactionFigures.passes, 1, 'nothing is dirty any more but the active segment');
  await write(log, 'd=1');
  await write(log, 'd=2');
  await compact();
  assert.deepEqual((await read(log)).records, ['3 c=1', '4 b=2', '5 a=3', '6 d=1', '7 d=2']);
});

const of = (producerId: bigint, baseSequence: number, isTransactional = false): BatchOptions => ({
  producerId,
  producerEpoch: 0,
  baseSequence,
  isTransactional,
});

test('an open transaction holds up what is behind it; once decided, aborted records are gone and hide none', async () => {
  const { log, compact } = await open();
  await write(log, 'a=1');
  await write(log, 'a=2');
  await write(log, 'b=1', of(7n, 0, true));
  await write(log, 'a=3');
  await write(log, 'a=4');
  await compact();
  assert.deepEqual((await read(log)).records, ['1 a=2', '2 b=1', '3 a=3', '4 a=4']);
  abort(log, 7n);
  await turns(2);
  await write(log, 'c=1');
  await compact();
  const { records, aborted } = await read(log, 0, 1);
  assert.deepEqual(
    records.filter((text) => !text.includes('\u0000')),
    ['4 a=4', '6 c=1'],
  );
  assert.deepEqual(
    aborted.map(({ firstOffset }) => firstOffset),
    [2],
  );
});

test('a committed transaction is compacted like other records, and its marker goes in the end', async () => {
  const { log, compact, clock } = await open({ ...CONFIGS, 'delete.retention.ms': '1000' });
  await write(log, 'a=1', of(7n, 0, true));
  commit(log, 7n);
  for (const texts of ['a=2', 'b=1']) await write(log, texts);
  // The producer's last batch stays empty, and its marker with it, until the producer goes on.
  await compact();
  await write(log, 'c=1', of(7n, 1, true));
  commit(log, 7n);
  await write(log, 'c=2');
  await compact();
  await write(log, 'd=1');
  await compact();
  clock.advance(2000);
  await write(log, 'e=1');
  await compact();
  const markers = (await read(log)).records.filter((text) => text.includes('\u0000'));
  assert.equal(markers.length, 1, 'the first marker is gone');
});

test('a retry is known after its batch was compacted, also when producers are read from the log again', async () => {
  const { log, compact } = await open();
  await write(log, 'a=1', of(7n, 0));
  await write(log, 'a=2 a=3', of(7n, 1));
  await write(log, 'a=4');
  await write(log, 'b=1');
  await compact();
  assert.deepEqual((await read(log)).records, ['3 a=4', '4 b=1']);
  const retry = log.append(plainSlice(buildBatch([record('a'), record('a')], of(7n, 1))), CLIENT);
  assert.deepEqual([retry.duplicate, retry.baseOffset], [true, 1]);
});

function record(key: string) {
  return { key: Buffer.from(key), value: Buffer.from('x'), timestampMs: NOW };
}

test('records without a key that a topic had before it was compacted are dropped', async () => {
  const { log, compact, metadata, manager } = await open({ ...CONFIGS, 'cleanup.policy': 'delete' });
  const keyless = buildBatch([{ key: null, value: Buffer.from('x'), timestampMs: NOW }]);
  log.append(plainSlice(keyless), CLIENT);
  await write(log, 'a=1');
  await write(log, 'b=1');
  await metadata.alterTopicConfigs('a', () => new Map(Object.entries(CONFIGS)));
  await compact();
  assert.deepEqual((await read(log)).records, ['1 a=1', '2 b=1']);
  assert.equal(manager.compactionFigures.keylessRecords, 1);
});

test('a topic that is compacted and deleted from loses its oldest segments, too', async () => {
  const { log, compact, manager, clock } = await open({
    ...CONFIGS,
    'cleanup.policy': 'compact,delete',
    'retention.ms': '1000',
  });
  for (const texts of ['a=1', 'b=1', 'a=2', 'c=1']) await write(log, texts);
  await compact();
  assert.deepEqual((await read(log)).records, ['1 b=1', '2 a=2', '3 c=1']);
  clock.advance(2000);
  await manager.applyRetention();
  assert.equal(log.logStartOffset, 4);
  for (const texts of ['a=3', 'a=4', 'b=2']) await write(log, texts);
  await compact();
  assert.deepEqual((await read(log)).records, ['5 a=4', '6 b=2']);
});

test('what is read while a partition is compacted can be read to the end', async () => {
  const { log, compact } = await open();
  for (const texts of ['a=1', 'a=2', 'b=1', 'c=1']) await write(log, texts);
  const { parts } = await log.read({
    offset: 0,
    maxBytes: 1e6,
    atLeastOne: true,
    isolation: IsolationLevel.READ_UNCOMMITTED,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  });
  await compact();
  let byteLength = 0;
  for (const part of parts) {
    for (const { bytes, owner } of await part.load()) {
      byteLength += bytes.length;
      owner.release();
    }
    part.release();
  }
  assert.equal(byteLength, 4 * buildBatch([record('a')]).length);
  assert.deepEqual((await read(log)).records, ['1 a=2', '2 b=1', '3 c=1']);
});

test('a partition that cannot be read is left whole and said to be so, and others are compacted', async () => {
  const { log, compact, metadata, manager } = await open({ ...CONFIGS, 'cleanup.policy': 'delete' });
  // Nobody looks at the records of a topic that is not compacted where only headers are checked.
  const broken = buildBatch([record('a')]);
  broken[61] = 0x7f;
  patchCrc(broken, 0);
  assert.equal(log.append(plainSlice(broken), { ...CLIENT, origin: 'coordinator' }).baseOffset, 0);
  await turns(2);
  for (const texts of ['a=1', 'a=2']) await write(log, texts);
  await metadata.alterTopicConfigs('a', () => new Map(Object.entries(CONFIGS)));
  const other = { name: 'b', partitionCount: 1, replicationFactor: 1, assignments: null };
  await metadata.createTopic({ ...other, configs: new Map(Object.entries(CONFIGS)) });
  const sound = manager.get('b', 0) as PartitionLog;
  await sound.ready();
  for (const texts of ['a=1', 'a=2', 'a=3']) await write(sound, texts);
  const sizeBefore = log.sizeBytes;
  await compact();
  await compact();
  assert.equal(log.sizeBytes, sizeBefore);
  assert.equal(manager.compactionFigures.uncleanablePartitions, 1);
  assert.equal(manager.compactionFigures.uncleanableBytes, sizeBefore);
  assert.deepEqual((await read(sound)).records, ['1 a=2', '2 a=3']);
  await write(log, 'a=3');
  assert.equal(log.logEndOffset, 4, 'it takes records all the same');
});

test('batches that expand to much are gone through in slices', async () => {
  const { log, clock, manager } = await open({ ...CONFIGS, 'internal.segment.bytes': '1000' });
  const record = { key: Buffer.from('k'), value: Buffer.alloc(900_000), timestampMs: NOW };
  for (let i = 0; i < 10; i++) {
    const slice = plainSlice(await buildCompressedBatch([record], { compression: CompressionCodec.GZIP }));
    log.append((await log.prepare(slice, CLIENT)) ?? slice, CLIENT);
  }
  await turns(5);
  await manager.applyCompaction();
  let slices = 0;
  for (; manager.compactionFigures.passes === 0 && slices < 100; slices++) {
    await turns(20);
    clock.advance(1);
  }
  // Two passes over what is not in the active segment, two batches to a slice.
  assert.ok(slices >= 8, `${slices} slices`);
  assert.equal(manager.compactionFigures.recordsBefore - manager.compactionFigures.recordsAfter, 8);
});

test('a batch of very many records is gone through in slices', async () => {
  const { log, clock, manager } = await open({ ...CONFIGS, 'internal.segment.bytes': '500000' });
  const records = Array.from({ length: 50_000 }, () => ({ key: Buffer.from('k'), value: null, timestampMs: NOW }));
  log.append(plainSlice(buildBatch(records)), CLIENT);
  log.append(plainSlice(buildBatch(records)), CLIENT);
  await turns(5);
  await manager.applyCompaction();
  let slices = 0;
  for (; manager.compactionFigures.passes === 0 && slices < 100; slices++) {
    await turns(20);
    clock.advance(1);
  }
  assert.ok(slices >= 2 + 2, `${slices} slices`);
  assert.equal(manager.compactionFigures.recordsBefore - manager.compactionFigures.recordsAfter, 49_999);
});
