/** Searches through a stream's runs: by timestamp, by leader epoch, by size; and the scan of all batch headers. */
import { ABORT_NOTE_BYTES } from '../format/abort-note.ts';
import { hasSoundBatch, hasSoundCrc } from '../format/batch.ts';
import { isIndexedBatch } from '../index/indexed-batch.ts';
import type { Directory } from '../directory.ts';
import { entryAt, entryEndOffset, entryPosition } from '../index/file-index.ts';
import { ENTRY_HEADER_BYTES, getInt64, viewOf } from '../format/format.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { Locator, Pins, Place } from './locate.ts';
import { withIndexes } from './locate.ts';
import type { PartSources } from './parts.ts';
import { SCANNED_BYTES, StorageError } from '../types.ts';
import type { BatchLocation, EpochStart, StreamId } from '../types.ts';

/** Where the max timestamp lies in an entry header. */
const MAX_TIMESTAMP_AT = 32;

/** Copies a stretch of a file, from memory if it is there. */
export async function readSpan(sources: PartSources, file: JournalFile, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  if (file.pieces.copy(start, end, bytes)) return bytes;
  const read = await sources.files.read(file, bytes, start);
  if (read < bytes.length) throw new StorageError('CORRUPT', `${file.path} ends before ${end}`);
  return bytes;
}

/** Offsets of one stream, the end exclusive. */
interface OffsetRange {
  readonly stream: StreamId;
  readonly from: number;
  readonly end: number;
}

export class Search {
  readonly #directory: Directory;
  readonly #locator: Locator;
  readonly #sources: PartSources;

  constructor(directory: Directory, locator: Locator, sources: PartSources) {
    this.#directory = directory;
    this.#locator = locator;
    this.#sources = sources;
  }

  /** See LogEngine.findByTimestamp. */
  async findByTimestamp(
    stream: StreamId,
    timestampMs: number,
    fromOffset: number,
    endOffset: number,
  ): Promise<BatchLocation | null> {
    const range = this.#range(stream, fromOffset, endOffset);
    for await (const place of this.#runs(range)) {
      if ((place.index.runs.maxTimestampMs[place.run] as number) < timestampMs) continue;
      const found = await this.#firstEntry(place, range, (maxTimestampMs) => maxTimestampMs >= timestampMs);
      if (found !== null) return found;
    }
    return null;
  }

  /** See LogEngine.findMaxTimestamp. */
  async findMaxTimestamp(stream: StreamId, endOffset: number): Promise<BatchLocation | null> {
    const range = this.#range(stream, 0, endOffset);
    let best: Place | null = null;
    let bestMs = Number.NEGATIVE_INFINITY;
    for await (const place of this.#runs(range)) {
      const { runs } = place.index;
      const isWhole =
        (runs.baseOffset[place.run] as number) >= range.from && (runs.endOffset[place.run] as number) <= range.end;
      const maxMs = isWhole ? (runs.maxTimestampMs[place.run] as number) : await this.#maxTimestampIn(place, range);
      if (maxMs <= bestMs) continue;
      best = place;
      bestMs = maxMs;
    }
    return best === null ? null : await this.#firstEntry(best, range, (maxTimestampMs) => maxTimestampMs >= bestMs);
  }

  /** See LogEngine.leaderEpochs. */
  async leaderEpochs(stream: StreamId): Promise<readonly EpochStart[]> {
    const range = this.#range(stream, 0, Number.MAX_SAFE_INTEGER);
    const starts: EpochStart[] = [];
    for await (const { index, run } of this.#runs(range)) {
      const leaderEpoch = index.runs.leaderEpoch[run] as number;
      if (starts.at(-1)?.leaderEpoch === leaderEpoch) continue;
      starts.push({ leaderEpoch, startOffset: Math.max(index.runs.baseOffset[run] as number, range.from) });
    }
    return starts;
  }

