/** A small Kafka client, enough to administer topics: one connection, one request at a time. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { apiName, responseHeaderVersion } from '../../protocol/apis.ts';
import { frameBuffer, startFrame } from '../../protocol/frame.ts';
import { readResponseHeader, writeRequestHeader } from '../../protocol/header.ts';
import type { Input } from '../../protocol/input.ts';
import { Reader } from '../../protocol/reader.ts';
import type { Writer } from '../../protocol/writer.ts';

/** One API in the version that this client speaks: old enough for any broker of the last years. */
export interface Call<Request, Response> {
  readonly apiKey: number;
  readonly version: number;
  readonly write: (writer: Writer, message: Input<Request>, version: number) => void;
  readonly read: (reader: Reader, version: number) => Response;
}

/** Largest response that is read, in bytes. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

/** Longest silence, in ms: more than what a request itself allows the broker. */
const SILENCE_LIMIT_MS = 40_000;

/** The broker cannot be asked: not there, gone, or not speaking Kafka. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
}

export class KafkaClient implements Disposable {
  readonly #socket: Socket;
  readonly #limitMs: number;
  #isSilent = false;
  #received: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #wake: (() => void) | null = null;
  #correlationId = 0;

  private constructor(socket: Socket, limitMs: number) {
    this.#socket = socket;
    this.#limitMs = limitMs;
    socket.on('timeout', () => {
      this.#isSilent = true;
    });
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake?.();
    });
    // A failed connection closes, too, and that is all that matters here.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake?.();
    });
  }

  /** Gives up after `limitMs` of silence. @throws ClientError */
  static async connect(host: string, port: number, limitMs = SILENCE_LIMIT_MS): Promise<KafkaClient> {
    const socket = connect({ host, port, noDelay: true, timeout: limitMs });
    socket.on('timeout', () => socket.destroy(new Error('silence')));
    try {
      await once(socket, 'connect');
    } catch (error) {
      throw new ClientError(`no broker answers at ${host}:${port}`, { cause: error });
    }
    return new KafkaClient(socket, limitMs);
  }

  /** @throws ClientError when the connection ends without an answer */
  async call<Request, Response>(api: Call<Request, Response>, request: Input<Request>): Promise<Response> {
    const { apiKey, version } = api;
    this.#correlationId += 1;
    const writer = startFrame();
    const header = { apiKey, apiVersion: version, correlationId: this.#correlationId, clientId: 'walka-topics' };
    writeRequestHeader(writer, header);
    api.write(writer, request, version);
    this.#socket.write(frameBuffer(writer));
    const length = (await this.#take(4, apiKey)).readInt32BE(0);
    if (length < 4 || length > MAX_RESPONSE_BYTES) throw new ClientError('what answers there does not speak Kafka');
    const frame = await this.#take(length, apiKey);
    const reader = new Reader(frame, 0, frame.length, Infinity);
    readResponseHeader(reader, responseHeaderVersion(apiKey, version));
    return api.read(reader, version);
  }

  async #take(byteLength: number, apiKey: number): Promise<Buffer> {
    while (this.#received.length < byteLength) {
      if (this.#isSilent) {
        throw new ClientError(`the broker did not answer ${apiName(apiKey)} within ${this.#limitMs / 1000} seconds`);
      }
      if (this.#isClosed) {
        throw new ClientError(`the broker closed the connection instead of answering ${apiName(apiKey)}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#received.subarray(0, byteLength);
    this.#received = this.#received.subarray(byteLength);
    return taken;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
