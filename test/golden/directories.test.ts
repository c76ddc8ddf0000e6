/** Data directories that earlier releases wrote, and this one: everything in them reads back, and they are written on. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { crc32c } from '../../protocol/crc32c.ts';
import { openCatalog } from '../../src/storage/catalog/open.ts';
import { type Engine, openEngine } from '../../src/storage/open-engine.ts';
import { append, readAll } from '../support/batches.ts';

interface ExpectedStream {
  readonly stream: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly liveBytes: number;
  readonly crc: number;
  readonly epochs: readonly { leaderEpoch: number; startOffset: number }[];
  readonly aborted: readonly { producerId: string; firstOffset: number }[];
  readonly snapshot: { readonly offset: number; readonly text: string } | null;
  readonly foundOffset: number | null;
}

interface Expected {
  readonly clusterId: string;
  readonly topics: readonly string[];
  readonly streams: readonly ExpectedStream[];
}

const corpus = join(import.meta.dirname, 'directories');
const root = mkdtempSync(join(tmpdir(), 'walka-golden-'));
after(() => rmSync(root, { recursive: true, force: true }));

async function check(engine: Engine, expected: ExpectedStream): Promise<void> {
  const { stream, logStartOffset, logEndOffset, liveBytes } = expected;
  const state = engine.state(stream);
  assert.deepEqual(
    [state.logStartOffset, state.logEndOffset, state.liveBytes],
    [logStartOffset, logEndOffset, liveBytes],
  );
  assert.equal(crc32c(await readAll(engine, stream)), expected.crc, `the bytes of stream ${stream}`);
  assert.equal(crc32c(await readAll(engine, stream, logStartOffset, 1)), expected.crc, 'batch by batch');
  assert.deepEqual(await engine.leaderEpochs(stream), expected.epochs);
  const aborted = await engine.abortedTransactions(stream, logStartOffset, logEndOffset);
  assert.deepEqual(
    aborted.map((one) => ({ ...one, producerId: String(one.producerId) })),
    expected.aborted,
  );
  const snapshot = await engine.readSnapshot(stream);
  assert.equal(snapshot?.bytes.toString(), expected.snapshot?.text);
  const found = await engine.findByTimestamp(stream, 1_700_000_012_000, logStartOffset, logEndOffset);
  assert.equal(found?.baseOffset ?? null, expected.foundOffset);
}

for (const release of readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'expected.json')))) {
  for (const kind of ['stopped', 'killed']) {
    test(`a directory of ${release} (${kind}) opens, reads back and is written on`, async () => {
      const expected = JSON.parse(readFileSync(join(corpus, release, 'expected.json'), 'utf8')) as Expected;
      const dataDir = join(root, `${release}-${kind}`);
      cpSync(join(corpus, release, kind), dataDir, { recursive: true });
      for (let start = 1; start <= 2; start++) {
        await using catalog = await openCatalog(dataDir);
        const image = await catalog.load('another');
        assert.equal(image.clusterId, expected.clusterId);
        assert.deepEqual(image.topics.map(({ name }) => name).sort(), expected.topics);
        const engine = await openEngine({ dataDir, clusterId: image.clusterId, witness: catalog.witness });
        await catalog.start(engine);
        for (const stream of expected.streams) {
          if (start === 1) await check(engine, stream);
          else assert.equal(engine.state(stream.stream).logEndOffset, stream.logEndOffset + 1);
          await append(engine, stream.stream);
        }
        await engine.close();
        await catalog.ended(engine.end);
      }
    });
  }
}
