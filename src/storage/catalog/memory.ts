/** The catalog without a disk: for `--memory` and tests. Nothing survives the process. */
import type { SegmentChange, SegmentPublisher } from '../convert/publication.ts';
import { CatalogError } from './catalog-error.ts';
import * as changes from './changes.ts';
import { type CatalogRows, newCluster, toImage, toPairs, toTopic } from './rows.ts';
import { publishedSegments } from './segment-rows.ts';
import { CatalogState } from './state.ts';
import type { CatalogJournal } from './journal-copy.ts';
import type { Catalog, CatalogFeatures, CatalogImage, CatalogTopic } from './types.ts';

export class MemoryCatalog implements Catalog, SegmentPublisher {
  readonly witness = { end: null, goesOnIn: () => Promise.resolve(), reached: () => Promise.resolve() };
  #state: CatalogState | null = null;
  #open = false;

  get rows(): CatalogRows {
    const state = this.#state ?? new CatalogState();
    return { cluster: state.cluster(), rows: [...state.rows()], end: null };
  }

  /** May be called again after `close`: as a restart over the same content. */
  load(clusterId: string): Promise<CatalogImage> {
    this.#open = true;
    this.#state ??= new CatalogState(newCluster(clusterId));
    return Promise.resolve(toImage({ cluster: this.#state.cluster(), rows: [...this.#state.rows()], end: null }));
  }

  /** There is no copy in the journal to be compared with. */
  async start(journal?: CatalogJournal, features?: CatalogFeatures): Promise<void> {
    await journal?.openSegments(publishedSegments(this.#state?.rows() ?? []));
    await this.#make((state) => changes.countStart(state, features));
    journal?.onPublish(this);
  }

  async createTopic(
    name: string,
    id: string,
    count: number,
    configs: ReadonlyMap<string, string>,
  ): Promise<CatalogTopic> {
    const topic = { name, id, configs: toPairs(configs) };
    return toTopic(await this.#make((state) => changes.createTopic(state, topic, count)));
  }

  async addPartitions(name: string, count: number): Promise<CatalogTopic> {
    return toTopic(await this.#make((state) => changes.addPartitions(state, name, count)));
  }

  async deleteTopic(name: string): Promise<void> {
    await this.#make((state) => changes.deleteTopic(state, name));
  }

  async endDeletion(id: string): Promise<void> {
    await this.#make((state) => changes.endDeletion(state, id));
  }

  async setTopicConfigs(name: string, configs: ReadonlyMap<string, string>): Promise<void> {
    await this.#make((state) => changes.setTopicConfigs(state, name, toPairs(configs)));
  }

  async setConfigs(resourceType: number, resourceName: string, configs: ReadonlyMap<string, string>): Promise<void> {
    await this.#make((state) => changes.setConfigs(state, resourceType, resourceName, toPairs(configs)));
  }

  async setFeatures(features: CatalogFeatures): Promise<void> {
    await this.#make((state) => changes.setFeatures(state, features));
  }

  async allocateProducerIds(count: number): Promise<bigint> {
    return BigInt(await this.#make((state) => changes.allocateProducerIds(state, count)));
  }

  async publish(change: SegmentChange): Promise<void> {
    await this.#make((state) => changes.publishSegments(state, change));
  }

  /** There is no disk. */
  onDiskFull(): void {}

  /** Nothing of it is left to be compared with. */
  ended(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#open = false;
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #make<T>(call: (state: CatalogState) => changes.Planned<T>): Promise<T> {
    return new Promise((resolve) => {
      if (!this.#open || this.#state === null) throw new CatalogError('CLOSED', 'The catalog is closed.');
      const { value, change } = call(this.#state);
      if (change !== null) this.#state.apply(change);
      resolve(value);
    });
  }
}
