/**
 * A disk in memory that loses, tears, reorders and refuses. What was written is seen by readers at once, but survives a
 * power cut only once it was synced; of the rest, any part may have arrived, in pieces of a sector. Names behave alike:
 * created, renamed and removed names survive in order, up to any point after the last directory sync.
 */
import type { Random } from '../../src/base/random.ts';
import type { DiskSpace, Files, OpenFile, OpenMode } from '../../src/storage/files/files.ts';

const SECTOR_BYTES = 512;

/** A write, or a new length. */
type Change =
  | { readonly bytes: Buffer; readonly position: number; readonly length?: undefined }
  | { readonly bytes?: undefined; readonly length: number };

/** Bytes that grow, with room to spare. */
class Content {
  #buffer: Buffer;
  length: number;

  constructor(bytes: Buffer) {
    this.#buffer = Buffer.from(bytes);
    this.length = bytes.length;
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  apply(change: Change): void {
    const end = change.bytes === undefined ? change.length : change.position + change.bytes.length;
    if (end > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(end, this.#buffer.length * 2));
      this.bytes.copy(larger);
      this.#buffer = larger;
    }
    if (change.bytes === undefined) {
      if (end < this.length) this.#buffer.fill(0, end, this.length);
      this.length = end;
    } else {
      change.bytes.copy(this.#buffer, change.position);
      this.length = Math.max(this.length, end);
    }
  }
}

/** A file's contents: as read now, and as they are on the device. */
class Inode {
  readonly #now: Content;
  readonly durable: Content;
  unsynced: Change[] = [];

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#now = new Content(bytes);
    this.durable = new Content(bytes);
  }

  get bytes(): Buffer {
    return this.#now.bytes;
  }

  get length(): number {
    return this.#now.length;
  }

  write(position: number, bytes: Buffer): void {
    this.#change({ position, bytes: Buffer.from(bytes) });
  }

  /** Changes bytes behind everybody's back: they are so on the device. */
  damage(position: number, bytes: Buffer): void {
    this.#now.apply({ position, bytes });
    for (const change of this.unsynced.splice(0)) this.durable.apply(change);
    this.durable.apply({ position, bytes });
  }

  truncate(length: number): void {
    this.#change({ length });
  }

  /** Puts the first `count` changes on the device. */
  sync(count: number): void {
    for (const change of this.unsynced.splice(0, count)) this.durable.apply(change);
  }

  #change(change: Change): void {
    this.#now.apply(change);
    this.unsynced.push(change);
  }
}

class SystemError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`${code}: by the faulty disk`);
    this.code = code;
  }
}

/** What an operation is, for tests that fail one kind. */
export type Operation = 'read' | 'write' | 'datasync' | 'truncate' | 'open' | 'rename' | 'unlink' | 'syncDirectory';

