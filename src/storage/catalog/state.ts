/** The catalog as a value: what its changes, applied one after the other, come to. */
import type { RowSource } from './changes.ts';
import { type CatalogChange, type ClusterRow, newCluster, ROW_KINDS, type RowKind, type StoredRow } from './rows.ts';

export class CatalogState implements RowSource {
  #cluster: ClusterRow;
  readonly #rows = {
    topic: new Map<string, string>(),
    config: new Map<string, string>(),
    deletion: new Map<string, string>(),
    features: new Map<string, string>(),
    segment: new Map<string, string>(),
    dropped: new Map<string, string>(),
    converted: new Map<string, string>(),
  };

  constructor(cluster: ClusterRow = newCluster('')) {
    this.#cluster = cluster;
  }

  cluster(): ClusterRow {
    return this.#cluster;
  }

  find(kind: RowKind, key: string): string | undefined {
    return this.#rows[kind].get(key);
  }

  *rows(): Generator<StoredRow, void, undefined> {
    for (const kind of ROW_KINDS) {
      for (const [key, text] of this.#rows[kind]) yield [kind, key, text];
    }
  }

  apply({ cluster, put, remove }: CatalogChange): void {
    for (const [kind, key] of remove) this.#rows[kind].delete(key);
    for (const [kind, key, text] of put) this.#rows[kind].set(key, text);
    this.#cluster = cluster;
  }
}
