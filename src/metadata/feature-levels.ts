/**
 * The finalized features of the cluster: their levels in force, kept in the catalog. A level that was recorded stays when
 * a newer release brings higher ones, until somebody raises it (UpdateFeatures), as in Kafka.
 */
import { type FeatureName, FEATURES, initialLevels } from '../config/features.ts';
import { CatalogError } from '../storage/catalog/catalog-error.ts';
import { holdsStreams } from '../storage/catalog/streams-feature.ts';
import type { Catalog, CatalogFeatures } from '../storage/catalog/types.ts';
import { checkFeatureUpdates, type FeatureUpdate } from './feature-update.ts';
import { stored } from './stored.ts';
import { KeyedQueue } from './keyed-queue.ts';

export interface FeatureLevelsOptions {
  readonly catalog: Catalog;
  readonly nodeId: number;
  /** What the catalog has, null: nothing yet. */
  readonly recorded: CatalogFeatures | null;
  /** Levels that a new cluster was asked to begin with, where they differ from the defaults. */
  readonly asked: ReadonlyMap<string, number>;
}

export class FeatureLevels {
  readonly #catalog: Catalog;
  readonly #nodeId: number;
  readonly #changes = new KeyedQueue();
  readonly #listeners = new Set<() => void>();
  readonly #first: ReadonlyMap<string, number>;
  #features: CatalogFeatures;

  /** @throws CatalogError TOO_NEW for a recorded level that this release does not know */
  constructor({ catalog, nodeId, recorded, asked }: FeatureLevelsOptions) {
    this.#catalog = catalog;
    this.#nodeId = nodeId;
    this.#features = recorded ?? { epoch: 1, levels: initialLevels(asked) };
    this.#first = this.#features.levels;
    if (holdsStreams(this.#features)) {
      throw new CatalogError(
        'FOREIGN',
        'The data directory is a log of walka/wal, not of a broker. Choose another one.',
      );
    }
    for (const [name, level] of this.#features.levels) {
      const known = FEATURES.get(name)?.max ?? 0;
      if (level <= known) continue;
      const message = `The feature ${name} is at level ${level}, and this release knows levels up to ${known}.`;
      throw new CatalogError('TOO_NEW', message);
    }
  }

  /** All levels above 0, and the number of their last change. */
  get finalized(): CatalogFeatures {
    return this.#features;
  }

  /** The level in force, 0: the feature is off. */
  level(name: FeatureName): number {
    return this.#features.levels.get(name) ?? 0;
  }

  /**
   * Changes levels, all or none; with `validateOnly` only checks. Resolves when the new ones are durable and in force.
   * @throws KafkaError INVALID_UPDATE_VERSION, KAFKA_STORAGE_ERROR
   */
  update(updates: ReadonlyMap<string, FeatureUpdate>, validateOnly: boolean): Promise<void> {
    return this.#changes.run('features', async () => {
      const { epoch, levels } = this.#features;
      const next = checkFeatureUpdates(levels, updates, this.#nodeId);
      if (validateOnly) return;
      await this.#change({ epoch: epoch + 1, levels: next });
    });
  }

  /**
   * Puts the levels back that were in force at first, also where no update may go back behind others.
   * @throws KafkaError KAFKA_STORAGE_ERROR
   */
  restore(): Promise<void> {
    return this.#changes.run('features', async () => {
      const { epoch, levels } = this.#features;
      if (levels !== this.#first) await this.#change({ epoch: epoch + 1, levels: this.#first });
    });
  }

  async #change(features: CatalogFeatures): Promise<void> {
    await stored(this.#catalog.setFeatures(features));
    this.#features = features;
    for (const listener of this.#listeners) listener();
  }

  /** Told after each change; gives the function that stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
