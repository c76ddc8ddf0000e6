/**
 * Where retention wants a log start offset. Kafka drops whole segments; here a topic's `segment.bytes` and
 * `segment.ms` cut its data into virtual segments, starting at the log start offset, and the same rules go by those.
 */
import type { EngineContext } from './context.ts';
import { entryAt, entryEndOffset } from './file-index.ts';
import type { Locator, Pins } from './locate.ts';
import { withIndexes } from './locate.ts';
import type { RetentionPolicy, StreamId } from './types.ts';

export interface RetentionRequest {
  readonly stream: StreamId;
  readonly policy: RetentionPolicy;
  readonly nowMs: number;
  /** Nothing at or beyond this goes. */
  readonly endOffset: number;
}

/** A virtual segment while it is being walked. */
interface VirtualSegment {
  byteLength: number;
  firstTimestampMs: number;
  maxTimestampMs: number;
  endOffset: number;
}

/** Decides segment by segment, oldest first, until one stays. */
class RetentionWalk {
  readonly #request: RetentionRequest;
  #remainingBytes: number;
  #segment: VirtualSegment | null = null;
  point: number;

  constructor(request: RetentionRequest, logStart: number, liveBytes: number) {
    this.#request = request;
    this.point = logStart;
    this.#remainingBytes = liveBytes;
  }

  /** Takes the next batch; true when a segment was found that stays, so that all behind it does too. */
  add(byteLength: number, endOffset: number, maxTimestampMs: number): boolean {
    const segment = this.#segment;
    if (segment === null || this.#rolls(segment, byteLength, maxTimestampMs)) {
      if (segment !== null && !this.#drops(segment)) return true;
      this.#segment = { byteLength, firstTimestampMs: maxTimestampMs, maxTimestampMs, endOffset };
      return false;
    }
    segment.byteLength += byteLength;
    segment.endOffset = endOffset;
    segment.maxTimestampMs = Math.max(segment.maxTimestampMs, maxTimestampMs);
    return false;
  }

  /** Decides on the last segment, which Kafka would roll before deleting it. */
  finish(): void {
    if (this.#segment !== null) this.#drops(this.#segment);
  }

  #rolls(segment: VirtualSegment, byteLength: number, maxTimestampMs: number): boolean {
    const { segmentBytes, segmentMs } = this.#request.policy;
    return segment.byteLength + byteLength > segmentBytes || maxTimestampMs - segment.firstTimestampMs > segmentMs;
  }

  #drops(segment: VirtualSegment): boolean {
    const { policy, nowMs, endOffset } = this.#request;
    if (segment.endOffset > endOffset) return false;
    const isOld =
      policy.retentionMs >= 0 && segment.maxTimestampMs >= 0 && nowMs - segment.maxTimestampMs > policy.retentionMs;
    const isTooMuch = policy.retentionBytes >= 0 && this.#remainingBytes - segment.byteLength >= policy.retentionBytes;
    if (!isOld && !isTooMuch) return false;
    this.#remainingBytes -= segment.byteLength;
    this.point = segment.endOffset;
    return true;
  }
}

/** See LogEngine.retentionPoint. */
export async function retentionPoint(
  context: EngineContext,
  locator: Locator,
  request: RetentionRequest,
): Promise<number> {
  const { directory, table } = context;
  const { stream, policy } = request;
  const row = directory.find(stream);
  const logStart = directory.logStart[row] as number;
  const end = directory.writtenEnd[row] as number;
  if ((policy.retentionMs < 0 && policy.retentionBytes < 0) || logStart >= end) return logStart;
  const walk = new RetentionWalk(request, logStart, directory.liveBytes[row] as number);
  const pins: Pins = new Map();
  let place = await withIndexes(table, (p) => locator.find(stream, logStart, p), pins);
  while (place !== null) {
    const { file, index } = place;
    for (let run = place.run; run >= 0; run = index.next(run)) {
      const first = entryAt(index, run, Math.max(logStart, index.runs.baseOffset[run] as number));
      const past = (index.runs.firstEntry[run] as number) + (index.runs.entryCount[run] as number);
      // Without timestamps in the records, the time of the file they came in stands for them.
      const runMs = index.runs.maxTimestampMs[run] as number;
      const maxTimestampMs = runMs >= 0 ? runMs : file.createdMs;
      for (let entry = first; entry < past; entry++) {
        const byteLength = index.entries.length[entry] as number;
        if (walk.add(byteLength, entryEndOffset(index, run, entry), maxTimestampMs)) return walk.point;
      }
    }
    pins.clear();
    place = await withIndexes(table, (p) => locator.after(file, stream, p), pins);
  }
  walk.finish();
  return walk.point;
}
