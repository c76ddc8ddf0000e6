/**
 * The journal as the engine sees it: entries of all streams in one order, in a row of files of which the last is being
 * written. Where the files are is its own affair: on a disk (`file-journal.ts`) or in memory (`memory-journal.ts`).
 */
import type { PendingEntry } from '../format/entry.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { Durability, JournalEnd, StorageError } from '../types.ts';

export interface Journal {
  /** The file being written; it has an ActiveIndex. */
  readonly active: JournalFile;
  /** Where it ends; after a clean stop, where the next start finds its end. */
  readonly end: JournalEnd;
  /** Why batches are refused, or null. */
  readonly refusal: StorageError | null;
  /** True while batches are refused for lack of space only: what frees space is taken. */
  readonly isFull: boolean;
  /** Payload bytes of entries that are not acknowledged yet. */
  readonly pendingBytes: number;

  /** Makes space ready, which it can be written to without. */
  start(): Promise<void>;
  /** True when an entry for which this durability is asked is acknowledged only once it is on the device. */
  needsSync(asked: Durability): boolean;
  /** Queues an entry; it tells its owner itself when it is refused. Written at the end of this turn at the latest. */
  push(entry: PendingEntry): void;
  /** Waits until everything queued so far is as safe as it gets. @throws StorageError when the journal has failed */
  flush(): Promise<void>;
  /** Ends the active file, full or not, if there is anything in it; resolves when it is done or has failed. */
  seal(): Promise<void>;
  /** Takes nothing more, writes what is queued, and ends. When a step fails, the others are done nevertheless; then it rejects. */
  close(): Promise<void>;

  /** What a seal of the active file would take of the disk now. */
  readonly sealBytes: number;
  /**
   * Seals the active file, even if there is nothing in it, for a checkpoint that dead files wait for; on a full disk out
   * of the reserve. Resolves when it is done or has failed.
   */
  sealForCheckpoint(): Promise<void>;
  /** Makes as many files replaceable as can be without a seal. */
  settleCheckpoint(): Promise<void>;
  /** True when a start does not read the file any more. */
  isReplaced(file: JournalFile): boolean;
  /** Takes files away that are dead and replaced: from now on no reader finds them, and later they are gone. */
  remove(files: readonly JournalFile[]): Promise<void>;

  /** Gives space to somebody else on its disk who found none; false when there was nothing to give. */
  makeRoom(mayUseReserve: boolean): Promise<boolean>;
  /**
   * True when an entry of this size, for what frees space, may be written also while it is full.
   * @param mayWait it is small, and goes with something that waits for room
   */
  takesEntry(byteLength: number, mayWait: boolean): boolean;
}

export interface JournalEvents {
  /** A file is going to be sealed: the moment to write snapshots. */
  readonly onBeforeSeal: () => void;
  readonly onSealed: (file: JournalFile) => void;
  /** More files are replaced (`isReplaced`): what is newer came to the device. */
  readonly onReplaced: () => void;
  /** It goes on in this file. */
  readonly onBegun: (file: JournalFile) => void;
  /** Nothing will be taken any more. */
  readonly onFailure: (error: StorageError) => void;
  /** It is full, or there is space again: what could not be freed before may be now. */
  readonly onSpaceChanged: () => void;
}

/** How a journal is made for an engine. */
export type MakeJournal = (events: JournalEvents) => Journal;