export class FaultyDisk implements Files {
  #names = new Map<string, Inode>();
  /** Names as they are on the device, and the changes since. */
  #durableNames = new Map<string, Inode>();
  #nameChanges: Array<(names: Map<string, Inode>) => void> = [];
  /** Operations that changed or synced something so far. */
  steps = 0;
  /** The step at which the machine dies: it happens in part, and nothing works afterwards. */
  crashAt = Number.POSITIVE_INFINITY;
  /** Bytes of all files together at most. */
  capacityBytes = Number.POSITIVE_INFINITY;
  /** Bytes of the capacity that somebody else has. */
  foreignBytes = 0;
  /** A quota: writes beyond the capacity fail as such, and the volume shows room that cannot be had. */
  isQuota = false;
  /** Operations that fail with this code while set. */
  readonly failing = new Map<Operation, string>();
  /** Turns of the event loop that an asynchronous operation takes at most; one without. */
  latencyTurns = 1;
  /** One write in so many is done in part only, as the system may; 0: none. */
  shortWriteEvery = 0;
  /** Set, the next write goes somewhere else in the files that this gives, and nobody is told. Then it is null again. */
  misdirect: ((path: string, position: number) => readonly [path: string, position: number]) | null = null;
  /** Files open at the moment. */
  openFiles = 0;
  /** Operations done, by kind. */
  readonly counts = new Map<Operation, number>();
  #stalled: Promise<void> | null = null;
  #endStall: (() => void) | null = null;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get hasCrashed(): boolean {
    return this.steps >= this.crashAt;
  }

  /** Bytes of all files. */
  get usedBytes(): number {
    let sum = 0;
    for (const inode of this.#names.values()) sum += inode.length;
    return sum;
  }

  /** Bytes that can still be written. */
  get freeBytes(): number {
    return this.capacityBytes - this.foreignBytes - this.usedBytes;
  }

  /** Makes asynchronous writes and syncs wait until `unstall`. */
  stall(): void {
    this.#stalled = new Promise((resolve) => {
      this.#endStall = resolve;
    });
  }

  unstall(): void {
    this.#endStall?.();
    this.#stalled = null;
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** A file's bytes, to look at or to damage (then they count as on the device). */
  contents(path: string): Buffer {
    return this.#inode(path).bytes;
  }

  /** Changes a file's bytes from `position` on, on the device as well: nobody is told. */
  damage(path: string, position: number, bytes: Buffer): void {
    this.#inode(path).damage(position, bytes);
  }

  /** Puts a file in place as if it had been there for long. */
  put(path: string, bytes: Buffer): void {
    const inode = new Inode(bytes);
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** What the next start finds after the process died: everything that was written. */
  afterKill(): FaultyDisk {
    const disk = new FaultyDisk(this.#random);
    for (const [path, inode] of this.#names) disk.put(path, inode.bytes);
    return disk;
  }

  /** What the next start finds after the power failed: what was synced, and any part of the rest. */
  afterPowerCut(): FaultyDisk {
    const disk = new FaultyDisk(this.#random);
    const names = new Map(this.#durableNames);
    const arrived = this.#random.int(this.#nameChanges.length + 1);
    for (const change of this.#nameChanges.slice(0, arrived)) change(names);
    for (const [path, inode] of names) disk.put(path, this.#survivor(inode));
    return disk;
  }

  async makeDirectory(): Promise<void> {}

  async list(path: string): Promise<string[]> {
    const prefix = `${path}/`;
    return [...this.#names.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    if (mode !== 'read') this.#step('open');
    const known = this.#names.get(path);
    if (mode === 'create') {
      if (known !== undefined) throw new SystemError('EEXIST');
      const inode = new Inode();
      this.#changeNames((names) => names.set(path, inode));
      return this.#file(inode, path);
    }
    if (known === undefined) throw new SystemError('ENOENT');
    return this.#file(known, path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step('rename');
    const inode = this.#inode(from);
    this.#changeNames((names) => {
      names.delete(from);
      names.set(to, inode);
    });
  }

  async unlink(path: string): Promise<void> {
    this.#step('unlink');
    this.#inode(path);
    this.#changeNames((names) => names.delete(path));
  }

  async space(): Promise<DiskSpace> {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return { totalBytes: -1, usableBytes: -1 };
    const usableBytes = this.isQuota ? this.capacityBytes : Math.max(0, this.freeBytes);
    return { totalBytes: this.capacityBytes, usableBytes };
  }

  async rest(): Promise<void> {}

  async syncDirectory(): Promise<void> {
    this.#step('syncDirectory');
    for (const change of this.#nameChanges.splice(0)) change(this.#durableNames);
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new SystemError('ENOENT');
    return inode;
  }

  #changeNames(change: (names: Map<string, Inode>) => void): void {
    change(this.#names);
    this.#nameChanges.push(change);
  }

  #step(operation: Operation): void {
    if (this.hasCrashed) throw new SystemError('EIO');
    this.steps += 1;
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    const code = this.failing.get(operation);
    if (code !== undefined) throw new SystemError(code);
    if (this.hasCrashed && operation !== 'write') throw new SystemError('EIO');
  }

  #write(inode: Inode, path: string, buffers: readonly Buffer[], position: number): number {
    this.#step('write');
    const bytes = Buffer.concat(buffers);
    if (this.misdirect !== null && !this.hasCrashed) {
      const [otherPath, otherPosition] = this.misdirect(path, position);
      this.misdirect = null;
      this.#names.get(otherPath)?.write(otherPosition, bytes);
      return bytes.length;
    }
    if (this.shortWriteEvery > 0 && bytes.length > 1 && this.#random.int(this.shortWriteEvery) === 0) {
      const some = 1 + this.#random.int(bytes.length - 1);
      if (!this.hasCrashed && some <= this.freeBytes) {
        inode.write(position, bytes.subarray(0, some));
        return some;
      }
    }
    if (this.hasCrashed) {
      inode.write(position, bytes.subarray(0, this.#random.int(bytes.length + 1)));
      throw new SystemError('EIO');
    }
    const growth = Math.max(0, position + bytes.length - inode.length);
    const room = this.freeBytes;
    if (growth <= room) {
      inode.write(position, bytes);
      return bytes.length;
    }
    const fits = Math.max(0, bytes.length - growth + Math.max(0, room));
    if (fits === 0) throw new SystemError(this.isQuota ? 'EDQUOT' : 'ENOSPC');
    inode.write(position, bytes.subarray(0, fits));
    return fits;
  }

  #file(inode: Inode, path: string): OpenFile {
    this.openFiles += 1;
    let isOpen = true;
    const settle = async (): Promise<void> => {
      const turns = this.latencyTurns > 1 ? 1 + this.#random.int(this.latencyTurns) : 1;
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (this.#stalled !== null) await this.#stalled;
    };
    const readSync = (into: Buffer, position: number): number => {
      if (this.failing.has('read')) throw new SystemError(this.failing.get('read') as string);
      if (position >= inode.length) return 0;
      return inode.bytes.copy(into, 0, position, position + into.length);
    };
    return {
      read: async (into, position) => readSync(into, position),
      readSync,
      writeSync: (buffers, position) => this.#write(inode, path, buffers, position),
      write: async (buffers, position) => {
        await settle();
        return this.#write(inode, path, buffers, position);
      },
      datasync: async () => {
        const covered = inode.unsynced.length;
        await settle();
        this.#step('datasync');
        inode.sync(covered);
      },
      datasyncSync: () => {
        this.#step('datasync');
        inode.sync(inode.unsynced.length);
      },
      truncate: async (length) => {
        await settle();
        this.#step('truncate');
        inode.truncate(length);
      },
      size: async () => inode.length,
      close: async () => {
        if (!isOpen) throw new SystemError('EBADF');
        isOpen = false;
        this.openFiles -= 1;
      },
    };
  }

  /** The synced contents with a random part of what was not: changes may be missing, early or torn. */
  #survivor(inode: Inode): Buffer {
    const content = new Content(inode.durable.bytes);
    for (const change of inode.unsynced) {
      const fate = this.#random.int(4);
      if (fate === 0) continue;
      if (change.bytes === undefined || fate < 3) {
        content.apply(change);
        continue;
      }
      const { position, bytes } = change;
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES));
        if (this.#random.int(2) === 0) content.apply({ position: position + at, bytes: bytes.subarray(at, end) });
        at = end;
      }
    }
    return content.bytes;
  }
}
