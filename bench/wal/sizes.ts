/** How much each measure does. */
export interface Sizes {
  /** Appends one at a time. */
  readonly loneAppends: number;
  /** Such that come before: with some 125,000 a journal file is full, and what that needs seldom runs for the first time. */
  readonly loneWarmUps: number;
  /** Bytes appended by many from one turn, and in batches. */
  readonly floodBytes: number;
  /** Streams with one record each. */
  readonly streams: number;
  /** How long each rate of synced appends is counted. */
  readonly fsyncSeconds: number;
  /** Stored when the process is killed. */
  readonly recoveryBytes: number;
  /** Read from the page cache. */
  readonly readBytes: number;
  /** Compressed at rest. */
  readonly compressionBytes: number;
}

export const FULL: Sizes = {
  loneAppends: 100_000,
  loneWarmUps: 300_000,
  floodBytes: 1e9,
  streams: 1_000_000,
  fsyncSeconds: 3,
  recoveryBytes: 10e9,
  readBytes: 2e9,
  compressionBytes: 256e6,
};

/** Does it run? */
export const QUICK: Sizes = {
  loneAppends: 10_000,
  loneWarmUps: 2000,
  floodBytes: 50e6,
  streams: 20_000,
  fsyncSeconds: 0.3,
  recoveryBytes: 50e6,
  readBytes: 50e6,
  compressionBytes: 8e6,
};
