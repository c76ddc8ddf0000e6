/** Producer ids, given out one by one from blocks that the catalog reserved durably. */
import type { Catalog } from '../storage/catalog/types.ts';

/** Ids in a block, as in Kafka. What is left of a block when the broker stops is never used. */
const BLOCK_SIZE = 1000;

export class ProducerIds {
  readonly #catalog: Catalog;
  #next = 0n;
  #end = 0n;
  #reserving: Promise<void> | null = null;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** An id that nobody had before. */
  async allocate(): Promise<bigint> {
    while (this.#next === this.#end) {
      this.#reserving ??= this.#reserve();
      await this.#reserving;
    }
    return this.#next++;
  }

  async #reserve(): Promise<void> {
    try {
      this.#next = await this.#catalog.allocateProducerIds(BLOCK_SIZE);
      this.#end = this.#next + BigInt(BLOCK_SIZE);
    } finally {
      this.#reserving = null;
    }
  }
}
