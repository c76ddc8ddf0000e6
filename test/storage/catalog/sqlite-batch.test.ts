/** Calls that share a transaction, also when the disk is full. */
import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { decodeTopic } from '../../../src/storage/catalog/rows.ts';
import { SqliteBatches } from '../../../src/storage/catalog/sqlite-batch.ts';
import { SqliteDatabase } from '../../../src/storage/catalog/sqlite-database.ts';
import type { CatalogReply, CatalogRequest } from '../../../src/storage/catalog/sqlite-messages.ts';
import { openDatabase } from '../../../src/storage/catalog/sqlite-schema.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-catalog-batch-'));
let db: DatabaseSync | null = null;

after(() => {
  db?.close();
  rmSync(directory, { recursive: true });
});

function outcome(reply: CatalogReply | undefined): string {
  if (reply === undefined) return 'none';
  return 'error' in reply ? reply.error.code : 'ok';
}

function createTopic(id: number, name: string, valueLength = 0): CatalogRequest {
  return { id, name: 'createTopic', args: [name, `id-${name}`, 1, [['a', 'x'.repeat(valueLength)]]] };
}

describe('a batch of catalog calls', () => {
  it('does what fits when the disk is full, and all again when there is room', () => {
    const opened = openDatabase(directory);
    db = opened.db;
    const batches = new SqliteBatches(opened, 'catalog.db');
    assert.equal(outcome(batches.run([{ id: 0, name: 'load', args: ['cluster'] }])[0]), 'ok');
    const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count']);
    db.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const full = batches.run([
      createTopic(1, 'small'),
      createTopic(2, 'huge', 200_000),
      createTopic(3, 'small'),
      createTopic(4, 'other'),
    ]);
    assert.deepEqual(
      full.map((reply) => [reply.id, outcome(reply)]),
      [
        [1, 'ok'],
        [2, 'DISK_FULL'],
        [3, 'NAME_TAKEN'],
        [4, 'ok'],
      ],
    );
    db.exec('PRAGMA max_page_count = 100000');
    assert.equal(outcome(batches.run([createTopic(5, 'huge', 200_000)])[0]), 'ok');
    const topics = new SqliteDatabase(db).load().rows.map(([, name, text]) => decodeTopic(name, text));
    assert.deepEqual(
      topics.map(({ name, runs }) => [name, runs[0]?.firstStream]),
      [
        ['huge', 3],
        ['other', 2],
        ['small', 1],
      ],
    );
  });
});
