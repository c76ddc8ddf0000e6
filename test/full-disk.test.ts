/**
 * A broker on a real small disk without a free byte: deletions and trims are taken and give space back, starts succeed
 * after kills and clean stops, whatever else the disk holds. The disk is a tmpfs, which takes the rights to mount one.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode } from '../protocol/errors.ts';
import { silentLogger } from '../src/base/logger.ts';
import { systemRandom } from '../src/base/random.ts';
import { rebuildCatalog } from '../src/storage/catalog-rebuild/rebuild.ts';
import { CreateTopics, DeleteTopics } from './support/admin-apis.ts';
import { BrokerProcess } from './support/broker-process.ts';
import {
  batchOf,
  DeleteRecords,
  Fetch,
  fetched,
  fetchRequest,
  onlyProduced,
  Produce,
  produceRequest,
} from './support/data-apis.ts';
import { WireClient } from './support/wire-client.ts';

const MIB = 1024 * 1024;
const directory = mkdtempSync(join(tmpdir(), 'walka-full-disk-'));

function mounted(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const isMounted = mounted();

after(() => {
  if (isMounted) execFileSync('umount', [directory]);
  rmSync(directory, { recursive: true });
});

function freeBytes(): number {
  const { bsize, bavail } = statfsSync(directory);
  return bsize * bavail;
}

/** Somebody else takes every byte that is free. */
function takeAll(): void {
  for (const size of [MIB, 4096]) {
    try {
      for (;;) appendFileSync(join(directory, 'other'), Buffer.alloc(size));
    } catch {
      // No space left.
    }
  }
}

/** A client of a broker on the disk. */
class Rig {
  readonly broker: BrokerProcess;
  client!: WireClient;
  /** Records acknowledged, by topic. */
  readonly taken = new Map<string, number>();

  constructor(broker: BrokerProcess) {
    this.broker = broker;
  }

  async connect(): Promise<this> {
    this.client = await WireClient.open(this.broker.port);
    return this;
  }

  async create(name: string): Promise<number | undefined> {
    const topic = { name, numPartitions: 1, replicationFactor: 1 };
    const { topics } = await this.client.call(CreateTopics, 5, { topics: [topic], timeoutMs: 10_000 });
    return topics[0]?.errorCode;
  }

  async delete(name: string): Promise<void> {
    const { responses } = await this.client.call(DeleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 });
    assert.equal(responses[0]?.errorCode, ErrorCode.NONE, `${name} is deleted: ${responses[0]?.errorMessage}`);
  }

  async trim(name: string, offset: number): Promise<void> {
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }];
    const response = await this.client.call(DeleteRecords, 2, { topics, timeoutMs: 10_000 });
    assert.equal(response.topics[0]?.partitions[0]?.errorCode, ErrorCode.NONE, `${name} is trimmed`);
  }

  async produce(name: string, bytes: number): Promise<{ readonly errorCode: number; readonly errorMessage: string }> {
    const response = await this.client.call(Produce, 9, produceRequest(name, 0, batchOf(['x'.repeat(bytes)])));
    const { errorCode, errorMessage } = onlyProduced(response);
    if (errorCode === ErrorCode.NONE) this.taken.set(name, (this.taken.get(name) ?? 0) + 1);
    return { errorCode, errorMessage: errorMessage ?? '' };
  }

  /** Produces until the disk is full to the last byte; gives why records are refused then. */
  async fill(name: string): Promise<string> {
    for (;;) {
      const { errorCode } = await this.produce(name, 500_000);
      if (errorCode === ErrorCode.NONE) continue;
      assert.equal(errorCode, ErrorCode.KAFKA_STORAGE_ERROR);
      // What was deleted before goes now, and the reserve takes back what the refused record left.
      await delay(2500);
      takeAll();
      await delay(1000);
      if (freeBytes() === 0) return (await this.produce(name, 10)).errorMessage;
    }
  }

  async isTaken(name: string): Promise<boolean> {
    return (await this.produce(name, 10)).errorCode === ErrorCode.NONE;
  }

  /** Waits until writes are taken again. */
  async untilTaken(name: string): Promise<void> {
    const limitMs = performance.now() + 120_000;
    while (!(await this.isTaken(name))) {
      assert.ok(performance.now() < limitMs, `writes go on: ${this.broker.log}`);
      await delay(100);
    }
  }

  async highWatermark(name: string): Promise<number | undefined> {
    const [read] = fetched(await this.client.call(Fetch, 12, fetchRequest(name, [{ partition: 0 }])));
    return Number(read?.highWatermark);
  }
}

