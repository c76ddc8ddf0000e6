/** What conversion needs of the engine around it. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Directory } from '../directory.ts';
import type { DiskSpace, Files } from '../files/files.ts';
import type { Seal } from '../index/journal-file.ts';
import type { RunSource } from '../runs/run-source.ts';
import type { SourceList } from '../runs/source-list.ts';
import type { EngineStats } from '../stats.ts';
import type { StorageError } from '../types.ts';
import type { CompactionDuty } from './compaction.ts';
import type { ConvertPace } from './pressure.ts';
import type { SegmentDescriptor } from '../segment/descriptor.ts';
import type { SegmentFiles } from './segment-files.ts';
import type { SegmentSource } from './segment-source.ts';
import type { Merger } from './types.ts';

/** A sealed journal file. */
export interface SealedFile {
  readonly sequence: number;
  readonly path: string;
  /** Length of the file. */
  readonly byteLength: number;
  readonly seal: Seal;
  readonly source: RunSource;
}

/** Makes segments and reads them. */
export interface Segmenting {
  readonly merger: Merger;
  open(path: string, descriptor: SegmentDescriptor): SegmentSource;
}

export interface ConvertHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stats: EngineStats;
  readonly files: Files;
  /** Of the segments. */
  readonly folder: string;
  readonly clusterId: string;
  readonly maxSegmentBytes: number;
  readonly pace: ConvertPace;
  readonly directory: Directory;
  readonly sources: SourceList;
  readonly segments: SegmentFiles;
  readonly merger: Merger;
  readonly compaction: CompactionDuty;
  /** Sealed journal files that are on the device with all before them, oldest first. */
  readonly sealedFiles: () => readonly SealedFile[];
  /** Why nothing is written now, or null. */
  readonly refusal: () => StorageError | null;
  /** Resolves when all that was journaled so far is on the device. @throws StorageError */
  readonly flush: () => Promise<void>;
  /** Has the journal's copy of the catalog written anew, and forgotten before. */
  readonly moveCatalog: () => Promise<void>;
  readonly space: () => Promise<DiskSpace>;
  /** Waits until others had their turn. */
  readonly pause: () => Promise<void>;
  /** Sources were replaced: journal files may go. */
  readonly onPublished: () => void;
}
