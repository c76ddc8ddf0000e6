/** Goes through the batches of a sealed journal file in order of (stream, offset). */
import { abortNote } from '../format/abort-note.ts';
import { verifyCrc } from '../../../protocol/records/batch.ts';
import { hasSoundBatch, hasSoundCrc, holdsRecordBatch, isRecordBatch, recordsTimestamp } from '../format/batch.ts';
import { ENTRY_HEADER_BYTES, getInt64 } from '../format/format.ts';
import { entryAt, entryEndOffset, entryPosition } from '../index/file-index.ts';
import { isIndexedBatch } from '../index/indexed-batch.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';
import type { InputCursor, LiveStarts } from './input.ts';
import { JournalChunk } from './journal-chunk.ts';
import type { OpenJournal } from './journal-input.ts';
import type { ReadMemory } from './read-memory.ts';
import type { MergeDamage, MergedBatch } from './types.ts';

const FLAGS_AT = 9;
const PAYLOAD_LENGTH_AT = 4;
const MAX_TIMESTAMP_AT = 32;

export class JournalCursor implements InputCursor {
  readonly #journal: OpenJournal;
  readonly #chunk: JournalChunk;
  stream = Number.POSITIVE_INFINITY;
  baseOffset = 0;
  endOffset = 0;
  #run = 0;
  #entry = 0;
  /** Place of the batch in the chunk, after `batch`. */
  #at = -1;
  #isSound = true;

  /** On the file's first batch, or on the first one of `stream` that ends behind `fromOffset`. */
  constructor(
    journal: OpenJournal,
    { chunkBytes, memory }: { readonly chunkBytes: number; readonly memory: ReadMemory },
    stream = Number.NEGATIVE_INFINITY,
    fromOffset = 0,
  ) {
    this.#journal = journal;
    this.#chunk = new JournalChunk(journal, chunkBytes, memory);
    const { index } = journal;
    if (stream === Number.NEGATIVE_INFINITY) this.#stand(0);
    else {
      const run = index.find(stream, fromOffset);
      this.#stand(run < 0 ? index.runCount : run);
      if (run >= 0 && fromOffset > this.baseOffset) this.#standOn(entryAt(index, run, fromOffset));
    }
  }

  get byteLength(): number {
    return this.#journal.index.entries.length[this.#entry] as number;
  }

  get readBytes(): number {
    return this.#chunk.readBytes;
  }

  close(): void {
    this.#chunk.close();
  }

  next(): void {
    const { runs } = this.#journal.index;
    const past = (runs.firstEntry[this.#run] as number) + (runs.entryCount[this.#run] as number);
    if (this.#entry + 1 < past) this.#standOn(this.#entry + 1);
    else this.#stand(this.#run + 1);
  }

  batch(live: LiveStarts): MergedBatch {
    const { index, salt, path } = this.#journal;
    let at = this.#chunk.find(this.#entry);
    if (at < 0) {
      this.#chunk.load(this.#planner(live));
      at = this.#chunk.find(this.#entry);
    }
    this.#at = at;
    const { bytes, view } = this.#chunk;
    const position = entryPosition(index, this.#entry);
    this.#isSound =
      isIndexedBatch(view, at, index, this.#run, this.#entry) &&
      hasSoundCrc(bytes, view, at, salt, position) &&
      hasSoundBatch(bytes, view, at);
    const start = at + ENTRY_HEADER_BYTES;
    const place = {
      stream: this.stream,
      baseOffset: this.baseOffset,
      endOffset: this.endOffset,
      leaderEpoch: index.runs.leaderEpoch[this.#run] as number,
      writtenMs: (index.runs.writtenMs[this.#run] as number) || this.#journal.createdMs,
      bytes: bytes.subarray(start, start + this.byteLength),
    };
    if (!this.#isSound) return this.#damaged(place, { path, position, stream: this.stream });
    const maxTimestampMs = getInt64(view, at + MAX_TIMESTAMP_AT);
    return { ...place, maxTimestampMs, isRecordBatch: holdsRecordBatch(view.getUint8(at + FLAGS_AT)), damage: null };
  }

  /** A batch whose entry is damaged: a record batch may be whole nevertheless, which its own checksum tells. */
  #damaged(place: Omit<MergedBatch, 'maxTimestampMs' | 'isRecordBatch' | 'damage'>, damage: MergeDamage): MergedBatch {
    const { bytes, baseOffset, endOffset, leaderEpoch } = place;
    if (isRecordBatch(bytes, { baseOffset, offsetCount: endOffset - baseOffset, leaderEpoch }) && verifyCrc(bytes, 0)) {
      return { ...place, maxTimestampMs: recordsTimestamp(bytes, 0), isRecordBatch: true, damage: null };
    }
    const maxTimestampMs = this.#journal.index.runs.maxTimestampMs[this.#run] as number;
    return { ...place, maxTimestampMs, isRecordBatch: false, damage };
  }

  aborted(): AbortedTransaction | null {
    if (!this.#isSound) return this.#journal.index.abortedAt(this.stream, this.baseOffset);
    const { bytes, view } = this.#chunk;
    const start = this.#at + ENTRY_HEADER_BYTES;
    const payload = bytes.subarray(start, start + view.getUint32(this.#at + PAYLOAD_LENGTH_AT, true));
    return abortNote(view.getUint8(this.#at + FLAGS_AT), payload, this.baseOffset);
  }

  upcoming(into: StreamId[], limit: number): StreamId {
    const { runs, runCount } = this.#journal.index;
    for (let run = this.#run, added = 0; run < runCount; run++) {
      const stream = runs.stream[run] as number;
      if (stream === into.at(-1)) continue;
      if (added === limit) return into.at(-1) as number;
      into.push(stream);
      added += 1;
    }
    return Number.POSITIVE_INFINITY;
  }

  bytesAhead(stream: StreamId): number {
    const { index } = this.#journal;
    let byteLength = 0;
    const run = index.find(stream, 0);
    for (let at = run; at >= 0; at = index.next(at)) byteLength += index.runs.byteLength[at] as number;
    return byteLength;
  }

  /** Gives the entries to read, from the one it stands on, as far as it is known which are live. */
  #planner(live: LiveStarts): () => number {
    const { index } = this.#journal;
    let run = this.#run;
    let entry = this.#entry;
    let logStart = live.logStart(this.stream);
    return () => {
      for (;;) {
        if (run >= index.runCount || (index.runs.stream[run] as number) > live.bound) return -1;
        const past = (index.runs.firstEntry[run] as number) + (index.runs.entryCount[run] as number);
        if (entry >= past || (index.runs.endOffset[run] as number) <= logStart) {
          run += 1;
          if (run >= index.runCount) return -1;
          entry = index.runs.firstEntry[run] as number;
          const stream = index.runs.stream[run] as number;
          if (stream <= live.bound) logStart = live.logStart(stream);
        } else if (entryEndOffset(index, run, entry) <= logStart) entry += 1;
        else return entry++;
      }
    };
  }

  #stand(run: number): void {
    const { index } = this.#journal;
    this.#run = run;
    if (run >= index.runCount) {
      this.stream = Number.POSITIVE_INFINITY;
      this.baseOffset = this.endOffset = 0;
      return;
    }
    this.stream = index.runs.stream[run] as number;
    this.#standOn(index.runs.firstEntry[run] as number);
  }

  #standOn(entry: number): void {
    const { index } = this.#journal;
    this.#entry = entry;
    this.baseOffset = (index.runs.baseOffset[this.#run] as number) + (index.entries.offsetDelta[entry] as number);
    this.endOffset = entryEndOffset(index, this.#run, entry);
  }
}