test('on a disk without a free byte what frees space works, and so do starts', {
  skip: !isMounted && 'NOT TESTED: no right to mount a small disk',
}, async () => {
  const settings = { 'walka.journal.file.bytes': String(8 * MIB) };
  await using broker = await BrokerProcess.start({ target: 'walka', parentDirectory: directory, settings });
  const rig = await new Rig(broker).connect();
  for (const name of ['big', 'trimmed', 'keep', 'small']) assert.equal(await rig.create(name), ErrorCode.NONE);
  await rig.produce('trimmed', 500_000);
  await rig.produce('keep', 10);
  const refusal = await rig.fill('big');
  assert.match(
    refusal,
    /No space left for the journal: 0\.0 MB are free, .* MB must be for writes to go on \(DISK_FULL\)/,
  );

  // Refused, unless the catalog's log has room in what it took before.
  const created = await rig.create('another');
  if (created !== ErrorCode.NONE) assert.equal(created, ErrorCode.KAFKA_STORAGE_ERROR);
  await rig.delete('small');
  for (const end of ['kill', 'stop'] as const) {
    await broker[end]();
    takeAll();
    await broker.restart();
    await rig.connect();
    assert.equal(await rig.highWatermark('big'), rig.taken.get('big'), `after a ${end}`);
  }
  await rig.trim('trimmed', -1);
  await rig.trim('big', -1);
  await rig.untilTaken('keep');
  assert.equal(await rig.create('new'), ErrorCode.NONE);

  rmSync(join(directory, 'other'));
  await rig.fill('new');
  await rig.delete('new');
  await rig.untilTaken('keep');
  await broker.kill();
  await broker.restart();
  await rig.connect();
  assert.equal(await rig.highWatermark('keep'), rig.taken.get('keep'));
});

test('a catalog is made anew on a disk without a free byte once the reserve for it is deleted', {
  skip: !isMounted && 'NOT TESTED: no right to mount a small disk',
}, async () => {
  rmSync(join(directory, 'other'), { force: true });
  await using broker = await BrokerProcess.start({ target: 'walka', parentDirectory: directory });
  const rig = await new Rig(broker).connect();
  assert.equal(await rig.create('kept'), ErrorCode.NONE);
  await rig.produce('kept', 1000);
  const dataDir = broker.dataDirectory;
  while (!existsSync(join(dataDir, 'catalog.reserve'))) await delay(50);
  await broker.kill();
  const file = join(dataDir, 'catalog.db');
  writeFileSync(file, readFileSync(file).fill(7, 0, 4096));
  takeAll();
  const before = readdirSync(dataDir);
  const rebuild = () => rebuildCatalog({ dataDir, logger: silentLogger, random: systemRandom });
  for (let attempt = 1; attempt <= 2; attempt++) {
    await assert.rejects(rebuild(), { code: 'DISK_FULL', message: /^No space left in .* catalog\.reserve there only/ });
    assert.deepEqual(readdirSync(dataDir), before);
  }
  rmSync(join(dataDir, 'catalog.reserve'));
  assert.deepEqual((await rebuild()).recovered, []);
  takeAll();
  await broker.restart();
  await rig.connect();
  assert.equal(await rig.highWatermark('kept'), rig.taken.get('kept'));
});
