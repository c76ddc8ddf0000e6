/** One stream of a log: entries at offsets 0, 1, 2, …, each some bytes. */
import { didYouMean } from '../config/nearest.ts';
import type { Durability } from '../storage/types.ts';
import { checkDurability, checkRetention, type RetentionLimits } from './options.ts';
import { EntryReader, readEntries, type WalEntry } from './read.ts';
import type { LogCore } from './core.ts';

export interface AppendOptions {
  /** When this append counts, if more is wanted than the log's own durability gives. */
  readonly durability?: Durability;
  /** Offsets that the entry takes, at least 1 (the default): for bytes that hold several messages. */
  readonly count?: number;
  /** Time of the entry in ms since 1970, for retention and `offsetOf`; default: now. */
  readonly timestampMs?: number;
}

export interface ReadOptions {
  /** First offset; an entry of several offsets that contains it is given whole. Default: the oldest there is. */
  readonly from?: number;
  /** Exclusive: no entry that ends behind it is given. Default: what is there at the first step. */
  readonly to?: number;
  /** True goes on with entries as they are appended, until `signal`, `to` or the end of the log; default false. */
  readonly follow?: boolean;
  /** Ends the reading: the loop is left as at its natural end. */
  readonly signal?: AbortSignal;
}

/** A handle costs nothing and holds nothing: make one whenever it is needed. Use `WriteAheadLog.stream`. */
export class WalStream {
  /** The stream's number. */
  readonly id: number;
  readonly #core: LogCore;

  /** @internal */
  constructor(core: LogCore, id: number) {
    this.#core = core;
    this.id = id;
  }

  /** Offset of the oldest entry that is kept; what is before it was truncated. */
  get startOffset(): number {
    return this.#core.stateOf(this.id).logStartOffset;
  }

  /** Exclusive: one past the newest entry whose append is done; readers see as far as this. */
  get endOffset(): number {
    return this.#core.endOf(this.id);
  }

  /** Bytes of the entries between `startOffset` and the newest one that was appended. */
  get byteLength(): number {
    return this.#core.stateOf(this.id).liveBytes;
  }

  /**
   * Appends an entry; resolves with its offset once it is as durable as asked. Appends take effect in the order of the
   * calls, also when nobody waits for them; at most `maxConcurrentWrites` are under way, the others wait.
   * The bytes must not be changed before that, and may be afterwards.
   * @throws TypeError, RangeError at once for arguments that are none; rejects with a StorageError: DISK_FULL (not
   * written, try again later), MEMORY_FULL, POISONED (the disk failed: unknown whether written, and the end of this log),
   * CLOSED
   */
  append(bytes: Uint8Array, options?: AppendOptions): Promise<number> {
    if (!(bytes instanceof Uint8Array)) throw notBytes(bytes);
    if (options !== undefined) checkAppend(options);
    return this.#core.append(this.id, bytes, options);
  }

  /**
   * Appends entries at consecutive offsets, which counts as one append; resolves with the first offset once all are as
   * durable as asked. Throws and rejects as `append`; when it rejects, the first few may be there.
   */
  appendMany(entries: readonly Uint8Array[], options?: Omit<AppendOptions, 'count'>): Promise<number> {
    if (!Array.isArray(entries) || entries.length === 0)
      throw new TypeError('appendMany takes an array of at least one entry');
    for (const bytes of entries) if (!(bytes instanceof Uint8Array)) throw notBytes(bytes);
    if (options !== undefined) checkAppend(options);
    return this.#core.appendMany(this.id, entries, options);
  }

  /**
   * The entries, oldest first: `for await (const { offset, bytes } of stream.read())`.
   * @throws TypeError, RangeError at once; the loop throws a StorageError: NOT_FOUND (`from` was truncated), CORRUPT, IO
   */
  read(options: ReadOptions = {}): AsyncIterableIterator<WalEntry> {
    checkRead(options);
    return new EntryReader(this.#core, this.id, options);
  }

  /**
   * Entries from `from` on, up to about `maxBytes` bytes of them (at least one if there is any): what `read` is made of,
   * without a step per entry. Empty at the end. @throws as `read`
   */
  readMany(from: number, maxBytes = 256 * 1024): Promise<readonly WalEntry[]> {
    checkOffset('readMany', 'from', from);
    if (!(maxBytes >= 1)) throw new RangeError(`readMany: maxBytes is at least 1, not ${maxBytes}`);
    return readEntries(this.#core, this.id, { from, to: this.endOffset, maxBytes });
  }

  /** Offset of the first entry at or after a time, in ms since 1970; null without one. */
  async offsetOf(timestampMs: number): Promise<number | null> {
    const { engine } = this.#core;
    this.#core.refuseIfClosed();
    if (!engine.has(this.id)) return null;
    const found = await engine.findByTimestamp(this.id, timestampMs, this.startOffset, this.endOffset);
    // Some of what was appended together may be truncated.
    return found === null ? null : Math.max(found.baseOffset, this.startOffset);
  }

  /**
   * Forgets the entries before an offset, for good; resolves when the log has noted it. What an append has not finished
   * stays. Their space comes back in the background. @throws RangeError
   */
  async truncate(options: { readonly before: number }): Promise<void> {
    checkNames('truncate', options, ['before']);
    const { before } = options;
    checkOffset('truncate', 'before', before);
    const { engine } = this.#core;
    this.#core.refuseIfClosed();
    if (engine.has(this.id)) await engine.trim(this.id, Math.min(before, this.endOffset));
  }

  /**
   * Truncates what is beyond the limits; resolves with the offset of the oldest entry then. Goes by stretches of
   * entries, so that somewhat more may stay. @throws TypeError, RangeError
   */
  async retain(limits: RetentionLimits): Promise<number> {
    checkRetention('retain', limits);
    return await this.#core.retain(this.id, limits);
  }
}

function notBytes(value: unknown): TypeError {
  const found =
    value === null ? 'null' : typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value;
  return new TypeError(`An entry is a Uint8Array or Buffer, not ${found}; text: Buffer.from(text)`);
}

function checkOffset(where: string, name: string, offset: unknown): void {
  if (Number.isSafeInteger(offset) && (offset as number) >= 0) return;
  throw new RangeError(`${where}: ${name} is an offset, a whole number from 0 on, not ${String(offset)}`);
}

/** @throws TypeError for what is no object, or has a name that is none of these */
function checkNames(where: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new TypeError(`${where}: takes { ${names.join(', ')} }`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new TypeError(`${where}: unknown option ${unknown}${didYouMean(unknown, names)}`);
}

function checkRead(options: ReadOptions): void {
  checkNames('read', options, ['from', 'to', 'follow', 'signal']);
  for (const name of ['from', 'to'] as const) {
    if (options[name] !== undefined) checkOffset('read', name, options[name]);
  }
}

function checkAppend({ durability, count = 1, timestampMs = 0 }: AppendOptions): void {
  checkDurability('append', durability);
  if (!(Number.isSafeInteger(count) && count >= 1 && count < 2 ** 31)) {
    throw new RangeError(`append: count is a whole number from 1 on, not ${String(count)}`);
  }
  if (!Number.isSafeInteger(timestampMs)) {
    throw new RangeError(`append: timestampMs is a whole number, not ${String(timestampMs)}`);
  }
}
