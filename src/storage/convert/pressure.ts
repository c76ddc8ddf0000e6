/** How hard conversion works: as the settings say while it keeps up, with less compression and more speed when it does not. */

export interface ConvertPace {
  /** Bytes read and written a second, or 0 for no limit. */
  readonly bytesPerSecond: number;
  /** zstd level, or 0 for none. */
  readonly level: number;
}

/**
 * Journal files waiting from which on each step is taken. There is no last step at which clients have to give way: what
 * waits is served as it is, and goes as it is once all in a file is dead.
 */
const STEPS: ReadonlyArray<{ readonly waiting: number; readonly maxLevel: number; readonly factor: number }> = [
  { waiting: 192, maxLevel: 0, factor: 8 },
  { waiting: 96, maxLevel: 0, factor: 4 },
  { waiting: 48, maxLevel: 1, factor: 2 },
];

/** What a merge that may wait reads and writes a second while clients are busy. */
const BUSY_BYTES_PER_SECOND = 1024 * 1024;

/** Bytes a second for it then. @param bytesPerSecond else; 0: no limit */
export function busyRate(bytesPerSecond: number): number {
  return bytesPerSecond === 0 ? BUSY_BYTES_PER_SECOND : Math.min(bytesPerSecond, BUSY_BYTES_PER_SECOND);
}

/** @param waiting sealed journal files that are not converted. */
export function paceFor(wanted: ConvertPace, waiting: number): ConvertPace {
  const step = STEPS.find((one) => waiting >= one.waiting);
  if (step === undefined) return wanted;
  return { bytesPerSecond: wanted.bytesPerSecond * step.factor, level: Math.min(wanted.level, step.maxLevel) };
}
