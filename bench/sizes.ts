/** How much each workload does: in full, in a run of two minutes, and in a test. */
import type { Codec } from './generators/generator.ts';

export interface Sizes {
  /** False: what takes long and is not among the first questions is left out, unless it is asked for. */
  readonly isThorough: boolean;
  /** How long each load runs that goes as fast as it can. */
  readonly loadSeconds: number;
  readonly recordBytes: readonly number[];
  readonly codecs: readonly Codec[];
  readonly acks: ReadonlyArray<1 | -1>;
  /** Records of 1 KiB that a topic has before it is read. */
  readonly records: number;
  /** Records a second, by the clock. */
  readonly rates: readonly number[];
  readonly openLoopSeconds: number;
  readonly roundTrips: number;
  readonly partitions: readonly number[];
  readonly producers: number;
  readonly readers: number;
  /** Read while others produce, in bytes. */
  readonly backlogBytes: number;
  readonly syncedWriters: readonly number[];
  readonly transactionSeconds: number;
  /** Of a group that joins at once, or is restarted one after the other. */
  readonly members: number;
  /** Records of 1 KiB that a share consumer reads. */
  readonly shareRecords: number;
  /** How long clients connect and log in. */
  readonly loginSeconds: number;
  /** Of a broker that has many. */
  readonly acls: number;
  /** Times that it and one without take turns. */
  readonly aclTurns: number;
  /** How long a stranger visits beside each crowd of clients. */
  readonly crowdSeconds: number;
  /** Data that goes through the broker before its memory is taken, in bytes. */
  readonly memoryBytes: number;
  readonly idleConnections: number;
  /** Groups of a hundred members each that have nothing to do, and how long they are watched. */
  readonly idleGroups: number;
  readonly idleSeconds: number;
  /** Data whose room on the disk is taken, in bytes. */
  readonly diskBytes: number;
  /** Whether pages are touched before a load that writes much (see touched-pages.ts). */
  readonly touchesPages: boolean;
}

const FULL: Sizes = {
  isThorough: true,
  loadSeconds: 2,
  recordBytes: [10, 100, 1024, 10_240, 102_400],
  codecs: ['none', 'lz4', 'zstd'],
  acks: [1, -1],
  records: 1_000_000,
  rates: [5000, 20_000, 50_000],
  openLoopSeconds: 10,
  roundTrips: 5000,
  partitions: [1, 10, 100, 1000, 10_000],
  producers: 500,
  readers: 10,
  backlogBytes: 1e9,
  syncedWriters: [1, 64, 256],
  transactionSeconds: 10,
  members: 100,
  shareRecords: 500_000,
  loginSeconds: 8,
  acls: 10_000,
  aclTurns: 7,
  crowdSeconds: 5,
  memoryBytes: 5e9,
  idleConnections: 10_000,
  idleGroups: 100,
  idleSeconds: 30,
  diskBytes: 1e9,
  touchesPages: true,
};

const QUICK: Sizes = {
  ...FULL,
  isThorough: false,
  loadSeconds: 0.5,
  recordBytes: [100, 1024, 10_240],
  codecs: ['none', 'lz4'],
  acks: [-1],
  records: 200_000,
  rates: [5000],
  openLoopSeconds: 2,
  roundTrips: 500,
  partitions: [1, 100],
  producers: 100,
  backlogBytes: 100e6,
  syncedWriters: [1, 64],
  transactionSeconds: 1,
  members: 10,
  shareRecords: 20_000,
  loginSeconds: 2,
  crowdSeconds: 1,
  memoryBytes: 200e6,
  idleConnections: 500,
  idleGroups: 2,
  idleSeconds: 3,
  diskBytes: 100e6,
  touchesPages: false,
};

/** Does it run? For tests: what comes out says nothing. */
const TINY: Sizes = {
  ...QUICK,
  loadSeconds: 0.05,
  recordBytes: [1024],
  codecs: ['lz4'],
  records: 1000,
  rates: [500],
  openLoopSeconds: 0.2,
  roundTrips: 20,
  partitions: [2],
  producers: 3,
  readers: 2,
  backlogBytes: 1e6,
  syncedWriters: [2],
  transactionSeconds: 0.1,
  members: 2,
  shareRecords: 100,
  loginSeconds: 0.1,
  acls: 20,
  aclTurns: 2,
  crowdSeconds: 0.1,
  memoryBytes: 1e6,
  idleConnections: 5,
  idleGroups: 1,
  idleSeconds: 0.1,
  diskBytes: 1e6,
};

export const SIZES = { full: FULL, quick: QUICK, tiny: TINY } as const;
