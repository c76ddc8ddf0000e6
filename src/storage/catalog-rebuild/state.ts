/** What a catalog must say so that every record of a journal can be served, given what is known of it. */
import type { Engine } from '../open-engine.ts';
import { CATALOG_STREAM } from '../types.ts';
import { unknownStreams } from '../catalog/check.ts';
import {
  type CatalogRows,
  type ClusterRow,
  type ConfigPairs,
  decodeTopic,
  digestOf,
  encodeTopic,
  newCluster,
  type StoredRow,
} from '../catalog/rows.ts';
import { rowsHoldStreams } from '../catalog/streams-feature.ts';

/** Producer ids that may have been given out since what is known; far more than a crash can make forget. */
const PRODUCER_IDS_SKIPPED = 1_000_000;
/** Settings of topics made for streams that nobody named: nobody knows how long their records are to be kept. */
const KEEP_ALL: ConfigPairs = [
  ['retention.bytes', '-1'],
  ['retention.ms', '-1'],
];

export interface CompleteCatalog {
  readonly cluster: ClusterRow;
  readonly rows: readonly StoredRow[];
  /** Names of topics made for streams that nobody named. */
  readonly recovered: readonly string[];
  /** Empty streams that nobody named. */
  readonly leftovers: readonly number[];
}

async function newestEpoch(engine: Engine, stream: number): Promise<number> {
  return (await engine.leaderEpochs(stream)).at(-1)?.leaderEpoch ?? 0;
}

/** Starts, so that no partition's leader epoch falls behind what its records carry. */
async function startsFor(base: CatalogRows, engine: Engine): Promise<number> {
  let { starts } = base.cluster;
  for (const [kind, name, text] of base.rows) {
    if (kind !== 'topic') continue;
    for (const { firstStream, count, createdAtStart } of decodeTopic(name, text).runs) {
      for (let stream = firstStream; stream < firstStream + count; stream++) {
        if (engine.has(stream)) starts = Math.max(starts, createdAtStart + (await newestEpoch(engine, stream)));
      }
    }
  }
  return starts;
}

/** @param base what is known; null: nothing. */
export async function completeFromJournal(
  base: CatalogRows | null,
  engine: Engine,
  clusterId: string,
  newId: () => string,
): Promise<CompleteCatalog> {
  const known = base ?? { cluster: newCluster(clusterId), rows: [], end: null };
  const unknown = rowsHoldStreams(known.rows) ? [] : unknownStreams(known, engine.streamIds());
  const isEmpty = (stream: number): boolean => engine.state(stream).liveBytes === 0;
  const named = new Set(known.rows.filter(([kind]) => kind === 'topic').map(([, name]) => name));
  const epochs = new Map<number, number>();
  for (const stream of unknown) if (!isEmpty(stream)) epochs.set(stream, await newestEpoch(engine, stream));
  const newest = [...epochs.values()].reduce((a, b) => Math.max(a, b), 1);
  const starts = Math.max(await startsFor(known, engine), newest);
  const rows = [...known.rows];
  const recovered: string[] = [];
  for (const [stream, epoch] of epochs) {
    let name = `recovered-${stream}`;
    while (named.has(name)) name += '-again';
    const run = { firstIndex: 0, count: 1, firstStream: stream, createdAtStart: starts - epoch };
    rows.push(encodeTopic({ name, id: newId(), configs: KEEP_ALL, runs: [run] }));
    recovered.push(name);
  }
  const lastStream = [...engine.streamIds()].reduce((a, b) => Math.max(a, b), CATALOG_STREAM);
  const cluster = {
    ...known.cluster,
    starts,
    nextStream: Math.max(known.cluster.nextStream, lastStream + 1),
    nextProducerId: known.cluster.nextProducerId + PRODUCER_IDS_SKIPPED,
    generation: known.cluster.generation + 1,
    digest: digestOf(rows),
  };
  return { cluster, rows, recovered, leftovers: unknown.filter(isEmpty) };
}
