/** How a log is opened: the options, their ranges, and what is told of a wrong one. */
import type { Logger } from '../base/logger.ts';
import { didYouMean } from '../config/nearest.ts';
import type { Durability } from '../storage/types.ts';

/** How long entries are kept. A bound that is left out is none. */
export interface RetentionLimits {
  /** Age in ms beyond which entries may go. */
  readonly retentionMs?: number;
  /** Bytes of a stream beyond which its oldest entries may go; at least as many stay. */
  readonly retentionBytes?: number;
}

export interface WriteAheadLogOptions {
  /** Where the log lies; made unless it is there. Without one everything is in memory and gone after `close`. */
  readonly directory?: string;
  /**
   * When an append counts: `os` (default: written to the operating system, on the device within `flushIntervalMs`) or
   * `fsync` (on the device). A log in memory has `memory`. An append may ask for more.
   */
  readonly durability?: Durability;
  /** With `os`: longest time in ms for which written bytes are not on the device; default 10. */
  readonly flushIntervalMs?: number;
  /** Bytes at which a journal file is full, 64 KiB to 2 GiB; default 128 MiB. A larger entry gets a file of its own. */
  readonly maxSegmentSize?: number;
  /**
   * zstd level, 1 to 22, for entries once they are moved from the journal into segments, or 0 for none; default 3. Readers
   * get back what was appended. A higher level takes less disk and much more CPU.
   */
  readonly compressionLevel?: number;
  /**
   * Bytes that are read and written a second to move entries into segments, while that keeps up, or 0 for as many as one
   * thread can; default 100 MiB. More than twice what is appended keeps up.
   */
  readonly convertBytesPerSecond?: number;
  /** Appends under way at most; further ones wait for their turn, in order. Default 1024. */
  readonly maxConcurrentWrites?: number;
  /** Bytes that a log in memory may have; when they are used up the oldest entries go. Default 512 MiB. */
  readonly maxMemoryBytes?: number;
  /** Bytes of the newest entries kept in memory for readers; default 24 MiB. */
  readonly cacheBytes?: number;
  /** Bytes of indexes of older entries kept in memory; default 32 MiB. */
  readonly indexCacheBytes?: number;
  /** Bounds for every stream, seen to twice a minute; default: everything is kept. */
  readonly retention?: RetentionLimits;
  /** Where log lines go; default: nowhere. */
  readonly logger?: Logger;
}

const MIB = 1024 * 1024;

/** All options, numbers with their least and largest value. */
const OPTIONS: Readonly<Record<keyof WriteAheadLogOptions, readonly [number, number] | null>> = {
  directory: null,
  durability: null,
  flushIntervalMs: [0, 60_000],
  maxSegmentSize: [64 * 1024, 2048 * MIB],
  compressionLevel: [0, 22],
  convertBytesPerSecond: [0, Number.MAX_SAFE_INTEGER],
  maxConcurrentWrites: [1, 1_000_000],
  maxMemoryBytes: [MIB, Number.MAX_SAFE_INTEGER],
  cacheBytes: [0, Number.MAX_SAFE_INTEGER],
  indexCacheBytes: [0, Number.MAX_SAFE_INTEGER],
  retention: null,
  logger: null,
};

/** @throws TypeError, RangeError: one line that names the option */
export function checkOptions(options: WriteAheadLogOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('WriteAheadLog.open takes an object of options');
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      throw new TypeError(`WriteAheadLog.open: unknown option ${name}${didYouMean(name, Object.keys(OPTIONS))}`);
    }
    const range = OPTIONS[name as keyof WriteAheadLogOptions];
    if (range === null || value === undefined) continue;
    const [least, most] = range;
    if (Number.isSafeInteger(value) && value >= least && value <= most) continue;
    throw new RangeError(
      `WriteAheadLog.open: ${name} is a whole number from ${least} to ${most}, not ${String(value)}`,
    );
  }
  const { directory, durability, retention } = options;
  if (directory !== undefined && (typeof directory !== 'string' || directory === '')) {
    throw new TypeError('WriteAheadLog.open: directory is a path');
  }
  checkDurability('WriteAheadLog.open', durability);
  if (durability !== undefined && durability !== 'memory' && directory === undefined) {
    throw new TypeError(`WriteAheadLog.open: durability ${durability} needs a directory; without one all is in memory`);
  }
  if (durability === 'memory' && directory !== undefined) {
    throw new TypeError('WriteAheadLog.open: a log with a directory has the durability os or fsync');
  }
  if (retention !== undefined) checkRetention('WriteAheadLog.open', retention);
}

/** @throws TypeError */
export function checkDurability(where: string, durability: unknown): void {
  if (durability === undefined || durability === 'memory' || durability === 'os' || durability === 'fsync') return;
  throw new TypeError(`${where}: durability is 'os', 'fsync' or 'memory', not ${String(durability)}`);
}

/** @throws TypeError, RangeError */
export function checkRetention(where: string, limits: RetentionLimits): void {
  for (const [name, value] of Object.entries(limits)) {
    if (name !== 'retentionMs' && name !== 'retentionBytes') {
      throw new TypeError(`${where}: unknown limit ${name}${didYouMean(name, ['retentionMs', 'retentionBytes'])}`);
    }
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new RangeError(`${where}: ${name} is a whole number from 0 on, not ${String(value)}`);
    }
  }
}
