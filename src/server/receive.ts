/**
 * How bytes get from a socket into memory of our choosing: the file that knows something about Node which is not public
 * (tls/receive-secure.ts is its other half).
 *
 * `onread` lets a socket read into buffers that the caller hands out, at a third of the cost of 'data' events. Node
 * offers it for outgoing connections only. An accepted connection gets it by moving its handle, unread so far, into a
 * new socket. Should a future Node keep its handle elsewhere, `receive` falls back to 'data' events: slower, same
 * behaviour; test/server/receive.test.ts then says so.
 */
import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';
import type { Clock } from '../base/clock.ts';

/** Whoever gets a connection's bytes. */
export interface Receiver {
  readonly clock: Clock;
  /** Where the next bytes should land. The memory belongs to the socket until they have. */
  target(): Buffer;
  /**
   * Whether that is for one frame alone, and not shared with other sockets: then what lands in it may be told once for many
   * times that something has, at the end of the turn of the event loop at the latest.
   */
  mayGather(): boolean;
  /** Takes the first `count` bytes of `bytes`; false stops reading until the socket's `resume`. */
  received(bytes: Buffer, count: number): boolean;
  /** The client sends no more. Who is told ends or destroys the socket. */
  ended(): void;
}

/** What Node calls a handle: the system's end of a socket. */
export interface Handle {
  useUserBuffer(bytes: Buffer): void;
}

export interface HandleOwner {
  _handle?: Handle | null;
}

/** True when this Node lets an accepted connection read into our own memory. */
export function canMoveHandle(accepted: Socket): boolean {
  const handle = (accepted as unknown as HandleOwner)._handle;
  return typeof handle === 'object' && handle !== null && typeof handle.useUserBuffer === 'function';
}

/** A connection that is read. */
export interface Reception {
  /** To write to, pause, resume and destroy from now on. */
  readonly socket: Socket;
  /** Asks for a new target: nothing lands in the one before any more. */
  retarget(): void;
  /** Tells what has landed and was not told. */
  settle(): void;
  /** Reads on, after `received` gave false. */
  resume(): void;
  /**
   * Ends the connection in order, whoever is at its other end: what was to be sent has left. It closes in the next turn of the
   * event loop at the latest.
   */
  close(): void;
}

/**
 * Starts reading an accepted connection, which must be paused (`pauseOnConnect`) and `allowHalfOpen`.
 * @param plain use 'data' events in any case
 */
export function receive(accepted: Socket, receiver: Receiver, plain = false): Reception {
  if (plain || !canMoveHandle(accepted)) return receiveByEvents(accepted, receiver);
  const owner = accepted as unknown as HandleOwner;
  const handle = owner._handle as Handle;
  owner._handle = null;
  accepted.destroy(); // without its handle it closes nothing, but the server stops counting it
  return new DirectReception(handle, receiver);
}

class DirectReception implements Reception {
  readonly socket: Socket;
  readonly #handle: Handle;
  readonly #receiver: Receiver;
  #target!: Buffer;

  constructor(handle: Handle, receiver: Receiver) {
    this.#handle = handle;
    this.#receiver = receiver;
    const onread: OnReadOpts = {
      buffer: () => (this.#target = receiver.target()) as Buffer<ArrayBuffer>,
      callback: (count) => receiver.received(this.#target, count), // Node's own idea of the target misses changes in between
    };
    this.socket = new Socket({ handle, onread, allowHalfOpen: true } as unknown as SocketConstructorOpts);
    this.socket.on('end', () => receiver.ended());
    this.socket.resume();
  }

  retarget(): void {
    this.#target = this.#receiver.target();
    if (!this.socket.destroyed) this.#handle.useUserBuffer(this.#target);
  }

  settle(): void {}

  resume(): void {
    this.socket.resume();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The same by 'data' events, into memory of Node's. */
export function receiveByEvents(accepted: Socket, receiver: Receiver): Reception {
  accepted.on('data', (chunk: Buffer) => {
    if (!receiver.received(chunk, chunk.length)) accepted.pause();
  });
  accepted.on('end', () => receiver.ended());
  accepted.resume();
  return {
    socket: accepted,
    retarget() {},
    settle() {},
    resume: () => void accepted.resume(),
    close: () => void accepted.destroy(),
  };
}
