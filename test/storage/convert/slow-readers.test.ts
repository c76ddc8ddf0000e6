/** Readers in order on a slow disk, while journal files become segments and go under what was read ahead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../../src/base/clock.ts';
import { seededRandom, type Random } from '../../../src/base/random.ts';
import type { OpenFile, OpenMode } from '../../../src/storage/files/files.ts';
import type { StreamRead } from '../../../src/storage/types.ts';
import { append } from '../../support/batches.ts';
import { ConvertingEngine } from '../../support/converting-engine.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';

const STREAMS = [1, 2, 3];
const ROUNDS = 60;
const READ_MS = 5;

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(ms, () => resolve());
  });
}

/** Every read takes so long that what follows is read ahead. */
class SlowDisk extends FaultyDisk {
  clock: Clock | null = null;

  override async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await super.open(path, mode);
    const read = async (into: Buffer, position: number): Promise<number> => {
      if (this.clock !== null) await pause(this.clock, READ_MS);
      return await file.read(into, position);
    };
    return { ...file, read };
  }
}

/** Loads part by part, like a client that takes its time; gives all bytes. */
async function takeSlowly({ parts }: StreamRead, clock: Clock, random: Random): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const promised = parts.map(({ byteLength }) => byteLength);
  for (const [row, part] of parts.entries()) {
    await pause(clock, random.int(3) === 0 ? random.int(4000) : 1);
    let byteLength = 0;
    for (const { bytes, owner } of await part.load()) {
      byteLength += bytes.length;
      chunks.push(Buffer.from(bytes));
      owner.release();
    }
    assert.deepEqual([byteLength, part.byteLength], [promised[row], promised[row]]);
    part.release();
  }
  return Buffer.concat(chunks);
}

test('readers in order on a slow disk find every byte while files become segments', async () => {
  const random = seededRandom(1);
  const disk = new SlowDisk(seededRandom(2));
  const options = { maxSegmentSize: 120_000, cacheBytes: 50_000, pageCacheBytes: 0 };
  const world = await ConvertingEngine.open(disk, undefined, options);
  const { clock, engine } = world;
  disk.clock = clock;
  const written = new Map(STREAMS.map((stream) => [stream, [] as Buffer[]]));
  const writing = { isOver: false };
  /** From the beginning to the end, again and again. */
  const read = async (stream: number): Promise<void> => {
    const batches = written.get(stream) as Buffer[];
    for (let at = 0; !writing.isOver; ) {
      await pause(clock, 1);
      if (at === batches.length) at = 0;
      const range = { stream, offset: at, endOffset: batches.length };
      const found = await engine.read({ ...range, maxBytes: 70_000 + random.int(300_000), atLeastOne: true });
      const expected = Buffer.concat(batches.slice(at, found.endOffset));
      assert.ok((await takeSlowly(found, clock, random)).equals(expected), `stream ${stream} from ${at}`);
      at = found.endOffset;
    }
  };
  for (const stream of STREAMS) engine.createStream(stream);
  const readers = Promise.allSettled([...STREAMS, ...STREAMS].map(read));
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 6; i++) {
      const stream = STREAMS[random.int(STREAMS.length)] as number;
      const bodyBytes = random.int(4) === 0 ? 20_000 + random.int(60_000) : 1 + random.int(9000);
      written.get(stream)?.push(await world.until(append(engine, stream, { bodyBytes })));
    }
    await world.pass(random.int(6) === 0 ? 20_000 : 200);
  }
  writing.isOver = true;
  const failures = (await world.until(readers)).flatMap((ended) => (ended.status === 'rejected' ? [ended.reason] : []));
  assert.deepEqual(failures, []);
  assert.ok(world.events('segments-published').length >= 3);
  await world.close();
  assert.equal(disk.openFiles, 0);
});
