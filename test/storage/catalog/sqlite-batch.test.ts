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

describe('a full disk with a reserve', () => {
  it('gives of it to what frees space, and to nothing that makes more', () => {
    const directory = mkdtempSync(join(tmpdir(), 'walka-catalog-reserve-'));
    const database = openDatabase(directory);
    const full = database.db;
    try {
      let pages = Number.POSITIVE_INFINITY;
      let pieces = 2;
      const given: string[] = [];
      const give = (call: string): boolean => {
        given.push(call);
        if (pieces === 0) return false;
        pieces -= 1;
        pages += 10;
        full.exec(`PRAGMA max_page_count = ${pages}`);
        return true;
      };
      const batches = new SqliteBatches(database, 'catalog.db', give);
      assert.equal(outcome(batches.run([{ id: 0, name: 'load', args: ['cluster'] }, createTopic(1, 'a')])[1]), 'ok');
      pages = Number(full.prepare('PRAGMA page_count').get()?.['page_count']);
      full.exec(`PRAGMA max_page_count = ${pages}`);
      const setConfigs: CatalogRequest = { id: 3, name: 'setConfigs', args: [4, '', [['a', 'x'.repeat(60_000)]]] };
      const replies = batches.run([createTopic(2, 'huge', 60_000), setConfigs, createTopic(4, 'large', 60_000)]);
      assert.deepEqual(replies.map(outcome), ['DISK_FULL', 'ok', 'DISK_FULL']);
      assert.deepEqual(given, ['setConfigs', 'setConfigs']);
      assert.match('error' in (replies[0] ?? {}) ? JSON.stringify(replies[0]) : '', /No space left for catalog\.db/);
      assert.equal(
        outcome(batches.run([{ ...setConfigs, args: [4, 'other', [['a', 'x'.repeat(60_000)]]] }])[0]),
        'DISK_FULL',
      );
    } finally {
      full.close();
      rmSync(directory, { recursive: true });
    }
  });
});
