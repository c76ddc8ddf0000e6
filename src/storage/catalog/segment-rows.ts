/**
 * Published segments as rows of the catalog: one a file, whatever is in it.
 *
 * Text of a segment (JSON): [first sequence, last sequence, descriptor without what the file's name says].
 */
import type { PublishedSegment, PublishedSegments, SegmentChange } from '../convert/publication.ts';
import { NOTHING_PUBLISHED } from '../convert/publication.ts';
import { type SegmentDescriptor, segmentFileName, segmentOfName } from '../segment/descriptor.ts';
import { CatalogError } from './catalog-error.ts';
import type { RowSource } from './changes.ts';
import type { RowName, StoredRow } from './rows.ts';

type Fields = readonly [number, number, Omit<SegmentDescriptor, 'mergeId' | 'number'>];

function encodeSegment({ firstSequence, lastSequence, descriptor }: PublishedSegment): StoredRow {
  const { mergeId, number, ...rest } = descriptor;
  const fields: Fields = [firstSequence, lastSequence, rest];
  return ['segment', segmentFileName({ mergeId, number }), JSON.stringify(fields)];
}

function decodeSegment(name: string, text: string): PublishedSegment {
  const [firstSequence, lastSequence, rest] = JSON.parse(text) as Fields;
  const file = segmentOfName(name);
  if (file === null) throw new CatalogError('CORRUPT', `The catalog has a segment '${name}', which is no name of one.`);
  return { firstSequence, lastSequence, descriptor: { ...file, ...rest } };
}

/** What the rows say of segments. */
export function publishedSegments(rows: Iterable<StoredRow>): PublishedSegments {
  let { convertedTo, nextMerge } = NOTHING_PUBLISHED;
  const segments: PublishedSegment[] = [];
  const dropped: string[] = [];
  for (const [kind, key, text] of rows) {
    if (kind === 'segment') segments.push(decodeSegment(key, text));
    else if (kind === 'dropped') dropped.push(key);
    else if (kind === 'converted') [convertedTo, nextMerge] = JSON.parse(text) as [number, number];
  }
  return { convertedTo, nextMerge, segments, dropped };
}

function encodeConverted({ convertedTo, nextMerge }: SegmentChange): StoredRow {
  return ['converted', '', JSON.stringify([convertedTo, nextMerge])];
}

/** Names of segments that go with a change. */
function goneWith({ add, remove }: SegmentChange): string[] {
  const kept = new Set(add.map(({ descriptor }) => segmentFileName(descriptor)));
  return remove.filter((name) => !kept.has(name));
}

/** True when the rows are what the change makes of them. */
export function isPublished(rows: RowSource, change: SegmentChange): boolean {
  const put = [encodeConverted(change), ...change.add.map(encodeSegment)];
  if (!put.every(([kind, key, text]) => rows.find(kind, key) === text)) return false;
  return goneWith(change).every(
    (name) => rows.find('segment', name) === undefined && rows.find('dropped', name) !== undefined,
  );
}

/** What a change of the segments puts into the catalog and takes out of it. @throws CatalogError NOT_FOUND */
export function segmentRows(
  rows: RowSource,
  change: SegmentChange,
): { readonly put: readonly StoredRow[]; readonly remove: readonly RowName[] } {
  const { add, remove, forget } = change;
  const unknown = remove.find((name) => rows.find('segment', name) === undefined);
  if (unknown !== undefined) throw new CatalogError('NOT_FOUND', `The catalog has no segment '${unknown}'.`);
  const gone = goneWith(change);
  const put: StoredRow[] = [encodeConverted(change)];
  for (const row of add) put.push(encodeSegment(row));
  for (const name of gone) put.push(['dropped', name, '']);
  const forgotten = forget.filter((name) => rows.find('dropped', name) !== undefined && !gone.includes(name));
  const removed: RowName[] = [];
  for (const name of gone) removed.push(['segment', name]);
  for (const name of forgotten) removed.push(['dropped', name]);
  return { put, remove: removed };
}
