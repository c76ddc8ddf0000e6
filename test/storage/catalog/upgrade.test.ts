/** A catalog of the first schema: brought to today's at a start, or refused when it makes no sense. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { checksum } from '../../../src/storage/catalog/rows.ts';
import { SqliteCatalog } from '../../../src/storage/catalog/sqlite.ts';
import { memoryJournal, startCatalog } from '../../support/started-catalog.ts';

const root = mkdtempSync(join(tmpdir(), 'walka-catalog-upgrade-'));
after(() => rmSync(root, { recursive: true }));

const FIRST_SCHEMA = `
  CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
  INSERT INTO schema_version VALUES (1);
  CREATE TABLE cluster (
    only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL, starts INTEGER NOT NULL,
    next_stream INTEGER NOT NULL, next_producer_id INTEGER NOT NULL) STRICT;
  CREATE TABLE topics (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, configs TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE partition_runs (
    topic_id TEXT NOT NULL, first_index INTEGER NOT NULL, count INTEGER NOT NULL, first_stream INTEGER NOT NULL,
    created_at_start INTEGER NOT NULL, PRIMARY KEY (topic_id, first_index)) STRICT, WITHOUT ROWID;
  CREATE TABLE configs (
    resource_type INTEGER NOT NULL, resource_name TEXT NOT NULL, configs TEXT NOT NULL,
    PRIMARY KEY (resource_type, resource_name)) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${0x576c6b61};`;

/** A directory whose catalog an earlier release left. */
function directoryWith(sql: string): string {
  const directory = mkdtempSync(join(root, 'data-'));
  const db = new DatabaseSync(join(directory, 'catalog.db'));
  db.exec(FIRST_SCHEMA + sql);
  db.close();
  return directory;
}

test('what an earlier release stored is there after the upgrade, and after the next start', async () => {
  const directory = directoryWith(`
    INSERT INTO cluster VALUES (1, 'old', 4, 9, 3000);
    INSERT INTO topics VALUES ('A', 'a', '[["retention.ms","5"]]'), ('B', 'b', '[]');
    INSERT INTO partition_runs VALUES ('A', 0, 2, 1, 1), ('A', 2, 1, 8, 3), ('B', 0, 1, 3, 2);
    INSERT INTO configs VALUES (4, '', '[["log.retention.ms","7"]]');`);
  for (const starts of [5, 6]) {
    await using catalog = new SqliteCatalog(directory);
    const image = await startCatalog(catalog, 'another');
    assert.deepEqual([image.clusterId, image.starts, image.deletions], ['old', starts, []]);
    assert.deepEqual(image.configs, [
      { resourceType: 4, resourceName: '', configs: new Map([['log.retention.ms', '7']]) },
    ]);
    assert.deepEqual(
      image.topics.map(({ name, id, configs, partitions }) => [name, id, [...configs], [...partitions]]),
      [
        [
          'a',
          'A',
          [['retention.ms', '5']],
          [
            { index: 0, stream: 1, createdAtStart: 1 },
            { index: 1, stream: 2, createdAtStart: 1 },
            { index: 2, stream: 8, createdAtStart: 3 },
          ],
        ],
        ['b', 'B', [], [{ index: 0, stream: 3, createdAtStart: 2 }]],
      ],
    );
    const { partitions } = await catalog.createTopic(`c${starts}`, `C${starts}`, 1, new Map());
    assert.equal(partitions.at(0)?.stream, starts + 4);
    assert.equal(await catalog.allocateProducerIds(1000), BigInt(3000 + (starts - 5) * 1000));
    await catalog.deleteTopic(`c${starts}`);
    await catalog.endDeletion(`C${starts}`);
  }
});

test('a catalog from before features were kept gets them at its next start, and not again', async () => {
  const directory = directoryWith("INSERT INTO cluster VALUES (1, 'old', 4, 9, 3000);");
  const journal = await memoryJournal();
  const levelsAfter = async (level: number) => {
    await using catalog = new SqliteCatalog(directory);
    await catalog.load('');
    await catalog.start(journal, { epoch: 1, levels: new Map([['metadata.version', level]]) });
    await catalog.close();
    await using next = new SqliteCatalog(directory);
    return (await next.load('')).features?.levels;
  };
  assert.deepEqual(await levelsAfter(32), new Map([['metadata.version', 32]]));
  assert.deepEqual(await levelsAfter(33), new Map([['metadata.version', 32]]));
});

for (const version of [2, 3]) {
  test(`a catalog of schema ${version} is one of today from its next start on`, async () => {
    const directory = directoryWith("INSERT INTO cluster VALUES (1, 'old', 4, 9, 3000);");
    const file = join(directory, 'catalog.db');
    await using made = new SqliteCatalog(directory);
    await startCatalog(made, '');
    await made.close();
    const db = new DatabaseSync(file);
    db.exec(`UPDATE schema_version SET version = ${version}, checksum = ${checksum('schema', '', String(version))}`);
    db.close();
    await using catalog = new SqliteCatalog(directory);
    assert.equal((await startCatalog(catalog, '')).starts, 6);
    await catalog.close();
    const upgraded = new DatabaseSync(file, { readOnly: true });
    assert.equal(upgraded.prepare('SELECT version FROM schema_version').get()?.['version'], 4);
    upgraded.close();
  });
}

test('a catalog of an earlier release that lost a row is refused', async () => {
  const withoutCluster = directoryWith("INSERT INTO topics VALUES ('A', 'a', '[]');");
  await using first = new SqliteCatalog(withoutCluster);
  await assert.rejects(first.load('new'), { code: 'CORRUPT', message: /row of the cluster is missing/ });
  const withoutTopic = directoryWith(`
    INSERT INTO cluster VALUES (1, 'old', 4, 9, 3000);
    INSERT INTO partition_runs VALUES ('A', 0, 2, 1, 1);`);
  await using second = new SqliteCatalog(withoutTopic);
  await assert.rejects(second.load('new'), { code: 'CORRUPT', message: /partitions without a topic/ });
});

test('empty streams that an earlier release left of a deleted topic go, ones with records refuse the start', async () => {
  const directory = directoryWith("INSERT INTO cluster VALUES (1, 'old', 4, 9, 3000);");
  await using catalog = new SqliteCatalog(directory);
  await catalog.load('');
  const journal = await memoryJournal();
  journal.createStream(5);
  await catalog.start(journal);
  assert.ok(!journal.has(5));
});
