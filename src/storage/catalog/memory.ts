/** The catalog without a disk: for `--memory` and tests. Nothing survives the process. */
import { CatalogError } from './catalog-error.ts';
import { type PartitionRun, partitionCount, type TopicRow, toImage, toPairs, toTopic } from './rows.ts';
import type { Catalog, CatalogImage, CatalogTopic } from './types.ts';

export class MemoryCatalog implements Catalog {
  readonly #topics = new Map<string, TopicRow>();
  readonly #names = new Set<string>();
  readonly #configs = new Map<string, { resourceType: number; resourceName: string; configs: Map<string, string> }>();
  #clusterId: string | null = null;
  #starts = 0;
  #nextStream = 1;
  #nextProducerId = 0n;
  #open = false;

  /** May be called again after `close`: as a restart over the same content. */
  start(clusterId: string): Promise<CatalogImage> {
    this.#open = true;
    this.#clusterId ??= clusterId;
    this.#starts += 1;
    return Promise.resolve(
      toImage({
        clusterId: this.#clusterId,
        starts: this.#starts,
        topics: [...this.#topics.values()],
        configs: [...this.#configs.values()].map((row) => ({ ...row, configs: toPairs(row.configs) })),
      }),
    );
  }

  createTopic(name: string, id: string, count: number, configs: ReadonlyMap<string, string>): Promise<CatalogTopic> {
    return this.#run(() => {
      if (this.#names.has(name)) throw new CatalogError('NAME_TAKEN', `The catalog has a topic '${name}' already.`);
      const row: TopicRow = { name, id, configs: toPairs(configs), runs: [this.#newRun(0, count)] };
      this.#topics.set(id, row);
      this.#names.add(name);
      return toTopic(row);
    });
  }

  addPartitions(id: string, count: number): Promise<CatalogTopic> {
    return this.#run(() => {
      const row = this.#topic(id);
      const present = partitionCount(row.runs);
      if (count <= present) return toTopic(row);
      const grown = { ...row, runs: [...row.runs, this.#newRun(present, count - present)] };
      this.#topics.set(id, grown);
      return toTopic(grown);
    });
  }

  deleteTopic(id: string): Promise<void> {
    return this.#run(() => {
      this.#names.delete(this.#topic(id).name);
      this.#topics.delete(id);
    });
  }

  setTopicConfigs(id: string, configs: ReadonlyMap<string, string>): Promise<void> {
    return this.#run(() => {
      this.#topics.set(id, { ...this.#topic(id), configs: toPairs(configs) });
    });
  }

  setConfigs(resourceType: number, resourceName: string, configs: ReadonlyMap<string, string>): Promise<void> {
    return this.#run(() => {
      const key = `${resourceType}:${resourceName}`;
      if (configs.size === 0) this.#configs.delete(key);
      else this.#configs.set(key, { resourceType, resourceName, configs: new Map(configs) });
    });
  }

  allocateProducerIds(count: number): Promise<bigint> {
    return this.#run(() => {
      const first = this.#nextProducerId;
      this.#nextProducerId += BigInt(count);
      return first;
    });
  }

  /** There is no disk. */
  onDiskFull(): void {}

  close(): Promise<void> {
    this.#open = false;
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #run<T>(action: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (!this.#open) throw new CatalogError('CLOSED', 'The catalog is closed.');
      resolve(action());
    });
  }

  #topic(id: string): TopicRow {
    const row = this.#topics.get(id);
    if (row === undefined) throw new CatalogError('NOT_FOUND', `The catalog has no topic with id ${id}.`);
    return row;
  }

  #newRun(firstIndex: number, count: number): PartitionRun {
    const firstStream = this.#nextStream;
    this.#nextStream += count;
    return { firstIndex, count, firstStream, createdAtStart: this.#starts };
  }
}
