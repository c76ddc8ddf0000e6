/** The real disk behind `Files`, through file descriptors and Node's thread pool. */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { Gate } from '../../base/gate.ts';
import { diskSpace } from './disk-space.ts';
import type { Files, OpenFile, OpenMode } from './files.ts';

/** Threads that Node has for all that is asynchronous here: its default, unless the environment says otherwise. */
const POOL_THREADS = Number(process.env['UV_THREADPOOL_SIZE']) || 4;
/** However many readers wait for the disk, the journal's writes and syncs find a thread. */
const reads = new Gate(Math.max(1, POOL_THREADS - 2));

const FLAGS: Readonly<Record<OpenMode, string>> = { create: 'wx+', write: 'r+', read: 'r' };

type Callback<T> = (error: Error | null, value?: T) => void;

/** Callbacks cost less than Node's own promises on the write path, and less memory anywhere. */
function promised<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === null || error === undefined ? resolve(value as T) : reject(error)));
  });
}

class NodeFile implements OpenFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
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
    const [only] = buffers;
    if (buffers.length === 1 && only !== undefined) {
      return promised<number>((done) => fs.write(this.#descriptor, only, 0, only.length, position, done));
    }
    return promised<number>((done) => fs.writev(this.#descriptor, buffers as Buffer[], position, done));
  }

  datasync(): Promise<void> {
    return promised<void>((done) => fs.fdatasync(this.#descriptor, done));
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

  close(): Promise<void> {
    return promised<void>((done) => fs.close(this.#descriptor, done));
  }
}

/** Some systems cannot open or sync a directory; there, names are as durable as they get. */
const DIRECTORY_SYNC_UNSUPPORTED = new Set(['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EACCES']);

export const nodeFiles: Files = {
  async makeDirectory(path) {
    const made = await promised<string | undefined>((done) => fs.mkdir(path, { recursive: true }, done));
    if (made === undefined) return;
    // Files in it are only as durable as its own name, and that of the data directory, which is as new.
    await nodeFiles.syncDirectory(dirname(path));
    await nodeFiles.syncDirectory(dirname(dirname(path)));
  },
  list: (path) => promised<string[]>((done) => fs.readdir(path, done)),
  open: async (path, mode) => new NodeFile(await promised<number>((done) => fs.open(path, FLAGS[mode], 0o644, done))),
  rename: (from, to) => promised<void>((done) => fs.rename(from, to, done)),
  unlink: (path) => promised<void>((done) => fs.unlink(path, done)),
  async syncDirectory(path) {
    try {
      const descriptor = await promised<number>((done) => fs.open(path, 'r', done));
      try {
        await promised<void>((done) => fs.fsync(descriptor, done));
      } finally {
        await promised<void>((done) => fs.close(descriptor, done));
      }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (!DIRECTORY_SYNC_UNSUPPORTED.has(code)) throw error;
    }
  },
  space: diskSpace,
};
