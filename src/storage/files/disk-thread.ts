/**
 * A thread for one kind of operation on open files, so that it waits for nothing else that Node's own four threads do:
 * reads, decompression, look-ups of names. It is started once there have been some operations, none of which waits for
 * that, and stopped when there was none for a while.
 */
import type { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../base/clock.ts';
import { isError } from '../../base/realms.ts';
import { startThread } from '../../base/thread.ts';
import type { DiskReply, DiskThreadData } from './disk-messages.ts';
import {
  CONTROL_BYTES,
  DESCRIPTOR,
  LENGTH,
  Operation,
  OPERATION,
  POSITION_AT,
  READY,
  REQUESTS,
} from './disk-messages.ts';

/** An idle thread is stopped after this time: it holds several MB, and starting one takes less than a tenth of a second. */
const IDLE_MS = 10_000;

/** Fewer operations are not worth a thread; a start, which fills some MiB with zeros, has some twenty. */
const START_AT_OPERATIONS = 64;

interface Request {
  readonly operation: Operation;
  readonly descriptor: number;
  readonly buffers: readonly Buffer[];
  readonly position: number;
  resolve(value: number): void;
  reject(error: Error): void;
}

/** One life of the thread, and what is to be done in it. */
class DiskWorker {
  readonly #worker: Worker;
  readonly #words: Int32Array;
  readonly #position: Float64Array;
  readonly #bytes: Buffer;
  /** The first is being done, the others follow in order. */
  readonly #requests: Request[] = [];
  readonly exited: Promise<void>;
  isReady = false;
  hasEnded = false;

  constructor(bufferBytes: number) {
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    const bytes = new SharedArrayBuffer(bufferBytes);
    this.#words = new Int32Array(control);
    this.#position = new Float64Array(control, POSITION_AT, 1);
    this.#bytes = Buffer.from(bytes);
    const workerData: DiskThreadData = { control, bytes };
    this.#worker = startThread('disk', { workerData, youngMb: 1 });
    this.#worker.unref();
    this.#worker.on('message', (reply: DiskReply) => this.#settle(reply));
    this.#worker.on('error', (error: unknown) => this.#fail(isError(error) ? error : new Error(String(error))));
    this.exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(new Error('The thread has ended'));
        resolve();
      });
    });
  }

  get isIdle(): boolean {
    return this.#requests.length === 0;
  }

  do(operation: Operation, descriptor: number, buffers: readonly Buffer[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#requests.push({ operation, descriptor, buffers, position, resolve, reject });
      if (this.#requests.length > 1) return;
      // It keeps the process alive only while somebody waits for it.
      this.#worker.ref();
      this.#send();
    });
  }

  #send(): void {
    const [request] = this.#requests;
    if (request === undefined) return;
    let length = 0;
    for (const buffer of request.buffers) {
      if (length === this.#bytes.length) break;
      length += buffer.copy(this.#bytes, length);
    }
    this.#words[OPERATION] = request.operation;
    this.#words[DESCRIPTOR] = request.descriptor;
    this.#words[LENGTH] = length;
    this.#position[0] = request.position;
    Atomics.add(this.#words, REQUESTS, 1);
    Atomics.notify(this.#words, REQUESTS);
  }

  #settle(reply: DiskReply): void {
    if (reply === READY) {
      this.isReady = true;
      return;
    }
    const request = this.#requests.shift();
    if (this.isIdle) this.#worker.unref();
    else this.#send();
    if (typeof reply === 'number') request?.resolve(reply);
    else request?.reject(Object.assign(new Error(reply.message), { code: reply.code }));
  }

  #fail(error: Error): void {
    this.hasEnded = true;
    for (const request of this.#requests.splice(0)) {
      // It was asked to end, and nothing was written or synced.
      if (request.operation === Operation.STOP) request.resolve(0);
      else request.reject(error);
    }
  }
}

export class DiskThread {
  readonly #clock: Clock;
  readonly #bufferBytes: number;
  #worker: DiskWorker | null = null;
  #idle: Timer | null = null;
  #operations = 0;
  #isUsed = false;

  /** @param bufferBytes memory shared with the thread: bytes that one write has at most; 0 when it only syncs */
  constructor(clock: Clock, bufferBytes: number) {
    this.#clock = clock;
    this.#bufferBytes = bufferBytes;
  }

  /**
   * Writes some of the buffers; gives the bytes written. Null when the thread cannot do it yet: then nothing was done.
   * Rejects with the system's error, and where the thread ended meanwhile: whether it was done is not known then.
   */
  write(descriptor: number, buffers: readonly Buffer[], position: number): Promise<number> | null {
    return this.#ready()?.do(Operation.WRITE, descriptor, buffers, position) ?? null;
  }

  /** As `write`. */
  datasync(descriptor: number): Promise<number> | null {
    return this.#ready()?.do(Operation.DATASYNC, descriptor, [], 0) ?? null;
  }

  /** Stops the thread once it has done all it was asked for; the next operation starts another. */
  async stop(): Promise<void> {
    this.#idle?.cancel();
    this.#idle = null;
    const stopping = this.#worker;
    this.#worker = null;
    this.#operations = 0;
    if (stopping === null) return;
    if (!stopping.hasEnded) void stopping.do(Operation.STOP, 0, [], 0);
    await stopping.exited;
  }

  #ready(): DiskWorker | null {
    this.#operations += 1;
    if (this.#operations < START_AT_OPERATIONS) return null;
    this.#worker ??= new DiskWorker(this.#bufferBytes);
    this.#isUsed = true;
    this.#idle ??= this.#clock.setTimer(IDLE_MS, () => this.#stopIfIdle());
    // One that ended by itself is not replaced: what cannot be done here is done elsewhere.
    return this.#worker.isReady && !this.#worker.hasEnded ? this.#worker : null;
  }

  #stopIfIdle(): void {
    this.#idle = null;
    if (this.#worker?.hasEnded === true) return;
    if (this.#isUsed || this.#worker?.isIdle === false) {
      this.#isUsed = false;
      this.#idle = this.#clock.setTimer(IDLE_MS, () => this.#stopIfIdle());
    } else void this.stop();
  }
}
