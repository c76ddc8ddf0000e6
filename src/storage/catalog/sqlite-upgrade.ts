/** Takes a catalog of the first schema, whose tables had no checksums, to the one of today. */
import type { DatabaseSync } from 'node:sqlite';
import {
  addToDigest,
  checksum,
  type ClusterRow,
  type ConfigPairs,
  configKey,
  encodeTopic,
  newCluster,
  type PartitionRun,
  type StoredRow,
} from './rows.ts';
import { DamagedRow, SqliteDatabase } from './sqlite-database.ts';

/** Partitions by topic id. */
function readRuns(db: DatabaseSync): Map<string, PartitionRun[]> {
  const runs = new Map<string, PartitionRun[]>();
  for (const row of db.prepare('SELECT * FROM partition_runs ORDER BY topic_id, first_index').iterate()) {
    const topicId = String(row['topic_id']);
    const run = {
      firstIndex: Number(row['first_index']),
      count: Number(row['count']),
      firstStream: Number(row['first_stream']),
      createdAtStart: Number(row['created_at_start']),
    };
    runs.set(topicId, [...(runs.get(topicId) ?? []), run]);
  }
  return runs;
}

function readRows(db: DatabaseSync): StoredRow[] {
  const runs = readRuns(db);
  const rows: StoredRow[] = [];
  for (const row of db.prepare('SELECT id, name, configs FROM topics').iterate()) {
    const id = String(row['id']);
    const configs = JSON.parse(String(row['configs'])) as ConfigPairs;
    rows.push(encodeTopic({ name: String(row['name']), id, configs, runs: runs.get(id) ?? [] }));
    runs.delete(id);
  }
  if (runs.size > 0) throw new DamagedRow('it has partitions without a topic');
  for (const row of db.prepare('SELECT resource_type AS type, resource_name AS name, configs FROM configs').iterate()) {
    rows.push(['config', configKey(Number(row['type']), String(row['name'])), String(row['configs'])]);
  }
  return rows;
}

function readCluster(db: DatabaseSync): ClusterRow | null {
  const row = db.prepare('SELECT id, starts, next_stream, next_producer_id FROM cluster').get();
  if (row === undefined) return null;
  return {
    ...newCluster(String(row['id'])),
    starts: Number(row['starts']),
    nextStream: Number(row['next_stream']),
    nextProducerId: Number(row['next_producer_id']),
  };
}

/** @param schema SQL that makes the tables of today. */
export function upgradeFromFirst(db: DatabaseSync, schema: string): void {
  const cluster = readCluster(db);
  const rows = readRows(db);
  if (cluster === null && rows.length > 0) throw new DamagedRow('the row of the cluster is missing');
  for (const table of ['schema_version', 'cluster', 'topics', 'partition_runs', 'configs'])
    db.exec(`DROP TABLE ${table}`);
  db.exec(schema);
  if (cluster === null) return; // it was made, and never started
  const digest = rows.reduce((sum, row) => addToDigest(sum, checksum(...row), 1), cluster.digest);
  const database = new SqliteDatabase(db);
  database.begin(cluster, null);
  database.apply({ cluster: { ...cluster, digest }, put: rows, remove: [] });
}
