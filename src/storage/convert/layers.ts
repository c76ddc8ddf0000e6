/**
 * Published segments in order. A layer is all segments of one interval of journal sequences; it holds what the streams
 * between its first and last ones appended in those files, as far as no other layer does: of two layers whose intervals
 * overlap, no stream has batches in both. So the order by last sequence is the order of offsets in every stream.
 */
import type { PublishedSegment } from './publication.ts';

/** Segments of one interval, sorted by (stream, offset). */
export interface Layer<S extends PublishedSegment = PublishedSegment> {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly segments: readonly S[];
}

function byPlace({ descriptor: a }: PublishedSegment, { descriptor: b }: PublishedSegment): number {
  return a.firstStream - b.firstStream || a.firstOffset - b.firstOffset;
}

/** Oldest first. */
export function layersOf<S extends PublishedSegment>(segments: Iterable<S>): Layer<S>[] {
  const layers = new Map<string, S[]>();
  for (const segment of segments) {
    const interval = `${segment.firstSequence}-${segment.lastSequence}`;
    const layer = layers.get(interval);
    if (layer === undefined) layers.set(interval, [segment]);
    else layer.push(segment);
  }
  return [...layers.values()]
    .map((members) => {
      const { firstSequence, lastSequence } = members[0] as S;
      return { firstSequence, lastSequence, segments: members.sort(byPlace) };
    })
    .sort((a, b) => a.lastSequence - b.lastSequence || a.firstSequence - b.firstSequence);
}

/** Asserts that the segments of each layer divide the keys among them: a search would miss what it does not expect. */
export function mustBeApart(segments: Iterable<PublishedSegment>): void {
  for (const { firstSequence, lastSequence, segments: members } of layersOf(segments)) {
    for (const [i, { descriptor }] of members.entries()) {
      const before = members[i - 1]?.descriptor;
      if (before === undefined || before.lastStream < descriptor.firstStream) continue;
      if (before.lastStream === descriptor.firstStream && before.endOffset <= descriptor.firstOffset) continue;
      throw new Error(
        `Two segments of the layer ${firstSequence} to ${lastSequence} overlap at stream ${before.lastStream}`,
      );
    }
  }
}

/** Ranges of streams, both ends inclusive, sorted and apart from each other. */
function streamRanges(segments: readonly PublishedSegment[]): Array<[number, number]> {
  const ranges: Array<[number, number]> = [];
  for (const { descriptor } of segments.toSorted(byPlace)) {
    const last = ranges.at(-1);
    if (last !== undefined && descriptor.firstStream <= last[1]) last[1] = Math.max(last[1], descriptor.lastStream);
    else ranges.push([descriptor.firstStream, descriptor.lastStream]);
  }
  return ranges;
}

function touches(ranges: ReadonlyArray<readonly [number, number]>, { descriptor }: PublishedSegment): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle] as readonly [number, number])[1] < descriptor.firstStream) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range !== undefined && range[0] <= descriptor.lastStream;
}

/**
 * What must be merged together with `chosen`, themselves included: whatever may hold batches of their streams between the
 * first and the last sequence of them all. Else the new layer would hold both older and newer batches of a stream than
 * one that stays. And whatever of the new layer's own interval lies between them: a new file may reach over it.
 */
export function withEntangled<S extends PublishedSegment>(all: readonly S[], chosen: readonly S[]): S[] {
  let members = [...chosen];
  for (;;) {
    const first = Math.min(...members.map(({ firstSequence }) => firstSequence));
    const last = Math.max(...members.map(({ lastSequence }) => lastSequence));
    const ranges = streamRanges(members);
    const whole: [number, number] = [(ranges[0] as [number, number])[0], (ranges.at(-1) as [number, number])[1]];
    const larger = all.filter((segment) => {
      if (segment.firstSequence > last || segment.lastSequence < first) return false;
      const isOfLayer = segment.firstSequence === first && segment.lastSequence === last;
      return touches(isOfLayer ? [whole] : ranges, segment);
    });
    if (larger.length === members.length) return larger;
    members = larger;
  }
}
