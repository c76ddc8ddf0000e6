/** The catalog's calls as SQL, synchronous: what the worker runs inside its transactions. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { CatalogError } from './catalog-error.ts';
import type { ConfigPairs, ConfigRow, ImageRows, PartitionRun, TopicRow } from './rows.ts';
import { partitionCount } from './rows.ts';

const RUN_COLUMNS = 'first_index AS firstIndex, count, first_stream AS firstStream, created_at_start AS createdAtStart';

function pairs(json: unknown): ConfigPairs {
  return JSON.parse(String(json)) as ConfigPairs;
}

export class SqliteDatabase {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #starts = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  start(clusterId: string): ImageRows {
    this.#run('INSERT OR IGNORE INTO cluster VALUES (1, ?, 0, 1, 0)', clusterId);
    this.#run('UPDATE cluster SET starts = starts + 1');
    const cluster = this.#sql('SELECT id, starts FROM cluster').get() ?? {};
    this.#starts = Number(cluster['starts']);
    return { clusterId: String(cluster['id']), starts: this.#starts, topics: this.#topics(), configs: this.#configs() };
  }

  createTopic(name: string, id: string, count: number, configs: ConfigPairs): TopicRow {
    if (this.#sql('SELECT 1 FROM topics WHERE name = ?').get(name) !== undefined) {
      throw new CatalogError('NAME_TAKEN', `The catalog has a topic '${name}' already.`);
    }
    this.#run('INSERT INTO topics VALUES (?, ?, ?)', id, name, JSON.stringify(configs));
    return { name, id, configs, runs: [this.#newRun(id, 0, count)] };
  }

  addPartitions(id: string, count: number): TopicRow {
    const row = this.#topic(id);
    const present = partitionCount(row.runs);
    if (count <= present) return row;
    return { ...row, runs: [...row.runs, this.#newRun(id, present, count - present)] };
  }

  deleteTopic(id: string): void {
    if (this.#run('DELETE FROM topics WHERE id = ?', id) === 0) throw this.#missing(id);
    this.#run('DELETE FROM partition_runs WHERE topic_id = ?', id);
  }

  setTopicConfigs(id: string, configs: ConfigPairs): void {
    if (this.#run('UPDATE topics SET configs = ? WHERE id = ?', JSON.stringify(configs), id) === 0) {
      throw this.#missing(id);
    }
  }

  setConfigs(resourceType: number, resourceName: string, configs: ConfigPairs): void {
    if (configs.length === 0) {
      this.#run('DELETE FROM configs WHERE resource_type = ? AND resource_name = ?', resourceType, resourceName);
    } else {
      this.#run('INSERT OR REPLACE INTO configs VALUES (?, ?, ?)', resourceType, resourceName, JSON.stringify(configs));
    }
  }

  allocateProducerIds(count: number): number {
    const next = Number(this.#sql('SELECT next_producer_id AS next FROM cluster').get()?.['next']);
    this.#run('UPDATE cluster SET next_producer_id = next_producer_id + ?', count);
    return next;
  }

  #topics(): TopicRow[] {
    const runsByTopic = new Map<string, PartitionRun[]>();
    const select = `SELECT topic_id AS topicId, ${RUN_COLUMNS} FROM partition_runs ORDER BY topic_id, first_index`;
    for (const row of this.#sql(select).iterate()) {
      const topicId = String(row['topicId']);
      const runs = runsByTopic.get(topicId);
      if (runs === undefined) runsByTopic.set(topicId, [toRun(row)]);
      else runs.push(toRun(row));
    }
    const topics: TopicRow[] = [];
    for (const row of this.#sql('SELECT id, name, configs FROM topics').iterate()) {
      const id = String(row['id']);
      topics.push({ name: String(row['name']), id, configs: pairs(row['configs']), runs: runsByTopic.get(id) ?? [] });
    }
    return topics;
  }

  #configs(): ConfigRow[] {
    return this.#sql('SELECT resource_type AS type, resource_name AS name, configs FROM configs')
      .all()
      .map((row) => ({
        resourceType: Number(row['type']),
        resourceName: String(row['name']),
        configs: pairs(row['configs']),
      }));
  }

  #topic(id: string): TopicRow {
    const row = this.#sql('SELECT name, configs FROM topics WHERE id = ?').get(id);
    if (row === undefined) throw this.#missing(id);
    const runs = this.#sql(`SELECT ${RUN_COLUMNS} FROM partition_runs WHERE topic_id = ? ORDER BY first_index`).all(id);
    return { name: String(row['name']), id, configs: pairs(row['configs']), runs: runs.map(toRun) };
  }

  #newRun(topicId: string, firstIndex: number, count: number): PartitionRun {
    const firstStream = Number(this.#sql('SELECT next_stream AS next FROM cluster').get()?.['next']);
    this.#run('UPDATE cluster SET next_stream = next_stream + ?', count);
    this.#run(
      'INSERT INTO partition_runs VALUES (?, ?, ?, ?, ?)',
      topicId,
      firstIndex,
      count,
      firstStream,
      this.#starts,
    );
    return { firstIndex, count, firstStream, createdAtStart: this.#starts };
  }

  #missing(id: string): CatalogError {
    return new CatalogError('NOT_FOUND', `The catalog has no topic with id ${id}.`);
  }

  /** Runs a statement and gives the number of rows it changed. */
  #run(sql: string, ...parameters: (string | number)[]): number {
    return Number(this.#sql(sql).run(...parameters).changes);
  }

  #sql(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function toRun(row: Record<string, unknown>): PartitionRun {
  return {
    firstIndex: Number(row['firstIndex']),
    count: Number(row['count']),
    firstStream: Number(row['firstStream']),
    createdAtStart: Number(row['createdAtStart']),
  };
}
