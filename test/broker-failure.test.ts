/** A broker whose disk fails or fills up: what clients see, and that the process lives. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ErrorCode } from '../protocol/errors.ts';
import { type Clock, systemClock } from '../src/base/clock.ts';
import { ManualClock } from '../src/base/manual-clock.ts';
import { seededRandom } from '../src/base/random.ts';
import { type RunningBroker, startBrokerServer } from '../src/broker.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import type { OpenFile, OpenMode } from '../src/storage/files/files.ts';
import {
  batchOf,
  Fetch,
  fetched,
  fetchRequest,
  onlyProduced,
  Produce,
  produce,
  produceRequest,
} from './support/data-apis.ts';
import { FaultyDisk } from './support/faulty-disk.ts';
import { WireClient } from './support/wire-client.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-failure-'));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Started extends AsyncDisposable {
  readonly disk: FaultyDisk;
  readonly broker: RunningBroker;
  readonly client: WireClient;
  readonly failures: readonly Error[];
  errorOfProduce(): Promise<number>;
}

async function ask({ metricsPort }: RunningBroker, path: string): Promise<{ status: number; body: string }> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}${path}`);
  return { status: answer.status, body: await answer.text() };
}

/** The words of /readyz. */
function reasonsOf(body: string): string[] {
  return (JSON.parse(body) as { reasons: { reason: string }[] }).reasons.map(({ reason }) => reason);
}

async function start(settings: Record<string, string> = {}, clock: Clock = systemClock): Promise<Started> {
  const disk = new FaultyDisk(seededRandom(1));
  const failures: Error[] = [];
  const values = {
    listeners: 'PLAINTEXT://127.0.0.1:0',
    'log.dirs': mkdtempSync(join(directory, 'data-')),
    'walka.metrics.port': '0',
    ...settings,
  };
  const broker = await startBrokerServer({
    config: createBrokerConfig(new Map(Object.entries(values))),
    topics: [{ name: 'a' }],
    files: disk,
    clock,
    onFailure: (error) => failures.push(error),
  });
  const client = await WireClient.open(broker.listeners[0]?.port ?? 0);
  return {
    disk,
    broker,
    client,
    failures,
    async errorOfProduce() {
      return onlyProduced(await client.call(Produce, 9, produceRequest('a', 0, batchOf(['x'])))).errorCode;
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await broker.close();
    },
  };
}

test('after a failed sync writes are refused for good, the owner is told once, and reads go on', async () => {
  await using started = await start({ 'walka.durability': 'fsync' });
  const { disk, broker, client, failures } = started;
  await produce(client, 'a', 0, 'kept');
  disk.failing.set('datasync', 'EIO');
  assert.equal(await started.errorOfProduce(), ErrorCode.KAFKA_STORAGE_ERROR);
  disk.failing.clear();
  assert.equal(await started.errorOfProduce(), ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(failures.length, 1);
  const [read] = fetched(await client.call(Fetch, 12, fetchRequest('a', [{ partition: 0 }])));
  assert.deepEqual([read?.errorCode, read?.highWatermark], [0, 1]);
  assert.equal((await ask(broker, '/healthz')).status, 503);
  assert.equal((await ask(broker, '/livez')).status, 503);
  const ready = await ask(broker, '/readyz');
  assert.deepEqual([ready.status, reasonsOf(ready.body)], [503, ['journal-failed']]);
});

test('a full disk refuses writes, tells nobody that it is over, and writes go on once there is room', async () => {
  const clock = new ManualClock();
  await using started = await start({}, clock);
  const { disk, broker, client, failures } = started;
  await produce(client, 'a', 0, 'kept');
  disk.failing.set('write', 'ENOSPC');
  let refused = await started.errorOfProduce();
  // Space is made ready ahead: small writes fit for a while.
  for (let i = 0; refused === 0 && i < 100; i++) refused = await started.errorOfProduce();
  assert.equal(refused, ErrorCode.KAFKA_STORAGE_ERROR);
  const full = await ask(broker, '/readyz');
  assert.deepEqual([full.status, reasonsOf(full.body)], [503, ['disk-full']]);
  assert.equal((await ask(broker, '/livez')).status, 200);
  disk.failing.clear();
  let error = await started.errorOfProduce();
  for (let i = 0; error !== 0 && i < 100; i++) {
    clock.advance(100);
    error = await started.errorOfProduce();
  }
  assert.equal(error, ErrorCode.NONE);
  assert.equal(failures.length, 0);
});

/** Takes the first bytes of a journal file, and no more. */
class DiskOfSmallJournals extends FaultyDisk {
  override async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await super.open(path, mode);
    if (!path.endsWith('.wal')) return file;
    const check = (buffers: readonly Buffer[], position: number): void => {
      const end = buffers.reduce((sum, { length }) => sum + length, position);
      if (end > 1024 * 1024) throw Object.assign(new Error('EFBIG: file too large'), { code: 'EFBIG' });
    };
    return {
      ...file,
      writeSync: (buffers, position) => (check(buffers, position), file.writeSync(buffers, position)),
      write: async (buffers, position) => (check(buffers, position), file.write(buffers, position)),
    };
  }
}

test('a broker whose journal fails while it opens does not start', async () => {
  const values = { listeners: 'PLAINTEXT://127.0.0.1:0', 'log.dirs': mkdtempSync(join(directory, 'data-')) };
  const starting = startBrokerServer({
    config: createBrokerConfig(new Map(Object.entries(values))),
    files: new DiskOfSmallJournals(seededRandom(1)),
  });
  await assert.rejects(
    starting.then((broker) => broker.close()),
    { code: 'POISONED', message: /EFBIG/ },
  );
});
