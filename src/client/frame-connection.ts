/** A connection for frames that were made elsewhere: they go out as they are, and answers are called for by their ids. */
import type { Socket } from 'node:net';
import { responseHeaderVersion } from '../../protocol/apis.ts';
import { frameBuffer, startFrame } from '../../protocol/frame.ts';
import { readResponseHeader, writeRequestHeader } from '../../protocol/header.ts';
import { Reader } from '../../protocol/reader.ts';
import type { Clock } from '../base/clock.ts';
import { type Address, addressText } from './address.ts';
import { connected } from './connection.ts';
import { ClientError } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import type { Caller } from './login.ts';
import type { ClientSecurity } from './security.ts';

export interface FrameConnectionOptions {
  readonly clock: Clock;
  /** Longest wait for the connection, and for an answer, in ms. */
  readonly timeoutMs: number;
  /** Null, the default: no TLS and no SASL. */
  readonly security?: ClientSecurity | null;
}

const LENGTH_BYTES = 4;
const CORRELATION_ID_BYTES = 4;
/** What logs in counts backwards from it: frames that were made elsewhere count from 0 or 1 on. */
const LAST_OWN_ID = -1;

export class FrameConnection {
  readonly #socket: Socket;
  readonly #address: Address;
  readonly #options: FrameConnectionOptions;
  /** Answers that nobody called for yet, oldest first. */
  readonly #answers: Buffer[] = [];
  /** Called whenever there is something new. */
  #onChange: () => void = () => {};
  #failure: ClientError | null = null;

  private constructor(socket: Socket, address: Address, options: FrameConnectionOptions) {
    this.#socket = socket;
    this.#address = address;
    this.#options = options;
    const frames = new FrameReader((frame) => {
      if (frame.length >= CORRELATION_ID_BYTES) this.#answers.push(frame);
      this.#onChange();
    });
    socket.on('data', (chunk: Buffer) => {
      if (frames.take(chunk)) return;
      this.#fail(new ClientError('NOT_KAFKA', `what answers at ${addressText(address)} does not speak Kafka (TLS?)`));
    });
    // A failed connection closes, too, and that is all that matters here.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#fail(new ClientError('CLOSED', 'the broker closed the connection')));
  }

  /** Logs in where that is asked for. @throws ClientError, KafkaError SASL_AUTHENTICATION_FAILED and others; as a rejection */
  static async open(address: Address, options: FrameConnectionOptions): Promise<FrameConnection> {
    const { clock, timeoutMs: connectTimeoutMs, security = null } = options;
    const { tls = null, sasl = null } = security ?? {};
    const limits = { clock, connectTimeoutMs };
    const plain = await connected(address, limits);
    const socket = tls === null ? plain : await (await import('./tls.ts')).secured(plain, address, tls, limits);
    const connection = new FrameConnection(socket, address, options);
    if (sasl === null) return connection;
    try {
      await (await import('./login.ts')).logIn(connection.#caller(), sasl);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Asks in the oldest version that will do, which every broker has: nobody asked it for its versions yet. */
  #caller(): Caller {
    let correlationId = LAST_OWN_ID + 1;
    return {
      call: async (api, request) => {
        const version = api.minVersion ?? 0;
        const writer = startFrame();
        const header = { apiKey: api.key, apiVersion: version, correlationId: --correlationId, clientId: null };
        writeRequestHeader(writer, header);
        api.write(writer, request, version);
        this.send(frameBuffer(writer).subarray(LENGTH_BYTES));
        const frame = await this.answer(correlationId);
        const reader = new Reader(frame, 0, frame.length, Infinity);
        readResponseHeader(reader, responseHeaderVersion(api.key, version));
        return api.read(reader, version);
      },
    };
  }

  /** Sends a frame; `frame` comes without its length. What fails is told to who waits for the answer. */
  send(frame: Buffer): void {
    if (this.#failure !== null) return;
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeInt32BE(frame.length);
    this.#socket.write(Buffer.concat([length, frame]));
  }

  /**
   * The answer with this correlation id, without its length. One caller at a time.
   * @throws ClientError CLOSED, NOT_KAFKA, TIMED_OUT (the connection is of no use then), as a rejection
   */
  answer(correlationId: number): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const { clock, timeoutMs } = this.#options;
    const timer = clock.setTimer(timeoutMs, () => {
      const what = `${addressText(this.#address)} did not answer within ${timeoutMs / 1000} seconds`;
      this.#fail(new ClientError('TIMED_OUT', what));
    });
    const look = (): void => {
      const at = this.#answers.findIndex((frame) => frame.readInt32BE(0) === correlationId);
      const [frame] = at < 0 ? [] : this.#answers.splice(at, 1);
      if (frame === undefined && this.#failure === null) return;
      timer.cancel();
      this.#onChange = () => {};
      if (frame !== undefined) resolve(frame);
      else reject(this.#failure as ClientError);
    };
    this.#onChange = look;
    look();
    return promise;
  }

  close(): void {
    this.#fail(new ClientError('CLOSED', 'the connection is closed'));
  }

  #fail(error: ClientError): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#onChange();
  }
}
