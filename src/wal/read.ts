/** Reading entries of a stream: in chunks from the engine, one by one to the caller. */
import type { Slice } from '../base/counted.ts';
import { isDropped, StorageError } from '../storage/types.ts';
import type { LogCore } from './core.ts';
import { MAX_PACK_ENTRIES, PACK_EPOCH, packLengths } from './pack.ts';

export interface WalEntry {
  /** First offset of the entry. */
  readonly offset: number;
  /** Exclusive: where the next entry starts, unless some were left out by compaction. */
  readonly endOffset: number;
  /** The caller's to keep and change. Neighbouring entries share memory: copy a small one that is kept for long. */
  readonly bytes: Buffer;
}

const CHUNK_BYTES = 256 * 1024;

interface Range {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly maxBytes: number;
}

/** @throws StorageError NOT_FOUND when `from` was truncated */
export async function readEntries(core: LogCore, stream: number, { from, to, maxBytes }: Range): Promise<WalEntry[]> {
  const { engine } = core;
  core.refuseIfClosed();
  if (!engine.has(stream)) return [];
  const { logStartOffset } = engine.state(stream);
  if (from < logStartOffset) throw truncated(stream, logStartOffset, from);
  const ends: number[] = [];
  const { parts, byteLength } = await engine.read({
    stream,
    offset: from,
    // A pack that goes beyond it may begin before.
    endOffset: Math.min(core.endOf(stream), to + MAX_PACK_ENTRIES),
    maxBytes,
    atLeastOne: true,
    onBatch: (...place) => ends.push(...place),
  });
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  let at = 0;
  let loaded: readonly Slice[] = [];
  try {
    for (const part of parts) {
      loaded = await part.load();
      for (const slice of loaded) at += slice.bytes.copy(bytes, at);
      for (const slice of loaded) slice.owner.release();
    }
  } catch (error) {
    if (!isDropped(error)) throw error;
    core.refuseIfClosed();
    // A log in memory has made room meanwhile.
    throw truncated(stream, core.stateOf(stream).logStartOffset, from);
  } finally {
    for (const part of parts) part.release();
  }
  return entriesOf(stream, bytes, ends, { from, to, maxBytes });
}

function truncated(stream: number, logStartOffset: number, from: number): StorageError {
  return new StorageError(
    'NOT_FOUND',
    `Stream ${stream} was truncated: it begins at offset ${logStartOffset}, not ${from}`,
  );
}

/** @param places of each batch: first offset, exclusive end, byte length and leader epoch, one after the other */
function entriesOf(stream: number, bytes: Buffer, places: readonly number[], range: Range): WalEntry[] {
  const entries: WalEntry[] = [];
  let byteLength = 0;
  /** False once it is enough. */
  const add = (entry: WalEntry): boolean => {
    if (entry.endOffset <= range.from) return true;
    if (entry.endOffset > range.to) return false;
    if (entries.length > 0 && byteLength + entry.bytes.length > range.maxBytes) return false;
    byteLength += entry.bytes.length;
    entries.push(entry);
    return true;
  };
  let at = 0;
  for (let i = 0; i < places.length; i += 4) {
    const [offset = 0, endOffset = 0, length = 0, epoch = 0] = places.slice(i, i + 4);
    const batch = bytes.subarray(at, at + length);
    at += length;
    if (epoch !== PACK_EPOCH) {
      if (!add({ offset, endOffset, bytes: batch })) return entries;
      continue;
    }
    const lengths = packLengths(batch, endOffset - offset);
    if (lengths === null)
      throw new StorageError('CORRUPT', `Stream ${stream}: the entries from ${offset} on are damaged`);
    let start = 0;
    for (const [n, one] of lengths.entries()) {
      if (!add({ offset: offset + n, endOffset: offset + n + 1, bytes: batch.subarray(start, start + one) }))
        return entries;
      start += one;
    }
  }
  return entries;
}

export interface EntryReaderOptions {
  readonly from?: number;
  readonly to?: number;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** The iterator behind `WalStream.read`. */
export class EntryReader implements AsyncIterableIterator<WalEntry> {
  readonly #core: LogCore;
  readonly #stream: number;
  readonly #options: EntryReaderOptions;
  #chunk: readonly WalEntry[] = [];
  #at = 0;
  /** Where the next chunk starts; -1 before the first. */
  #position = -1;
  #to: number;
  #isDone = false;
  /** The step under way: steps that nobody waited for come one after the other. */
  #step: Promise<unknown> = Promise.resolve();

  constructor(core: LogCore, stream: number, options: EntryReaderOptions) {
    this.#core = core;
    this.#stream = stream;
    this.#options = options;
    this.#to = options.to ?? Number.POSITIVE_INFINITY;
  }

  next(): Promise<IteratorResult<WalEntry>> {
    const entry = this.#chunk[this.#at];
    if (entry !== undefined && !this.#hasEnded) {
      this.#at += 1;
      return Promise.resolve({ value: entry, done: false });
    }
    const step = this.#step.then(() => this.#next());
    this.#step = step.catch(() => undefined);
    return step;
  }

  return(): Promise<IteratorResult<WalEntry>> {
    this.#end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get #hasEnded(): boolean {
    return this.#isDone || this.#options.signal?.aborted === true;
  }

  #end(): void {
    this.#isDone = true;
    this.#chunk = [];
  }

  async #next(): Promise<IteratorResult<WalEntry>> {
    while (this.#at >= this.#chunk.length && !this.#hasEnded) await this.#load();
    const entry = this.#hasEnded ? undefined : this.#chunk[this.#at++];
    if (entry === undefined) this.#end();
    return entry === undefined ? { value: undefined, done: true } : { value: entry, done: false };
  }

  /** Brings the next chunk, or ends. */
  async #load(): Promise<void> {
    const { from, to, follow = false, signal } = this.#options;
    const core = this.#core;
    if (this.#position < 0) {
      this.#position = from ?? core.stateOf(this.#stream).logStartOffset;
      if (!follow) this.#to = to ?? core.endOf(this.#stream);
    }
    if (this.#position >= this.#to) return this.#end();
    const end = core.endOf(this.#stream);
    if (this.#position >= end) {
      if (!follow || !(await core.waitForMore(this.#stream, this.#position, signal))) this.#end();
      return;
    }
    try {
      const range = { from: this.#position, to: Math.min(end, this.#to), maxBytes: CHUNK_BYTES };
      this.#chunk = await readEntries(core, this.#stream, range);
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#at = 0;
    const last = this.#chunk.at(-1);
    if (last !== undefined) this.#position = last.endOffset;
    // What was there is lost; or an entry reaches behind `to`.
    else if (end < this.#to) this.#position = end;
    else this.#end();
  }
}
