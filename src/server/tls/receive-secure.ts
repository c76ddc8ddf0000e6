/**
 * How decrypted bytes get into memory of our choosing. As in ../receive.ts, the handle (here the one that encrypts) moves
 * into a new socket, and reading falls back to 'data' events, at more than twice the cost, where Node does not let it.
 *
 * A socket with TLS cannot stop at once: what has come from the network is decrypted to its end, four records or so. What
 * comes after the receiver wanted no more is kept, and handed over when it wants to read on.
 */
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { nextTick } from '../../base/real-time.ts';
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

/** Where what must be kept lands first; nothing stays in it. */
let landing: Buffer | null = null;

/** Starts reading a connection whose handshake is done. @param plain use 'data' events in any case */
export function receiveSecure(secured: Socket, receiver: Receiver, plain = false): Reception {
  if (plain || !canMoveHandle(secured)) {
    // Node tells errors after the handshake to who has made its servers only.
    secured.on('_tlsError', (error: Error) => secured.destroy(error));
    return receiveByEvents(secured, receiver);
  }
  const receiving = new SecureReceiving(takeHandle(secured), receiver);
  return {
    socket: receiving.socket,
    retarget: () => receiving.retarget(),
    resume: () => receiving.resume(),
  };
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
  /** Where the next bytes land. */
  #target: Buffer;
  #kept: Buffer[] = [];
  #isStopped = false;
  #isHandingOver = false;
  #hasEnded = false;

  constructor(handle: Handle, receiver: Receiver) {
    this.#handle = handle;
    this.#receiver = receiver;
    this.#target = receiver.target();
    const onread: OnReadOpts = {
      buffer: () => (this.#target = this.#nextTarget()) as Buffer<ArrayBuffer>,
      callback: (count) => this.#received(count),
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
    socket.resume();
  }

  retarget(): void {
    if (this.socket.destroyed || this.#target === landing) return;
    this.#target = this.#nextTarget();
    this.#handle.useUserBuffer(this.#target);
  }

  resume(): void {
    if (this.#kept.length === 0) this.#readOn();
    else if (!this.#isHandingOver) {
      this.#isHandingOver = true;
      nextTick(() => this.#handOver());
    }
  }

  #nextTarget(): Buffer {
    return this.#isStopped ? (landing ??= Buffer.allocUnsafeSlow(RECORD_BYTES)) : this.#receiver.target();
  }

  #received(count: number): boolean {
    if (this.#isStopped) {
      this.#kept.push(Buffer.from(this.#target.subarray(0, count)));
      return false;
    }
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
    this.#hasEnded = true;
    if (!this.#isStopped) this.#receiver.ended();
  }
}
