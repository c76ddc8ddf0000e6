/** A connection on which requests overlap: answers come in the order of the requests. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { parseBootstrap } from '../../bootstrap.ts';

/** @param frame the answer without its length, valid during the call only */
export type OnAnswer = (frame: Buffer) => void;

/** Answered requests that are kept before they are forgotten together. */
const FORGET_AT = 1024;

export class Connection {
  readonly #socket: Socket;
  readonly #waiting: OnAnswer[] = [];
  #head = 0;
  /** Arrived, and not a whole frame yet. */
  #rest: Buffer[] = [];
  #restBytes = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('close', () => {
      if (this.#head < this.#waiting.length) throw new Error('the broker closed a connection');
    });
    socket.on('error', () => {});
  }

  /** @param bootstrap see `bootstrap.ts` */
  static async open(bootstrap: string): Promise<Connection> {
    const { host, port, caFile } = parseBootstrap(bootstrap);
    const socket = connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    if (caFile === null) return new Connection(socket);
    const tls = await import('node:tls');
    const secure = tls.connect({ socket, host, ca: readFileSync(caFile) });
    await once(secure, 'secureConnect');
    return new Connection(secure);
  }

  /** @param frame with its length */
  send(frame: Buffer, onAnswer: OnAnswer): void {
    this.#waiting.push(onAnswer);
    this.#socket.write(frame);
  }

  /** The same as a promise of a copy. */
  ask(frame: Buffer): Promise<Buffer> {
    return new Promise((resolve) => this.send(frame, (answer) => resolve(Buffer.from(answer))));
  }

  close(): void {
    this.#head = this.#waiting.length;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    let bytes: Buffer | null = null;
    let at = 0;
    for (;;) {
      // Joined only when a whole frame is there, or a large one would be copied with each chunk.
      if (bytes === null) {
        if (this.#restBytes < 4) return;
        if ((this.#rest[0] as Buffer).length < 4) this.#rest = [Buffer.concat(this.#rest)];
        if (this.#restBytes < 4 + (this.#rest[0] as Buffer).readInt32BE(0)) return;
        bytes = this.#rest.length === 1 ? (this.#rest[0] as Buffer) : Buffer.concat(this.#rest);
      }
      const end = bytes.length - at < 4 ? Number.POSITIVE_INFINITY : at + 4 + bytes.readInt32BE(at);
      if (bytes.length < end) break;
      this.#answer(bytes.subarray(at + 4, end));
      at = end;
    }
    this.#rest = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#restBytes = bytes.length - at;
  }

  #answer(frame: Buffer): void {
    const onAnswer = this.#waiting[this.#head++];
    if (onAnswer === undefined) return;
    if (this.#head === FORGET_AT) {
      this.#waiting.splice(0, FORGET_AT);
      this.#head = 0;
    }
    onAnswer(frame);
  }
}
