/**
 * The disk as the engine sees it: the few operations it needs, so that tests can put a faulty disk in their place. A
 * failed call throws or rejects with an error that carries the system's `code` (ENOSPC, EIO, ...).
 */
import { isError } from '../../base/realms.ts';

/** One open file. Positions and lengths are bytes; nothing moves a shared file position. */
export interface OpenFile {
  /** Fills `into` from `position`; gives the bytes read, fewer only at the end of the file. */
  read(into: Buffer, position: number): Promise<number>;
  /** As `read`, at once and on this thread. */
  readSync(into: Buffer, position: number): number;
  /** Writes the buffers one after the other, waiting for it; gives the bytes written, which may be fewer. */
  writeSync(buffers: readonly Buffer[], position: number): number;
  /** As `writeSync`, on a thread. At most one write of the journal is under way at a time. */
  write(buffers: readonly Buffer[], position: number): Promise<number>;
  /** Puts what is written, and the file's length, on the device. */
  datasync(): Promise<void>;
  /** As `datasync`, waiting for it: for threads that may. */
  datasyncSync(): void;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/**
 * How to open: `create` makes a new file for reading and writing and fails if there is one; `write` opens an existing
 * one for both; `read` for reading only.
 */
export type OpenMode = 'create' | 'write' | 'read';

/** How much room a volume has. */
export interface DiskSpace {
  /** Bytes of the volume, or -1 when unknown. */
  readonly totalBytes: number;
  /** Bytes that this process may still use, or -1 when unknown. A quota may allow fewer. */
  readonly usableBytes: number;
}

/** A file system. Paths are the operating system's. */
export interface Files {
  /** Makes the directory and its parents unless they exist. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory, in no order. */
  list(path: string): Promise<string[]>;
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Puts created, renamed and removed names of a directory on the device. */
  syncDirectory(path: string): Promise<void>;
  /** Room of the volume that holds a directory; never rejects. */
  space(path: string): Promise<DiskSpace>;
  /** Stops what it keeps running to be quick, once that is idle; what comes later starts it again. */
  rest(): Promise<void>;
}

/** The system's code of a failed call, or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!isError(error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** True when a call failed for lack of space, which may pass. */
export function isNoSpace(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Reads `into` full or up to the end of the file; gives the bytes read. */
export async function readFully(file: OpenFile, into: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const read = await file.read(done === 0 ? into : into.subarray(done), position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** As `readFully`, at once and on this thread. */
export function readFullySync(file: OpenFile, into: Buffer, position: number): number {
  let done = 0;
  while (done < into.length) {
    const read = file.readSync(done === 0 ? into : into.subarray(done), position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** What is left of `buffers` after their first `written` bytes. */
function remaining(buffers: readonly Buffer[], written: number): Buffer[] {
  let skip = written;
  const rest: Buffer[] = [];
  for (const buffer of buffers) {
    if (skip >= buffer.length) skip -= buffer.length;
    else {
      rest.push(skip === 0 ? buffer : buffer.subarray(skip));
      skip = 0;
    }
  }
  return rest;
}

/** Writes all of `buffers` on a thread, going on after short writes. */
export async function writeFully(file: OpenFile, buffers: readonly Buffer[], position: number): Promise<void> {
  let rest = buffers;
  let at = position;
  while (rest.length > 0) {
    const written = await file.write(rest, at);
    at += written;
    rest = remaining(rest, written);
  }
}

/** Writes all of `buffers` at once, going on after short writes. */
export function writeFullySync(file: OpenFile, buffers: readonly Buffer[], position: number): void {
  let rest = buffers;
  let at = position;
  while (rest.length > 0) {
    const written = file.writeSync(rest, at);
    at += written;
    rest = remaining(rest, written);
  }
}
