/**
 * How decrypted bytes get into memory of our choosing. As in ../receive.ts, the handle (here the one that encrypts) moves
 * into a new socket, and reading falls back to 'data' events, at more than twice the cost, where Node does not let it.
 *
 * Node tells of each record by itself, and some clients (librdkafka) send a record for each message and another for what is
 * before it. What lands in a large frame's own memory is told together, at the end of the turn of the event loop or when it
 * is much: the rest of what a record costs is Node's own.
 *
 * A socket with TLS cannot stop at once: what has come from the network is decrypted to its end, four records or so. What
 * comes after the receiver wanted no more is kept, and handed over when it wants to read on.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { nextTick, nextTurn } from '../../base/real-time.ts';
import { atTurnEnd } from '../../base/turns.ts';
import type { Timer } from '../../base/clock.ts';
import { ReadRests } from './read-rests.ts';
import {
  canMoveHandle,
  type Handle,
  type HandleOwner,
  receiveByEvents,
  type Receiver,
  type Reception,
} from '../receive.ts';

/** What is in the largest record. */
const RECORD_BYTES = 16 * 1024;
/** Bytes of records that are told together. */
const GATHER_BYTES = 256 * 1024;
const REST_MS = 1;

/** Where what must be kept lands first; nothing stays in it. */
let landing: Buffer | null = null;

/** Starts reading a connection whose handshake is done. @param plain use 'data' events in any case */
export function receiveSecure(secured: Socket, receiver: Receiver, plain = false): Reception {
  if (plain || !canMoveHandle(secured)) {
    // Node tells errors after the handshake to who has made its servers only.
    secured.on('_tlsError', (error: Error) => secured.destroy(error));
    return { ...receiveByEvents(secured, receiver), close: () => farewell(secured) };
  }
  const receiving = new SecureReceiving(takeHandle(secured), receiver);
  return {
    socket: receiving.socket,
    retarget: () => receiving.retarget(),
    settle: receiving.settle,
    resume: () => receiving.resume(),
    close: () => farewell(receiving.socket),
  };
}

/** Sends a close_notify, without which the end of a connection may be somebody's who only cuts it, and waits for nothing. */
function farewell(socket: Socket): void {
  socket.end();
  nextTurn(() => socket.destroy());
}

function takeHandle(secured: Socket): Handle {
  const owner = secured as unknown as HandleOwner & { ssl: unknown };
  const handle = owner._handle as Handle;
  owner._handle = null;
  owner.ssl = null; // it goes when the new socket does
  return handle;
}

class SecureReceiving {
  readonly socket: Socket;
  readonly #handle: Handle;
  readonly #receiver: Receiver;
  /** What the receiver gave out. */
  #target: Buffer;
  /** Bytes that have landed in it and were not told. */
  #filled = 0;
  #mayGather = false;
  /** Bytes of this turn. */
  #turnBytes = 0;
  readonly #rests: ReadRests;
  #rest: Timer | null = null;
  /** The end of this turn tells them. */
  #isSettling = false;
  #kept: Buffer[] = [];
  #isStopped = false;
  #isHandingOver = false;
  #hasEnded = false;

  constructor(handle: Handle, receiver: Receiver) {
    this.#handle = handle;
    this.#receiver = receiver;
    this.#target = receiver.target();
    this.#rests = new ReadRests(() => receiver.clock.monotonicMs());
    const onread: OnReadOpts = {
      buffer: () => this.#place() as Buffer<ArrayBuffer>,
      callback: (count) => this.#landed(count),
    };
    const socket = new Socket({ handle, onread, allowHalfOpen: true } as unknown as SocketConstructorOpts);
    this.socket = socket;
    (socket as unknown as { ssl: unknown }).ssl = handle; // what the handle's `close` lets go of
    Object.assign(handle, {
      onerror: (error: Error) => void socket.destroy(error),
      // No second handshake: it would be all cost and no use.
      onhandshakestart: () => nextTick(() => socket.destroy()),
      onhandshakedone: () => {},
    });
    socket.on('end', () => this.#ended());
    socket.on('close', () => this.#rest?.cancel());
    socket.resume();
  }

  retarget(): void {
    if (this.socket.destroyed || this.#target === landing) return;
    this.#handle.useUserBuffer(this.#place());
  }

  /** This turn is over, and the frame at hand may not be. */
  readonly #turnEnded = (): void => {
    this.#isSettling = false;
    this.settle();
    const byteLength = this.#turnBytes;
    this.#turnBytes = 0;
    if (!this.#rests.turnEnded(byteLength) || !this.#mayGather || this.#isStopped || this.socket.destroyed) return;
    this.socket.pause();
    this.#rest ??= this.#receiver.clock.setTimer(REST_MS, () => {
      this.#rest = null;
      if (!this.#isStopped && !this.socket.destroyed) this.socket.resume();
    });
  };

  readonly settle = (): void => {
    if (this.#filled === 0 || this.socket.destroyed) return;
    const { socket } = this;
    const place = this.#target.subarray(this.#filled);
    if (!this.#tell()) socket.pause();
    // What comes next lands there whatever the receiver says, who may only name it anew.
    const target = this.#receiver.target();
    this.#target = isSame(target, place) ? target : place;
    this.#mayGather = this.#target === target && this.#receiver.mayGather();
  };

  resume(): void {
    if (this.#kept.length === 0) this.#readOn();
    else if (!this.#isHandingOver) {
      this.#isHandingOver = true;
      nextTick(() => this.#handOver());
    }
  }

  /** Where the next bytes are to land. */
  #place(): Buffer {
    if (this.#filled > 0) return this.#target.subarray(this.#filled);
    if (this.#isStopped) {
      // The first record after a stop lands there, too, and so does one of any other socket.
      this.#mayGather = false;
      return (this.#target = landing ??= Buffer.allocUnsafeSlow(RECORD_BYTES));
    }
    this.#target = this.#receiver.target();
    this.#mayGather = this.#receiver.mayGather();
    return this.#target;
  }

  #landed(count: number): boolean {
    if (this.#isStopped) {
      this.#kept.push(Buffer.from(this.#target.subarray(0, count)));
      return false;
    }
    this.#filled += count;
    this.#turnBytes += count;
    if (!this.#mayGather || this.#filled >= GATHER_BYTES || this.#filled === this.#target.length) return this.#tell();
    if (!this.#isSettling) {
      this.#isSettling = true;
      atTurnEnd(this.#turnEnded);
    }
    return true;
  }

  #tell(): boolean {
    const count = this.#filled;
    this.#filled = 0;
    this.#isStopped = !this.#receiver.received(this.#target, count);
    return !this.#isStopped;
  }

  #handOver(): void {
    const { socket } = this;
    this.#isHandingOver = false;
    for (let chunk = this.#kept.shift(); chunk !== undefined; chunk = this.#kept.shift()) {
      if (socket.destroyed) return;
      if (!this.#receiver.received(chunk, chunk.length)) return;
    }
    this.#readOn();
  }

  #readOn(): void {
    this.#isStopped = false;
    if (this.#hasEnded) this.#receiver.ended();
    else if (!this.socket.destroyed) this.socket.resume();
  }

  #ended(): void {
    this.settle();
    this.#hasEnded = true;
    if (!this.#isStopped) this.#receiver.ended();
  }
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}
