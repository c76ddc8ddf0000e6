/** What every catalog must do, and what the one on disk must do besides. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { MemoryCatalog } from '../../../src/storage/catalog/memory.ts';
import { checksum } from '../../../src/storage/catalog/rows.ts';
import { SqliteCatalog } from '../../../src/storage/catalog/sqlite.ts';
import type { Catalog } from '../../../src/storage/catalog/types.ts';
import { startCatalog } from '../../support/started-catalog.ts';

const directories: string[] = [];

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'walka-catalog-'));
  directories.push(directory);
  return directory;
}

after(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

const CLUSTER = 'q1Sh-9_ISia_zwGINzRvyQ';
const NONE = new Map<string, string>();

function failsWith(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Error && 'code' in error && error.code === code;
}

/** `open` gives a catalog; `reopen` one over the same content after the first was closed. */
function contract(kind: string, make: () => { open(): Catalog; reopen(catalog: Catalog): Catalog }): void {
  describe(`the ${kind} catalog`, () => {
    it('starts empty, counting its first start', async () => {
      await using catalog = make().open();
      const image = await startCatalog(catalog, CLUSTER);
      assert.deepEqual(image, {
        clusterId: CLUSTER,
        starts: 1,
        topics: [],
        configs: [],
        deletions: [],
        features: null,
      });
    });

    it('gives back after a restart what was stored', async () => {
      const { open, reopen } = make();
      const first = open();
      await startCatalog(first, CLUSTER);
      const created = await first.createTopic('a', 'AAAAAAAAAAAAAAAAAAAAAw', 3, new Map([['retention.ms', '5']]));
      assert.deepEqual(
        created.partitions.map(({ index, createdAtStart }) => [index, createdAtStart]),
        [
          [0, 1],
          [1, 1],
          [2, 1],
        ],
      );
      await first.setConfigs(4, '', new Map([['log.retention.ms', '7']]));
      await first.setConfigs(4, '1', new Map([['log.retention.ms', '8']]));
      await first.setConfigs(4, '1', NONE);
      await first.setFeatures({ epoch: 2, levels: new Map([['metadata.version', 33]]) });
      await first.close();

      await using second = reopen(first);
      const image = await startCatalog(second, 'another');
      assert.equal(image.clusterId, CLUSTER);
      assert.equal(image.starts, 2);
      assert.deepEqual(image.topics, [created]);
      assert.deepEqual(image.configs, [
        { resourceType: 4, resourceName: '', configs: new Map([['log.retention.ms', '7']]) },
      ]);
      assert.deepEqual(image.features, { epoch: 2, levels: new Map([['metadata.version', 33]]) });
      const grown = await second.addPartitions('a', 5);
      assert.deepEqual(grown.partitions.slice(0, 3), [...created.partitions]);
      assert.deepEqual(
        grown.partitions.slice(3).map(({ index, createdAtStart }) => [index, createdAtStart]),
        [
          [3, 2],
          [4, 2],
        ],
      );
      await second.setTopicConfigs('a', new Map([['retention.ms', '6']]));
      await second.deleteTopic('a');
    });

    it('never gives out a stream again, not even after a restart', async () => {
      const { open, reopen } = make();
      const seen = new Set<number>();
      let catalog = open();
      for (let round = 0; round < 3; round++) {
        await startCatalog(catalog, CLUSTER);
        await catalog.createTopic('a', `AAAAAAAAAAAAAAAAAAAA${round}w`, 4, NONE);
        const { partitions } = await catalog.addPartitions('a', 6);
        for (const { stream } of partitions) {
          assert.ok(stream > 0 && !seen.has(stream));
          seen.add(stream);
        }
        await catalog.deleteTopic('a');
        await catalog.close();
        catalog = reopen(catalog);
      }
      await catalog.close();
      assert.equal(seen.size, 18);
    });

    it('never gives out a producer id again', async () => {
      const { open, reopen } = make();
      const first = open();
      await startCatalog(first, CLUSTER);
      assert.equal(await first.allocateProducerIds(1000), 0n);
      assert.equal(await first.allocateProducerIds(1000), 1000n);
      await first.close();
      await using second = reopen(first);
      await startCatalog(second, CLUSTER);
      assert.equal(await second.allocateProducerIds(10), 2000n);
    });

    it('refuses a taken name and unknown ids, and goes on', async () => {
      await using catalog = make().open();
      await startCatalog(catalog, CLUSTER);
      const calls = await Promise.allSettled([
        catalog.createTopic('a', 'AAAAAAAAAAAAAAAAAAAAAw', 1, NONE),
        catalog.createTopic('a', 'AAAAAAAAAAAAAAAAAAAABw', 1, NONE),
        catalog.deleteTopic('c'),
        catalog.setTopicConfigs('c', NONE),
        catalog.createTopic('b', 'AAAAAAAAAAAAAAAAAAAAFw', 1, NONE),
      ]);
      const outcomes = calls.map((call) => (call.status === 'fulfilled' ? 'ok' : String(call.reason.code)));
      assert.deepEqual(outcomes, ['ok', 'NAME_TAKEN', 'NOT_FOUND', 'NOT_FOUND', 'ok']);
    });

    it('refuses calls after it was closed', async () => {
      const catalog = make().open();
      await startCatalog(catalog, CLUSTER);
      await catalog.close();
      await catalog.close();
      await assert.rejects(catalog.allocateProducerIds(1), failsWith('CLOSED'));
    });
  });
}

