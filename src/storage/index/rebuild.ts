/**
 * What a sealed file says of itself at its end (index, footer), made again from its entries. Goes from header to header, a
 * window at a time: a batch that vouches for itself need not be whole, since its index entry does not depend on that.
 */
import { readFully } from '../files/files.ts';
import { ABORT_NOTE_BYTES, abortNote, noteBytes } from '../format/abort-note.ts';
import type { EntryHeader } from '../format/format.ts';
import { aligned, ENTRY_HEADER_BYTES, EntryKind, FILE_HEADER_BYTES, isKnown } from '../format/format.ts';
import { ActiveIndex, type IndexedBatch } from './active-index.ts';
import { Claims } from './claims.ts';
import type { Seal } from './journal-file.ts';
import { RunIndex } from './run-index.ts';
import type { ScanSource } from '../format/scan.ts';
import { EntryWalk } from '../format/scan.ts';

/** Small, so that what is found in one window does not hold the event loop for long. */
const WINDOW_BYTES = 256 * 1024;

export interface RebuiltFile {
  readonly index: RunIndex;
  /** Payload bytes of all batches. */
  readonly batchBytes: number;
  readonly maxTimestampMs: number;
  /** Where the seal starts, or what is no sound entry. */
  readonly end: number;
  /** An entry of the seal lies there: all before it is known. */
  readonly isSealed: boolean;
  /** Where a whole checkpoint that starts there ends; `end` when there is none. */
  readonly checkpointEnd: number;
}

/** Walks a file up to its seal or the first entry that is not sound. */
export async function rebuildFile(source: ScanSource): Promise<RebuiltFile> {
  return await new Rebuild(source, null).run();
}

/**
 * As `rebuildFile` for a sealed file; an entry that is not sound is passed over where the stored index, damaged as it is,
 * tells what it was, and that fits all the rest. Reads of it are refused.
 */
export async function rebuildSealed(source: ScanSource, seal: Seal): Promise<RebuiltFile> {
  const sound = await rebuildFile(source);
  if (sound.end >= seal.checkpointPosition || seal.indexLength === 0) return sound;
  const bytes = Buffer.from(new ArrayBuffer(seal.indexLength));
  const read = await readFully(source.file, bytes, seal.indexPosition + ENTRY_HEADER_BYTES);
  const stored = read < bytes.length ? null : RunIndex.decode(bytes);
  if (stored === null) return sound;
  const claims = new Claims(stored);
  const rebuild = new Rebuild(source, { claims, end: seal.checkpointPosition });
  const whole = await rebuild.run();
  return whole.end === seal.checkpointPosition && claims.fits(rebuild.index) ? whole : sound;
}

/** What to go by where an entry is not sound, up to the end of the entries. */
interface ClaimedEntries {
  readonly claims: Claims;
  readonly end: number;
}

class Rebuild {
  readonly #source: ScanSource;
  readonly #walk: EntryWalk;
  readonly #around: ClaimedEntries | null;
  readonly index = new ActiveIndex();
  #batchBytes = 0;
  #maxTimestampMs = -1;

  constructor(source: ScanSource, around: ClaimedEntries | null) {
    this.#source = source;
    this.#walk = new EntryWalk(source, WINDOW_BYTES);
    this.#around = around;
  }

  async run(): Promise<RebuiltFile> {
    let position = FILE_HEADER_BYTES;
    let header = await this.#walk.header(position);
    for (; header === null || !isOfSeal(header.kind); header = await this.#walk.header(position)) {
      const next = header === null ? await this.#pass(position) : await this.#take(header, position);
      if (next < 0) {
        header = null;
        break;
      }
      position = next;
    }
    const end = position;
    const isSealed = header !== null;
    let checkpointEnd = end;
    for (let part = 0; header?.kind === EntryKind.CHECKPOINT && header.baseOffset === part; part++) {
      position = aligned(position + ENTRY_HEADER_BYTES + header.payloadLength);
      if (part === header.offsetCount - 1) checkpointEnd = position;
      header = await this.#walk.header(position);
    }
    const figures = { batchBytes: this.#batchBytes, maxTimestampMs: this.#maxTimestampMs };
    return { index: RunIndex.fromActive(this.index), ...figures, end, isSealed, checkpointEnd };
  }

  /** Takes a sound entry; gives where the next one begins, or -1 when it is cut off. */
  async #take(header: EntryHeader, position: number): Promise<number> {
    const past = position + ENTRY_HEADER_BYTES + header.payloadLength;
    if (past > this.#source.size) return -1;
    if (header.kind !== EntryKind.BATCH || !isKnown(header)) return aligned(past);
    this.#around?.claims.confirm(header.stream, header.baseOffset);
    const note = noteBytes(header.flags);
    const byteLength = header.payloadLength - note;
    this.#add(header, position, byteLength, header.writtenMs);
    const end = note === 0 ? null : await this.#walk.payloadEnd(position, header, note);
    const aborted = end === null ? null : abortNote(header.flags, end, header.baseOffset);
    if (aborted !== null) this.index.aborts.add(header.stream, aborted);
    return aligned(past);
  }

  /** Passes over an entry that is not sound; gives where the next one begins, or -1 when nobody knows. */
  async #pass(position: number): Promise<number> {
    const claim = this.#around?.claims.at(position);
    if (this.#around === null || claim === undefined || position >= this.#around.end) return -1;
    const { claims, end } = this.#around;
    claims.take(claim, this.index);
    this.#add(claim, position, claim.byteLength, claim.writtenMs);
    if (claim.aborted !== null) this.index.aborts.add(claim.stream, claim.aborted);
    const past = position + ENTRY_HEADER_BYTES + claim.byteLength;
    for (const next of [aligned(past), aligned(past + ABORT_NOTE_BYTES)]) {
      if (next > end) break;
      if (next === end || claims.at(next) !== undefined || (await this.#walk.header(next)) !== null) return next;
    }
    return -1;
  }

  #add(batch: IndexedBatch, position: number, byteLength: number, writtenMs: number): void {
    this.index.add(batch, position, byteLength, writtenMs);
    this.#batchBytes += byteLength;
    this.#maxTimestampMs = Math.max(this.#maxTimestampMs, batch.maxTimestampMs);
  }
}

function isOfSeal(kind: EntryKind): boolean {
  return kind === EntryKind.CHECKPOINT || kind === EntryKind.RUN_INDEX || kind === EntryKind.FOOTER;
}
