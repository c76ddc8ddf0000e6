/** Whose a journal is that no catalog describes: a broker's, or a log's of streams without topics (`walka/wal`). */
import { partsBytes } from '../../base/part-bytes.ts';
import { type CatalogRows, encodeFeatures, newCluster } from '../catalog/rows.ts';
import { STREAMS_FEATURE } from '../catalog/streams-feature.ts';
import { isRecordBatch } from '../format/batch.ts';
import { StorageError } from '../types.ts';
import type { LogEngine, StreamId } from '../types.ts';

/** What is known of a log at its first start; null where the journal is a broker's. */
export async function logCatalog(engine: LogEngine, clusterId: string): Promise<CatalogRows | null> {
  if (!(await holdsEntries(engine))) return null;
  const rows = [encodeFeatures({ epoch: 1, levels: new Map([[STREAMS_FEATURE, 1]]) })];
  return { cluster: newCluster(clusterId), rows, end: null };
}

/** By the first batch that can be read: those of a broker's partitions are record batches. */
async function holdsEntries(engine: LogEngine): Promise<boolean> {
  for (const stream of engine.streamIds()) {
    const isOfRecords = stream < 0 ? null : await beginsWithRecords(engine, stream);
    if (isOfRecords !== null) return !isOfRecords;
  }
  return false;
}

/** Null when there is nothing to be read. */
async function beginsWithRecords(engine: LogEngine, stream: StreamId): Promise<boolean | null> {
  const { logStartOffset: offset, logEndOffset: endOffset } = engine.state(stream);
  let first: Parameters<typeof isRecordBatch>[1] | null = null;
  const onBatch = (baseOffset: number, end: number, _byteLength: number, leaderEpoch: number): void => {
    first ??= { baseOffset, offsetCount: end - baseOffset, leaderEpoch };
  };
  try {
    const read = await engine.read({ stream, offset, endOffset, maxBytes: 1, atLeastOne: true, onBatch });
    const bytes = await partsBytes(read.parts, read.byteLength);
    return first === null ? null : isRecordBatch(bytes, first);
  } catch (error) {
    if (error instanceof StorageError && error.code === 'CORRUPT') return null;
    throw error;
  }
}