  /** See LogEngine.scanHeaders. */
  async scanHeaders(stream: StreamId, fromOffset: number, visit: (header: Buffer) => void): Promise<void> {
    const range = this.#range(stream, fromOffset, Number.MAX_SAFE_INTEGER);
    for await (const place of this.#runs(range)) {
      const { index, run } = place;
      const first = this.#firstOf(place, range);
      const past = (index.runs.firstEntry[run] as number) + (index.runs.entryCount[run] as number);
      const start = entryPosition(index, first);
      const lastBytes = Math.min(index.entries.length[past - 1] as number, SCANNED_BYTES);
      const end = entryPosition(index, past - 1) + ENTRY_HEADER_BYTES + lastBytes;
      const bytes = await readSpan(this.#sources, place.file, start, end);
      const view = viewOf(bytes);
      for (let entry = first; entry < past; entry++) {
        const position = entryPosition(index, entry);
        const at = position - start;
        const payloadAt = at + ENTRY_HEADER_BYTES;
        const length = Math.min(index.entries.length[entry] as number, SCANNED_BYTES);
        if (isIndexedBatch(view, at, index, run, entry)) visit(bytes.subarray(payloadAt, payloadAt + length));
        else this.#sources.damage.batch(place.file, position, stream);
      }
    }
  }

  /** Payload bytes of the batches that end after `from` and at or before `to`, journaled ones only. */
  async bytesBetween(stream: StreamId, from: number, to: number): Promise<number> {
    let byteLength = 0;
    for await (const place of this.#runs({ stream, from, end: to })) {
      const { index, run } = place;
      const first = this.#firstOf(place, { stream, from, end: to });
      const firstOfRun = index.runs.firstEntry[run] as number;
      if (first === firstOfRun && (index.runs.endOffset[run] as number) <= to) {
        byteLength += index.runs.byteLength[run] as number;
        continue;
      }
      const past = firstOfRun + (index.runs.entryCount[run] as number);
      for (let entry = first; entry < past && entryEndOffset(index, run, entry) <= to; entry++) {
        byteLength += index.entries.length[entry] as number;
      }
    }
    return byteLength;
  }

  #range(stream: StreamId, from: number, end: number): OffsetRange {
    const row = this.#directory.find(stream);
    if (row < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    return {
      stream,
      from: Math.max(from, this.#directory.logStart[row] as number),
      end: Math.min(end, this.#directory.writtenEnd[row] as number),
    };
  }

  /** The stream's runs that overlap the range, in order. */
  async *#runs(range: OffsetRange): AsyncGenerator<Place> {
    const { files } = this.#sources;
    const pins: Pins = new Map();
    const { stream } = range;
    if (range.from >= range.end) return;
    let place = await withIndexes(files, (p) => this.#locator.find(stream, range.from, p), pins);
    while (place !== null) {
      const { file, index } = place;
      for (let run = place.run; run >= 0; run = index.next(run)) {
        if ((index.runs.baseOffset[run] as number) >= range.end) return;
        yield { file, index, run };
      }
      pins.clear(); // one file at a time: a walk through all must not hold all
      place = await withIndexes(files, (p) => this.#locator.after(file, stream, p), pins);
    }
  }

  #firstOf({ index, run }: Place, range: OffsetRange): number {
    return entryAt(index, run, Math.max(range.from, index.runs.baseOffset[run] as number));
  }

  async #firstEntry(
    place: Place,
    range: OffsetRange,
    matches: (maxTimestampMs: number) => boolean,
  ): Promise<BatchLocation | null> {
    const { index, run, file } = place;
    const first = this.#firstOf(place, range);
    const past = (index.runs.firstEntry[run] as number) + (index.runs.entryCount[run] as number);
    const start = entryPosition(index, first);
    const end = entryPosition(index, past - 1) + ENTRY_HEADER_BYTES + (index.entries.length[past - 1] as number);
    // A note may belong to the last one.
    const bytes = await readSpan(this.#sources, file, start, Math.min(end + ABORT_NOTE_BYTES, file.written));
    const view = viewOf(bytes);
    for (let entry = first; entry < past && entryEndOffset(index, run, entry) <= range.end; entry++) {
      const position = entryPosition(index, entry);
      const at = position - start;
      const isSound = isIndexedBatch(view, at, index, run, entry) && hasSoundCrc(bytes, view, at, file.salt, position);
      if (!isSound) throw this.#sources.damage.batch(file, position, range.stream);
      const maxTimestampMs = getInt64(view, at + MAX_TIMESTAMP_AT);
      if (!matches(maxTimestampMs)) continue;
      if (!hasSoundBatch(bytes, view, at)) throw this.#sources.damage.batch(file, position, range.stream);
      const payloadAt = at + ENTRY_HEADER_BYTES;
      return {
        baseOffset: (index.runs.baseOffset[run] as number) + (index.entries.offsetDelta[entry] as number),
        endOffset: entryEndOffset(index, run, entry),
        maxTimestampMs,
        leaderEpoch: index.runs.leaderEpoch[run] as number,
        bytes: bytes.subarray(payloadAt, payloadAt + (index.entries.length[entry] as number)),
      };
    }
    return null;
  }

  async #maxTimestampIn(place: Place, range: OffsetRange): Promise<number> {
    let maxMs = Number.NEGATIVE_INFINITY;
    await this.#firstEntry(place, range, (maxTimestampMs) => {
      maxMs = Math.max(maxMs, maxTimestampMs);
      return false;
    });
    return maxMs;
  }
}
