/** One journal file as the engine holds it: where it lies, how far it is written, its index, and who needs it. */
import type { FileIndex } from './file-index.ts';
import type { OpenFile } from '../files/files.ts';
import { FILE_HEADER_BYTES } from '../format/format.ts';
import { ResidentBytes } from './resident-bytes.ts';

/** What a footer says about a sealed file. */
export interface Seal {
  readonly checkpointPosition: number;
  readonly checkpointEnd: number;
  readonly indexPosition: number;
  readonly indexLength: number;
}

export interface JournalFileFields {
  readonly sequence: number;
  /** '' in memory mode. */
  readonly path: string;
  readonly salt: number;
  readonly createdMs: number;
  readonly startLsn: number;
}

export class JournalFile {
  readonly sequence: number;
  readonly path: string;
  readonly salt: number;
  readonly createdMs: number;
  /** Journal bytes before this file since the engine was opened: makes one order of all positions. */
  startLsn: number;
  /** Open file, if any; sealed files are opened when read. */
  handle: OpenFile | null = null;
  /** End of what is written; of a sealed file, its length. */
  written = FILE_HEADER_BYTES;
  /** Index in memory, if any. The active file always has one. */
  index: FileIndex | null = null;
  /** Set once the footer is written. */
  seal: Seal | null = null;
  /** Payload bytes of batches in the file, live or not. */
  batchBytes = 0;
  /** Largest timestamp of a batch in the file, or -1. */
  maxTimestampMs = -1;
  /** Some batch in the file is the marker of an aborted transaction. */
  hasAborts = false;
  /** Bytes of the file that are in memory: the tail cache, or the journal itself in memory mode. */
  readonly resident = new ResidentBytes();
  /** Parts being sent, searches, and bytes to be synced: the file is not deleted while there are any. */
  references = 0;
  /** Positions of batches found damaged, which are not read any more; null without. */
  damaged: Set<number> | null = null;

  constructor(fields: JournalFileFields) {
    this.sequence = fields.sequence;
    this.path = fields.path;
    this.salt = fields.salt;
    this.createdMs = fields.createdMs;
    this.startLsn = fields.startLsn;
  }
}