contract('memory', () => ({ open: () => new MemoryCatalog(), reopen: (catalog) => catalog }));
contract('SQLite', () => {
  const directory = newDirectory();
  return { open: () => new SqliteCatalog(directory), reopen: () => new SqliteCatalog(directory) };
});

describe('the SQLite catalog and its directory', () => {
  it('makes a missing directory', async () => {
    await using catalog = new SqliteCatalog(join(newDirectory(), 'deep', 'data'));
    assert.equal((await startCatalog(catalog, CLUSTER)).starts, 1);
  });

  it('is refused while another one has the directory open', async () => {
    const directory = newDirectory();
    await using first = new SqliteCatalog(directory);
    await startCatalog(first, CLUSTER);
    await using second = new SqliteCatalog(directory);
    await assert.rejects(startCatalog(second, CLUSTER), failsWith('LOCKED'));
    await first.close();
    await using third = new SqliteCatalog(directory);
    assert.equal((await startCatalog(third, CLUSTER)).starts, 2);
  });

  it("refuses a data directory of Apache Kafka's", async () => {
    const directory = newDirectory();
    writeFileSync(join(directory, 'meta.properties'), 'version=1\n');
    await using catalog = new SqliteCatalog(directory);
    await assert.rejects(startCatalog(catalog, CLUSTER), failsWith('FOREIGN'));
  });

  it('takes a directory in which nothing but its own reserve was left', async () => {
    const directory = newDirectory();
    writeFileSync(join(directory, 'catalog.reserve'), Buffer.alloc(1000));
    await using catalog = new SqliteCatalog(directory);
    assert.equal((await startCatalog(catalog, CLUSTER)).starts, 1);
  });

  it('refuses a file that is no database and one of another program', async () => {
    const broken = newDirectory();
    writeFileSync(join(broken, 'catalog.db'), Buffer.alloc(8192, 7));
    await using first = new SqliteCatalog(broken);
    await assert.rejects(startCatalog(first, CLUSTER), failsWith('CORRUPT'));

    const foreign = newDirectory();
    const db = new DatabaseSync(join(foreign, 'catalog.db'));
    db.exec('CREATE TABLE other (x)');
    db.close();
    await using second = new SqliteCatalog(foreign);
    await assert.rejects(startCatalog(second, CLUSTER), failsWith('FOREIGN'));
  });

  it('refuses a file of a newer release and leaves it alone', async () => {
    const directory = newDirectory();
    await using catalog = new SqliteCatalog(directory);
    await startCatalog(catalog, CLUSTER);
    await catalog.close();
    const db = new DatabaseSync(join(directory, 'catalog.db'));
    db.exec(`UPDATE schema_version SET version = 99, checksum = ${checksum('schema', '', '99')}`);
    db.close();
    await using newer = new SqliteCatalog(directory);
    await assert.rejects(startCatalog(newer, CLUSTER), failsWith('TOO_NEW'));
    await newer.close();
    const check = new DatabaseSync(join(directory, 'catalog.db'));
    assert.deepEqual({ ...check.prepare('SELECT version FROM schema_version').get() }, { version: 99 });
    const { text } = check.prepare("SELECT text FROM rows WHERE kind = 'cluster'").get() ?? {};
    assert.equal((JSON.parse(String(text)) as { starts: number }).starts, 1);
    check.close();
  });

  it('refuses rows that were changed, removed or put back behind its back, and says so', async () => {
    const id = 'AAAAAAAAAAAAAAAAAAAAAw';
    const old = JSON.stringify([id, [['retention.ms', '5']], [[0, 1, 1, 1]]]);
    for (const [sql, reason] of [
      [
        "UPDATE rows SET text = replace(text, '6', '7') WHERE kind = 'topic'",
        /the row of topic a is not as it was written/,
      ],
      ["DELETE FROM rows WHERE kind = 'topic'", /rows are missing/],
      [
        `UPDATE rows SET text = '${old}', checksum = ${checksum('topic', 'a', old)} WHERE key = 'a'`,
        /rows are missing/,
      ],
      ["DELETE FROM rows WHERE kind = 'cluster'", /the row of the cluster is missing/],
      ["DELETE FROM rows WHERE kind = 'end'", /the row of the end is missing/],
      ['UPDATE schema_version SET version = 1', /the version of its schema is not as it was written/],
      ['DROP TABLE rows', /no such table/],
    ] as const) {
      const directory = newDirectory();
      await using catalog = new SqliteCatalog(directory);
      await startCatalog(catalog, CLUSTER);
      await catalog.createTopic('a', id, 1, new Map([['retention.ms', '5']]));
      await catalog.setTopicConfigs('a', new Map([['retention.ms', '6']]));
      await catalog.close();
      const db = new DatabaseSync(join(directory, 'catalog.db'));
      db.exec(sql);
      db.close();
      await using damaged = new SqliteCatalog(directory);
      await assert.rejects(damaged.load(CLUSTER), { code: 'CORRUPT', message: reason }, sql);
    }
  });

  it('stores many calls made at once, each on its own terms', async () => {
    await using catalog = new SqliteCatalog(newDirectory());
    await startCatalog(catalog, CLUSTER);
    const names = Array.from({ length: 1000 }, (_, i) => `topic-${i % 900}`);
    const calls = await Promise.allSettled(names.map((name, i) => catalog.createTopic(name, `id-${i}`, 2, NONE)));
    assert.equal(calls.filter((call) => call.status === 'fulfilled').length, 900);
  });
});
