/**
 * Writes a data directory and says what must be read back from it: `node make.ts NAME`. Each release keeps one of its own
 * here; those of earlier ones are never written again.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '../../../protocol/crc32c.ts';
import { plainSlice } from '../../../src/base/counted.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { openCatalog } from '../../../src/storage/catalog/open.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import { append, readAll } from '../../support/batches.ts';

const CLUSTER = 'GoldenClusterGoldenClu';
const FILE_BYTES = 16 * 1024;

const name = process.argv[2] ?? '';
const home = join(import.meta.dirname, name);
const dataDir = join(home, 'stopped');
rmSync(home, { recursive: true, force: true });
mkdirSync(home, { recursive: true });

async function open() {
  const catalog = await openCatalog(dataDir);
  const image = await catalog.load(CLUSTER);
  const engine = await openEngine({
    dataDir,
    clusterId: image.clusterId,
    witness: catalog.witness,
    maxSegmentSize: FILE_BYTES,
    deleteGraceMs: 0,
    random: seededRandom(image.starts),
  });
  await catalog.start(engine, { epoch: 1, levels: new Map([['metadata.version', 30]]) });
  return { catalog, engine };
}

/** Batches of all kinds: some large, some transactional, with and without times. */
async function fill(engine: Engine, stream: number, count: number, epoch: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { logEndOffset } = engine.state(stream);
    const isMarker = stream === 3 && i % 5 === 4;
    await append(engine, stream, {
      records: isMarker ? 1 : 1 + (i % 3),
      leaderEpoch: epoch,
      maxTimestampMs: i % 7 === 0 ? -1 : 1_700_000_000_000 + 1000 * i,
      bodyBytes: isMarker ? 17 : i % 9 === 0 ? 5000 : 40 + 10 * (i % 30),
      ...(isMarker && { abortedFrom: logEndOffset - 3 }),
    });
  }
}

/** An entry that is no record batch. */
function appendText(engine: Engine, stream: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.append({
      stream,
      baseOffset: engine.state(stream).logEndOffset,
      offsetCount: 1,
      leaderEpoch: 1,
      maxTimestampMs: 1_700_000_000_000,
      payload: plainSlice(Buffer.from(text)),
      isOpaque: true,
      durability: 'fsync',
      onCommit: (error) => (error === null ? resolve() : reject(error)),
    });
  });
}

async function expectedOf(engine: Engine, stream: number): Promise<unknown> {
  const state = engine.state(stream);
  const aborted = await engine.abortedTransactions(stream, state.logStartOffset, state.logEndOffset);
  const snapshot = await engine.readSnapshot(stream);
  const found = await engine.findByTimestamp(stream, 1_700_000_012_000, state.logStartOffset, state.logEndOffset);
  return {
    stream,
    ...state,
    crc: crc32c(await readAll(engine, stream)),
    epochs: await engine.leaderEpochs(stream),
    aborted: aborted.map((one) => ({ ...one, producerId: String(one.producerId) })),
    snapshot: snapshot === null ? null : { offset: snapshot.offset, text: snapshot.bytes.toString() },
    foundOffset: found?.baseOffset ?? null,
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const first = await open();
await first.catalog.createTopic('orders', 'AAAAAAAAAAAAAAAAAAAAAB', 2, new Map([['retention.ms', '86400000']]));
await first.catalog.createTopic('payments', 'AAAAAAAAAAAAAAAAAAAAAC', 1, new Map());
await first.catalog.createTopic('gone', 'AAAAAAAAAAAAAAAAAAAAAD', 1, new Map());
await first.catalog.createTopic(
  '__consumer_offsets',
  'AAAAAAAAAAAAAAAAAAAAAE',
  1,
  new Map([['cleanup.policy', 'compact']]),
);
for (const stream of [1, 2, 3, 4]) first.engine.createStream(stream);
first.engine.createStream(5, { internal: true });
for (const stream of [1, 2, 3, 4, 5]) await fill(first.engine, stream, 25, 0);
first.engine.writeSnapshot(3, first.engine.state(3).logEndOffset, Buffer.from('producers of stream 3'));
await first.catalog.deleteTopic('gone');
await first.engine.deleteStream(4);
await first.catalog.endDeletion('AAAAAAAAAAAAAAAAAAAAAD');
await first.engine.trim(1, first.engine.state(1).logEndOffset - 4);
await first.engine.trim(2, 3);
await first.engine.seal();
await pause(800); // dead files go, and one becomes the next
await fill(first.engine, 2, 20, 0);
await first.engine.close();
await first.catalog.ended(first.engine.end);
await first.catalog.close();

const second = await open();
for (const stream of [1, 3, 5]) await fill(second.engine, stream, 12, 1);
for (let i = 0; i < 30; i++)
  await appendText(second.engine, 2, `{"event":${i},"text":"${'what compresses well '.repeat(40)}"}`);
await second.engine.seal();
for (let i = 0; i < 300 && second.engine.stats().segmentFiles === 0; i++) await pause(100);
await pause(5000); // more of them, and what they are made of goes
await second.engine.flush();
const streams = [];
for (const stream of [1, 2, 3, 5]) streams.push(await expectedOf(second.engine, stream));
// As after kill -9: the catalog with a log of its own, the journal with space made ready.
cpSync(dataDir, join(home, 'killed'), { recursive: true });
await second.engine.close();
await second.catalog.ended(second.engine.end);
await second.catalog.close();
for (const directory of [dataDir, join(home, 'killed')]) {
  for (const file of ['catalog.reserve', 'journal/reserve', 'journal/spare', 'journal/spare.recycled'])
    rmSync(join(directory, file), { force: true });
}
const topics = ['__consumer_offsets', 'orders', 'payments'];
writeFileSync(join(home, 'expected.json'), `${JSON.stringify({ clusterId: CLUSTER, topics, streams }, null, 2)}\n`);
