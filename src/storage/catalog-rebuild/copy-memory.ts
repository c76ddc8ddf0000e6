/**
 * Copies what a broker in memory has into a new data directory: stream by stream into a journal, with the offsets that
 * the records have, and the catalog with it.
 */
import { BatchField, maxTimestamp, patchCrc } from '../../../protocol/records/batch.ts';
import { buildBatch } from '../../../protocol/records/build.ts';
import { plainSlice } from '../../base/counted.ts';
import { silentLogger } from '../../base/logger.ts';
import { partsBytes } from '../../base/part-bytes.ts';
import { systemRandom } from '../../base/random.ts';
import { encodeImage, JournalCopy } from '../catalog/journal-copy.ts';
import { type CatalogRows, decodeTopic, digestOf, type RowKind } from '../catalog/rows.ts';
import { openEngine } from '../open-engine.ts';
import type { AbortedTransaction, LogEngine, StorageError, StreamAppend, StreamId, StreamState } from '../types.ts';
import { refuseUnlessEmpty } from './copy.ts';
import { rebuildCatalog } from './rebuild.ts';

const READ_BYTES = 1024 * 1024;
/** Offsets that one batch covers at most. */
const MAX_OFFSETS = 2 ** 31 - 1;
/** What the rest of says where files lie that a journal in memory does not have, or what is being deleted. */
const KEPT_ROWS: ReadonlySet<RowKind> = new Set(['topic', 'config', 'features']);

/** A batch on its way. */
type Batch = Omit<StreamAppend, 'stream' | 'durability' | 'onCommit'>;

/** All streams are copied as they were at one moment: writes go on meanwhile, and are not in the copy. */
export async function copyMemory(source: LogEngine, catalog: CatalogRows, directory: string): Promise<void> {
  await refuseUnlessEmpty(directory);
  await source.flush();
  const rows = catalog.rows.filter(([kind]) => KEPT_ROWS.has(kind));
  const states = new Map<StreamId, StreamState>();
  for (const [kind, name, text] of rows) {
    if (kind !== 'topic') continue;
    for (const { firstStream, count } of decodeTopic(name, text).runs) {
      for (let stream = firstStream; stream < firstStream + count; stream++) {
        if (source.has(stream)) states.set(stream, source.state(stream));
      }
    }
  }
  const engine = await openEngine({ dataDir: directory, clusterId: catalog.cluster.id });
  try {
    const cluster = { ...catalog.cluster, digest: digestOf(rows) };
    await new JournalCopy(engine).rewrite(encodeImage(cluster, rows));
    for (const [stream, state] of states) await copyStream(source, engine, stream, state);
  } finally {
    await engine.close();
  }
  await rebuildCatalog({ dataDir: directory, logger: silentLogger, random: systemRandom });
}

/** A stream that is deleted meanwhile is left out, from there on. */
async function copyStream(source: LogEngine, target: LogEngine, stream: StreamId, state: StreamState): Promise<void> {
  const { logStartOffset, logEndOffset } = state;
  const aborted = new Map<number, AbortedTransaction>();
  if (!source.has(stream)) return;
  for (const transaction of await source.abortedTransactions(stream, logStartOffset, logEndOffset)) {
    aborted.set(transaction.lastOffset, transaction);
  }
  target.createStream(stream);
  let at = 0;
  let epoch = 0;
  for (let offset = logStartOffset; offset < logEndOffset && source.has(stream); offset = at) {
    const batches = await readBatches(source, stream, offset, logEndOffset, aborted);
    if (batches.length === 0) break;
    for (const batch of batches) {
      epoch = batch.leaderEpoch;
      await appendAll(target, stream, emptyBatches(at, batch.baseOffset, epoch));
      at = batch.baseOffset + batch.offsetCount;
      await appendAll(target, stream, [batch]);
    }
  }
  await appendAll(target, stream, emptyBatches(at, logEndOffset, epoch));
  if (logStartOffset > 0) await target.trim(stream, logStartOffset);
}

async function readBatches(
  source: LogEngine,
  stream: StreamId,
  offset: number,
  endOffset: number,
  aborted: ReadonlyMap<number, AbortedTransaction>,
): Promise<Batch[]> {
  const places: Array<readonly [start: number, end: number, byteLength: number, epoch: number]> = [];
  const onBatch = (...place: [number, number, number, number]): void => void places.push(place);
  const read = await source.read({ stream, offset, endOffset, maxBytes: READ_BYTES, atLeastOne: true, onBatch });
  const bytes = await partsBytes(read.parts, read.byteLength);
  let at = 0;
  return places.map(([baseOffset, end, byteLength, leaderEpoch]) => {
    const batch = bytes.subarray(at, at + byteLength);
    at += byteLength;
    return {
      baseOffset,
      offsetCount: end - baseOffset,
      leaderEpoch,
      maxTimestampMs: maxTimestamp(batch, 0),
      payload: plainSlice(batch),
      aborted: aborted.get(baseOffset) ?? null,
    };
  });
}

/** Batches without records, as compaction leaves them, for offsets that nothing is left of. `endOffset` is exclusive. */
function emptyBatches(startOffset: number, endOffset: number, leaderEpoch: number): Batch[] {
  const batches: Batch[] = [];
  for (let baseOffset = startOffset; baseOffset < endOffset; ) {
    const offsetCount = Math.min(endOffset - baseOffset, MAX_OFFSETS);
    const bytes = buildBatch([], { baseOffset, leaderEpoch });
    bytes.writeInt32BE(offsetCount - 1, BatchField.LAST_OFFSET_DELTA);
    patchCrc(bytes, 0);
    batches.push({ baseOffset, offsetCount, leaderEpoch, maxTimestampMs: -1, payload: plainSlice(bytes) });
    baseOffset += offsetCount;
  }
  return batches;
}

/** Resolves when all are written. */
async function appendAll(target: LogEngine, stream: StreamId, batches: readonly Batch[]): Promise<void> {
  const written = batches.map(
    (batch) =>
      new Promise<void>((resolve, reject) => {
        const onCommit = (error: StorageError | null): void => (error === null ? resolve() : reject(error));
        target.append({ ...batch, stream, durability: 'os', onCommit });
      }),
  );
  await Promise.all(written);
}
