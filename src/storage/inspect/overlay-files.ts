/** Files as they are, with changes that stay in memory: to see what a start would do, without its doing it. */
import type { DiskSpace, Files, OpenFile, OpenMode } from '../files/files.ts';
import { readFully } from '../files/files.ts';
import { dirname, join } from 'node:path';

interface Patch {
  readonly position: number;
  readonly bytes: Buffer;
}

/** A file: the bytes below it, and what was changed since. */
class Layered {
  readonly #below: OpenFile | null;
  /** Bytes of the file below that are still seen. */
  #belowLength: number;
  #patches: Patch[] = [];
  length: number;

  constructor(below: OpenFile | null, length: number) {
    this.#below = below;
    this.#belowLength = length;
    this.length = length;
  }

  async read(into: Buffer, position: number): Promise<number> {
    const byteLength = Math.max(0, Math.min(into.length, this.length - position));
    const wanted = into.subarray(0, byteLength).fill(0);
    const fromBelow = Math.max(0, Math.min(byteLength, this.#belowLength - position));
    if (this.#below !== null && fromBelow > 0) await readFully(this.#below, wanted.subarray(0, fromBelow), position);
    this.#lay(wanted, position);
    return byteLength;
  }

  write(buffers: readonly Buffer[], position: number): number {
    const bytes = Buffer.concat(buffers);
    this.#patches.push({ position, bytes });
    this.length = Math.max(this.length, position + bytes.length);
    return bytes.length;
  }

  truncate(length: number): void {
    this.#belowLength = Math.min(this.#belowLength, length);
    this.#patches = this.#patches
      .filter(({ position }) => position < length)
      .map(({ position, bytes }) => ({ position, bytes: bytes.subarray(0, length - position) }));
    this.length = length;
  }

  async close(): Promise<void> {
    await this.#below?.close();
  }

  #lay(wanted: Buffer, position: number): void {
    for (const patch of this.#patches) {
      const from = Math.max(position, patch.position);
      const to = Math.min(position + wanted.length, patch.position + patch.bytes.length);
      if (from < to) patch.bytes.copy(wanted, from - position, from - patch.position, to - patch.position);
    }
  }
}

async function doNothing(): Promise<void> {}

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file, '${path}'`), { code: 'ENOENT' });
}

export class OverlayFiles implements Files {
  readonly #below: Files;
  /** Files that were opened or changed; null: removed. */
  readonly #files = new Map<string, Layered | null>();

  constructor(below: Files) {
    this.#below = below;
  }

  /** Lets go of all files below. */
  async close(): Promise<void> {
    for (const file of this.#files.values()) await file?.close();
  }

  async makeDirectory(): Promise<void> {}

  async list(path: string): Promise<string[]> {
    const names = new Set(await this.#below.list(path));
    for (const [other, file] of this.#files) {
      if (dirname(other) !== path) continue;
      const name = other.slice(join(path, '/').length);
      if (file === null) names.delete(name);
      else names.add(name);
    }
    return [...names];
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    if (mode === 'create') this.#files.set(path, new Layered(null, 0));
    const file = await this.#file(path);
    return {
      read: (into, position) => file.read(into, position),
      readSync: () => {
        throw new Error('Nothing is read at once here');
      },
      writeSync: (buffers, position) => file.write(buffers, position),
      write: async (buffers, position) => file.write(buffers, position),
      datasync: doNothing,
      datasyncSync: () => undefined,
      truncate: async (length) => file.truncate(length),
      size: async () => file.length,
      close: doNothing,
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.#files.set(to, await this.#file(from));
    this.#files.set(from, null);
  }

  async unlink(path: string): Promise<void> {
    await this.#file(path);
    this.#files.set(path, null);
  }

  async syncDirectory(): Promise<void> {}

  rest(): Promise<void> {
    return Promise.resolve();
  }

  space(path: string): Promise<DiskSpace> {
    return this.#below.space(path);
  }

  async #file(path: string): Promise<Layered> {
    const known = this.#files.get(path);
    if (known === null) throw missing(path);
    if (known !== undefined) return known;
    const below = await this.#below.open(path, 'read');
    const file = new Layered(below, await below.size());
    this.#files.set(path, file);
    return file;
  }
}
