/** Marks the catalog of a directory that is a log of streams without topics (`walka/wal`), not a broker's. */
import type { StoredRow } from './rows.ts';
import type { CatalogFeatures } from './types.ts';

/** A feature's name that no broker knows. */
export const STREAMS_FEATURE = 'walka.streams';

/** True when streams of the journal need no topic. */
export function holdsStreams(features: CatalogFeatures | null): boolean {
  return features?.levels.has(STREAMS_FEATURE) === true;
}

/** As `holdsStreams`, of a catalog's rows. */
export function rowsHoldStreams(rows: readonly StoredRow[]): boolean {
  return rows.some(([kind, , text]) => kind === 'features' && text.includes(`"${STREAMS_FEATURE}"`));
}
