/** What a measure is, and what it uses of an engine: only what every version of the engine has. */
import type { Part, Slice } from '../../src/base/counted.ts';
import type { Sizes } from './sizes.ts';

export type Durability = 'memory' | 'os' | 'fsync';

/** Figures of one run by name; the unit is the end of the name. */
export type Figures = Readonly<Record<string, number>>;

export interface SubjectAppend {
  readonly stream: number;
  readonly baseOffset: number;
  readonly offsetCount: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
  readonly payload: Slice;
  readonly durability: Durability;
  readonly onCommit: (error: Error | null) => void;
}

export interface SubjectRead {
  readonly parts: readonly Part[];
  readonly byteLength: number;
  readonly endOffset: number;
}

/** What the measures use of an engine. */
export interface SubjectEngine extends AsyncDisposable {
  readonly pendingBytes: number;
  createStream(stream: number): void;
  append(append: SubjectAppend): void;
  read(options: {
    readonly stream: number;
    readonly offset: number;
    readonly endOffset: number;
    readonly maxBytes: number;
    readonly atLeastOne: boolean;
  }): SubjectRead | Promise<SubjectRead>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Null: in memory. */
  readonly dataDir: string | null;
  readonly durability: Durability;
  readonly maxMemoryBytes?: number;
  readonly cacheBytes?: number;
  readonly indexCacheBytes?: number;
  readonly maxSegmentSize?: number;
}

/** What a caller of the engine by itself appends to: `walka/wal`, or in an older checkout the engine with a promise each. */
export interface SubjectStream {
  /** Resolves when it is acknowledged. */
  append(bytes: Buffer): Promise<unknown>;
}

export interface SubjectLog extends AsyncDisposable {
  stream(id: number): SubjectStream;
}

export interface Subject {
  /** The checkout whose engine it is. */
  readonly root: string;
  /** An empty folder of its own. */
  readonly directory: string;
  readonly sizes: Sizes;
  open(options: OpenOptions): Promise<SubjectEngine>;
  /** @param maxConcurrentWrites appends that may be under way at once, where it has that option; default the log's own */
  openLog(durability: Durability, maxConcurrentWrites?: number): Promise<SubjectLog>;
}

/** A measure runs in a process of its own, with `gc` exposed. */
export type Measure = (subject: Subject) => Promise<Figures>;
