/**
 * The real disk behind `Files`, through file descriptors: on Node's own threads, but for writes and syncs where there are
 * threads for these.
 */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { Gate } from '../../base/gate.ts';
import { diskSpace } from './disk-space.ts';
import { DiskThread } from './disk-thread.ts';
import type { Files, OpenFile, OpenMode } from './files.ts';
import type { Clock } from '../../base/clock.ts';
import { isError } from '../../base/realms.ts';

/** Threads that Node has for all that is asynchronous here: its default, unless the environment says otherwise. */
const POOL_THREADS = Number(process.env['UV_THREADPOOL_SIZE']) || 4;
/** However many readers wait for the disk, there is a thread to open files, and for what has no thread of its own yet. */
const reads = new Gate(Math.max(1, POOL_THREADS - 1));

const FLAGS: Readonly<Record<OpenMode, string>> = { create: 'wx+', write: 'r+', read: 'r' };

type Callback<T> = (error: Error | null, value?: T) => void;

/** Callbacks cost less than Node's own promises on the write path, and less memory anywhere. */
function promised<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === null || error === undefined ? resolve(value as T) : reject(error)));
  });
}

/** Writes and syncs each have a thread of their own: a sync takes its time. */
interface DiskThreads {
  readonly writes: DiskThread;
  readonly syncs: DiskThread;
}

/**
 * Larger writes go to Node's threads, of which reads leave one: the thread of writes has to have a copy of the bytes, and
 * at a GB a second the event loop would spend a fifth of its time on that.
 */
const THREAD_WRITE_BYTES = 64 * 1024;

class NodeFile implements OpenFile {
  readonly #descriptor: number;
  readonly #threads: DiskThreads | null;
  /** Writes and syncs under way: a descriptor that is closed may be another file's when they come to it. */
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(descriptor: number, threads: DiskThreads | null) {
    this.#descriptor = descriptor;
    this.#threads = threads;
  }

  read(into: Buffer, position: number): Promise<number> {
    return reads.run(() => promised<number>((done) => fs.read(this.#descriptor, into, 0, into.length, position, done)));
  }

  readSync(into: Buffer, position: number): number {
    return fs.readSync(this.#descriptor, into, 0, into.length, position);
  }

  writeSync(buffers: readonly Buffer[], position: number): number {
    const [only] = buffers;
    if (buffers.length === 1 && only !== undefined) {
      return fs.writeSync(this.#descriptor, only, 0, only.length, position);
    }
    return fs.writevSync(this.#descriptor, buffers as Buffer[], position);
  }

  write(buffers: readonly Buffer[], position: number): Promise<number> {
    const isLarge = buffers.reduce((sum, { length }) => sum + length, 0) > THREAD_WRITE_BYTES;
    const writing = isLarge ? null : this.#threads?.writes.write(this.#descriptor, buffers, position);
    return this.#kept(writing ?? this.#writeInPool(buffers, position));
  }

  datasync(): Promise<void> {
    const syncing = this.#threads?.syncs.datasync(this.#descriptor) ?? null;
    if (syncing !== null) return this.#kept(syncing.then(() => undefined));
    return this.#kept(promised<void>((done) => fs.fdatasync(this.#descriptor, done)));
  }

  datasyncSync(): void {
    fs.fdatasyncSync(this.#descriptor);
  }

  truncate(length: number): Promise<void> {
    return promised<void>((done) => fs.ftruncate(this.#descriptor, length, done));
  }

  async size(): Promise<number> {
    const stats = await promised<fs.Stats>((done) => fs.fstat(this.#descriptor, done));
    return stats.size;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await promised<void>((done) => fs.close(this.#descriptor, done));
  }

  #writeInPool(buffers: readonly Buffer[], position: number): Promise<number> {
    const [only] = buffers;
    if (buffers.length === 1 && only !== undefined) {
      return promised<number>((done) => fs.write(this.#descriptor, only, 0, only.length, position, done));
    }
    return promised<number>((done) => fs.writev(this.#descriptor, buffers as Buffer[], position, done));
  }

  /** Has `close` wait for an operation. */
  #kept<T>(operation: Promise<T>): Promise<T> {
    this.#underWay.add(operation);
    const end = (): void => void this.#underWay.delete(operation);
    operation.then(end, end);
    return operation;
  }
}

/** Some systems cannot open or sync a directory; there, names are as durable as they get. */
const DIRECTORY_SYNC_UNSUPPORTED = new Set(['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EACCES']);

/** The disk, with threads or without. */
function filesOn(threads: DiskThreads | null): Files {
  const syncDirectory = async (path: string): Promise<void> => {
    try {
      const descriptor = await promised<number>((done) => fs.open(path, 'r', done));
      try {
        await promised<void>((done) => fs.fsync(descriptor, done));
      } finally {
        await promised<void>((done) => fs.close(descriptor, done));
      }
    } catch (error) {
      const code = isError(error) && 'code' in error ? String(error.code) : '';
      if (!DIRECTORY_SYNC_UNSUPPORTED.has(code)) throw error;
    }
  };
  return {
    async makeDirectory(path) {
      const made = await promised<string | undefined>((done) => fs.mkdir(path, { recursive: true }, done));
      if (made === undefined) return;
      // Files in it are only as durable as its own name, and that of the data directory, which is as new.
      await syncDirectory(dirname(path));
      await syncDirectory(dirname(dirname(path)));
    },
    list: (path) => promised<string[]>((done) => fs.readdir(path, done)),
    async open(path, mode) {
      const descriptor = await promised<number>((done) => fs.open(path, FLAGS[mode], 0o644, done));
      return new NodeFile(descriptor, mode === 'read' ? null : threads);
    },
    rename: (from, to) => promised<void>((done) => fs.rename(from, to, done)),
    unlink: (path) => promised<void>((done) => fs.unlink(path, done)),
    syncDirectory,
    space: diskSpace,
    async rest() {
      await Promise.all([threads?.writes.stop(), threads?.syncs.stop()]);
    },
  };
}

export const nodeFiles: Files = filesOn(null);

/** The disk with threads of its own for writes and syncs, which wait for no read. */
export function threadedFiles(clock: Clock): Files {
  return filesOn({ writes: new DiskThread(clock, THREAD_WRITE_BYTES), syncs: new DiskThread(clock, 0) });
}
