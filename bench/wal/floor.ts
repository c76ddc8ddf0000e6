/** What the machine does without an engine, in the same process and run: bare writes, syncs and copies. */
import * as fs from 'node:fs';
import { join } from 'node:path';

const MIB = 1024 * 1024;
const PREPARED_BYTES = 128 * MIB;
const FLUSH_INTERVAL_MS = 10;
/** Writes after which the event loop gets a turn, so that the flush can begin. */
const WRITES_PER_TURN = 512;

/** Lets the event loop go round once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Node's callback of one operation as a promise. */
export function called(start: (callback: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null ? resolve() : reject(error)));
  });
}

/** A file whose space is there already: filled with zeros and on the device. */
export class PreparedFile implements Disposable {
  readonly #descriptor: number;
  #position = 0;
  #flushing = false;
  readonly #timer: NodeJS.Timeout | null;

  /** @param flushes an fdatasync runs every 10 ms, as it does behind the engine */
  constructor(directory: string, flushes: boolean) {
    const path = join(directory, 'bare');
    this.#descriptor = fs.openSync(path, 'w+');
    fs.unlinkSync(path);
    const zeros = Buffer.alloc(MIB);
    for (let at = 0; at < PREPARED_BYTES; at += MIB) fs.writeSync(this.#descriptor, zeros, 0, MIB, at);
    fs.fsyncSync(this.#descriptor);
    this.#timer = flushes ? setInterval(() => this.#flush(), FLUSH_INTERVAL_MS) : null;
  }

  /** One synchronous write behind the one before. */
  write(bytes: Buffer): void {
    if (this.#position + bytes.length > PREPARED_BYTES) this.#position = 0;
    fs.writeSync(this.#descriptor, bytes, 0, bytes.length, this.#position);
    this.#position += bytes.length;
  }

  /** Waits until the device has all of it. */
  sync(): Promise<void> {
    return called((callback) => fs.fdatasync(this.#descriptor, callback));
  }

  /** Times `tookUs.length` writes, in µs each. */
  async time(bytes: Buffer, tookUs: Float64Array): Promise<void> {
    for (let i = 0; i < tookUs.length; i++) {
      const startedMs = performance.now();
      this.write(bytes);
      tookUs[i] = (performance.now() - startedMs) * 1000;
      if (i % WRITES_PER_TURN === 0) await nextTurn();
    }
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    fs.closeSync(this.#descriptor);
  }

  #flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    fs.fdatasync(this.#descriptor, () => {
      this.#flushing = false;
    });
  }
}

/**
 * New files of 128 MiB, one after the other, with an fdatasync every 10 ms as behind the engine. They stay until the end, as
 * the engine's do: memory of the page cache that is given up and taken again is cheaper than memory that is new.
 */
export class KeptFiles implements Disposable {
  readonly #path: string;
  readonly #descriptors: number[] = [];
  #position = PREPARED_BYTES;
  #flushing = false;
  #flushedMs = 0;

  constructor(directory: string) {
    this.#path = join(directory, 'kept');
  }

  /** Where the next `byteLength` bytes go. */
  place(byteLength: number): { readonly descriptor: number; readonly position: number } {
    if (this.#position + byteLength > PREPARED_BYTES) {
      this.#descriptors.push(fs.openSync(this.#path, 'w+'));
      fs.unlinkSync(this.#path);
      this.#position = 0;
    }
    const place = { descriptor: this.#descriptors.at(-1) as number, position: this.#position };
    this.#position += byteLength;
    return place;
  }

  /** Puts the newest file on the device if that is due; nobody waits for it, as nobody does behind the engine. */
  flush(): void {
    if (this.#flushing || performance.now() - this.#flushedMs < FLUSH_INTERVAL_MS) return;
    this.#flushing = true;
    fs.fdatasync(this.#descriptors.at(-1) as number, () => {
      this.#flushing = false;
      this.#flushedMs = performance.now();
    });
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#descriptors) fs.closeSync(descriptor);
  }
}

/** Bytes per second that the page cache takes of these pieces, over and over, about 1 MiB at a time. */
export async function pageCacheBytesPerSecond(
  directory: string,
  byteLength: number,
  pieces: readonly Buffer[],
): Promise<number> {
  using files = new KeptFiles(directory);
  const startedMs = performance.now();
  let written = 0;
  for (let next = 0; written < byteLength; ) {
    const buffers: Buffer[] = [];
    let length = 0;
    while (length < MIB) {
      const piece = pieces[next++ % pieces.length] as Buffer;
      buffers.push(piece);
      length += piece.length;
    }
    const { descriptor, position } = files.place(length);
    await called((callback) => fs.writev(descriptor, buffers, position, callback));
    files.flush();
    written += length;
  }
  return (written * 1000) / (performance.now() - startedMs);
}

/** Bytes per second of a copy from one place of memory to another, 64 KiB at a time over 64 MiB, so not from a CPU's cache. */
export function copyBytesPerSecond(): number {
  const from = Buffer.alloc(64 * MIB, 1);
  const to = Buffer.alloc(64 * MIB);
  const step = 64 * 1024;
  const startedMs = performance.now();
  const rounds = 8;
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < from.length; at += step) from.copy(to, at, at, at + step);
  }
  return (rounds * from.length * 1000) / (performance.now() - startedMs);
}
