/** A client that speaks in frames: for tests that care about bytes on the wire and their order. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls';
import { responseHeaderVersion } from '../../protocol/apis.ts';
import { readResponseHeader, writeRequestHeader } from '../../protocol/header.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';

/** A request as a frame, length included. */
export function requestFrame(
  apiKey: number,
  apiVersion: number,
  correlationId: number,
  body: Buffer | ((writer: Writer) => void) = Buffer.alloc(0),
  clientId = 'test',
): Buffer {
  const writer = new Writer();
  writeRequestHeader(writer, { apiKey, apiVersion, correlationId, clientId });
  if (typeof body === 'function') body(writer);
  else if (body.length > 0) writer.raw(body);
  const bytes = writer.toBuffer();
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(bytes.length);
  return Buffer.concat([prefix, bytes]);
}

/** One API in one version, as `WireClient.call` speaks it. */
export interface Api<Request, Response> {
  readonly apiKey: number;
  readonly write: (writer: Writer, request: Request, version: number) => void;
  readonly read: (reader: Reader, version: number) => Response;
}

export class WireClient {
  readonly socket: Socket;
  /** What is beneath TLS. */
  readonly #transport: Socket;
  #correlationId = 0;
  readonly closed: Promise<void>;
  /** Arrived and not read, in order; joined only when a whole frame is there. */
  #chunks: Buffer[] = [];
  #byteLength = 0;
  #waiting: Array<() => void> = [];
  #isClosed = false;

  private constructor(socket: Socket, transport = socket) {
    this.socket = socket;
    this.#transport = transport;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#byteLength += chunk.length;
      this.#wake();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  static async open(port: number, host = '127.0.0.1'): Promise<WireClient> {
    const socket = connect({ port, host, noDelay: true });
    await once(socket, 'connect');
    return new WireClient(socket);
  }

  /** Over a connection that somebody else made, such as one with TLS. */
  static over(socket: Socket): WireClient {
    return new WireClient(socket);
  }

  /** The same over TLS; what is sent before the handshake is done waits. One that fails closes the connection. */
  static async openSecure(port: number, options: ConnectionOptions): Promise<WireClient> {
    const plain = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(plain, 'connect');
    return new WireClient(connectSecurely({ socket: plain, ...options }), plain);
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next response without its length, or null when the connection closed. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      const frame = this.#takeFrame();
      if (frame !== null) return frame;
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #takeFrame(): Buffer | null {
    if (this.#byteLength < 4) return null;
    if ((this.#chunks[0] as Buffer).length < 4) this.#chunks = [Buffer.concat(this.#chunks)];
    const end = 4 + (this.#chunks[0] as Buffer).readInt32BE(0);
    if (this.#byteLength < end) return null;
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = all.length > end ? [all.subarray(end)] : [];
    this.#byteLength = all.length - end;
    return all.subarray(4, end);
  }

  /** Sends a request and gives its response. @throws Error when the connection closes instead */
  async call<Request, Response>(api: Api<Request, Response>, version: number, request: Request): Promise<Response> {
    this.start(api, version, request);
    return this.result(api, version);
  }

  /** Sends a request without waiting. */
  start<Request>(api: Api<Request, unknown>, version: number, request: Request): void {
    const id = ++this.#correlationId;
    this.send(requestFrame(api.apiKey, version, id, (writer) => api.write(writer, request, version)));
  }

  /** The next response, as one of `api`. */
  async result<Response>(api: Api<never, Response>, version: number): Promise<Response> {
    const frame = await this.next();
    if (frame === null) throw new Error('The connection closed');
    const reader = new Reader(frame);
    readResponseHeader(reader, responseHeaderVersion(api.apiKey, version));
    const response = api.read(reader, version);
    reader.expectEnd();
    return response;
  }

  close(): void {
    this.socket.destroy();
  }

  /** Ends the connection with a reset. */
  reset(): void {
    this.#transport.resetAndDestroy();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
