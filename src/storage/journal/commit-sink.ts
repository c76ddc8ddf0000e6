/** Where a journal's commits go. */
import type { HeaderContext } from '../format/entry.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { Commit } from './commit.ts';

/** Files, or memory. */
export interface CommitSink {
  /** The file that is written now. */
  readonly file: JournalFile;
  /** Where the next commit goes in it: behind what is written, and what is being written. */
  readonly end: number;
  /** Bytes that the next commit may have, one large entry aside. */
  readonly roomBytes: number;
  /** Large payloads are copied, too: what was written stays for long. */
  readonly copiesAll: boolean;
  /** A write can be made on a thread: then a large one starts before `append` returns. */
  readonly hasThread: boolean;
  /** True when an entry that needs `byteLength` bytes must go to a new file; `nowMs` is the wall clock's. */
  mustRoll(byteLength: number, nowMs: number): boolean;
  /** Seals the file and goes on in the next. */
  roll(): Promise<void>;
  /** What a write up to `end` must wait for, or null. */
  blocker(end: number): Promise<void> | null;
  /** What the headers of entries say that are written now, at `nowMs` of the wall clock. */
  headerContext(nowMs: number): HeaderContext;
  /** Writes a commit: at once, and returns undefined, or on a thread. Throws or rejects with the system's error. */
  write(commit: Commit, mustUseThread: boolean): Promise<void> | undefined;
  /** A commit is written, which took `tookMs` until `nowMs` on the monotonic clock: makes it visible to readers. */
  written(commit: Commit, tookMs: number, nowMs: number): void;
  /** Cuts away what a write that found no space left of a commit. */
  cut(commit: Commit): Promise<void>;
}
