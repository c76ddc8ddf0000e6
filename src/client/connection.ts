/**
 * One connection to a broker: requests go out as they come, answers come in the same order. What versions the broker
 * speaks is asked first.
 */
import { connect, type Socket } from 'node:net';
import { apiName, responseHeaderVersion } from '../../protocol/apis.ts';
import { ErrorCode, ProtocolError } from '../../protocol/errors.ts';
import { finishFrame, startFrame } from '../../protocol/frame.ts';
import { readResponseHeader, writeRequestHeader } from '../../protocol/header.ts';
import type { Input } from '../../protocol/input.ts';
import { Reader } from '../../protocol/reader.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { type Address, addressText } from './address.ts';
import { type Api, negotiated, type OfferedVersions } from './api.ts';
import { API_VERSIONS } from './core-apis.ts';
import { ClientError } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import type { ClientSecurity } from './security.ts';

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly clientId: string;
  /** Of this program, as brokers show it. */
  readonly softwareVersion: string;
  /** Longest wait for the connection itself, in ms. */
  readonly connectTimeoutMs: number;
  /** Longest wait for an answer, in ms; a request that may take longer says so. */
  readonly requestTimeoutMs: number;
  /** Null, the default: no TLS and no SASL. */
  readonly security?: ClientSecurity | null;
}

interface Pending {
  readonly apiKey: number;
  readonly correlationId: number;
  readonly timer: Timer;
  readonly resolve: (frame: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** What a broker answers with when it does not speak the version of ApiVersions: always in version 0. */
const FALLBACK_VERSION = 0;
const SOFTWARE_NAME = 'walka';

/** @throws ClientError UNREACHABLE, as a rejection */
export function connected(
  address: Address,
  { clock, connectTimeoutMs }: Pick<ConnectionOptions, 'clock' | 'connectTimeoutMs'>,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ ...address, noDelay: true });
  const fail = (cause: Error): void => {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? ': there is no such host' : '';
    reject(new ClientError('UNREACHABLE', `no broker answers at ${addressText(address)}${why}`, { cause }));
  };
  const timer = clock.setTimer(connectTimeoutMs, () => socket.destroy(new Error('timed out')));
  socket.once('error', fail);
  socket.once('connect', () => {
    timer.cancel();
    socket.off('error', fail);
    resolve(socket);
  });
  return promise;
}

/** An error of OpenSSL's, in whose words the other side's alert is. */
function isAlert(error: Error): error is Error & { readonly reason: string } {
  const { code, reason } = error as { readonly code?: unknown; readonly reason?: unknown };
  return typeof code === 'string' && code.includes('_ALERT_') && typeof reason === 'string';
}

export class Connection {
  readonly address: Address;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #frames: FrameReader;
  readonly #pending: Pending[] = [];
  #versions: OfferedVersions = new Map();
  #correlationId = 0;
  /** Whether anything was answered but which versions there are, which is told to everybody. */
  #isServed = false;
  #failure: ClientError | null = null;

  private constructor(socket: Socket, address: Address, options: ConnectionOptions) {
    this.address = address;
    this.#socket = socket;
    this.#options = options;
    this.#frames = new FrameReader((frame) => this.#receive(frame));
    socket.on('data', (chunk: Buffer) => {
      if (this.#frames.take(chunk)) return;
      this.#fail(new ClientError('NOT_KAFKA', `what answers at ${addressText(address)} does not speak Kafka (TLS?)`));
    });
    // A failed connection closes, too; it matters where the broker refuses TLS after the client is done with it.
    socket.on('error', (error) => {
      if (isAlert(error))
        this.#fail(new ClientError('TLS', `${addressText(address)} refuses the TLS handshake: ${error.reason}`));
    });
    socket.on('close', () => {
      this.#fail(this.#closing());
    });
  }

  /** @throws ClientError as a rejection */
  static async open(address: Address, options: ConnectionOptions): Promise<Connection> {
    const { tls = null, sasl = null } = options.security ?? {};
    const plain = await connected(address, options);
    const socket = tls === null ? plain : await (await import('./tls.ts')).secured(plain, address, tls, options);
    const connection = new Connection(socket, address, options);
    try {
      await connection.#askVersions();
      if (sasl !== null) await (await import('./login.ts')).logIn(connection, sasl);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  get isClosed(): boolean {
    return this.#failure !== null;
  }

  /** What the broker speaks. */
  get versions(): OfferedVersions {
    return this.#versions;
  }

  /**
   * Sends a request; gives its answer. `waitMs` is how long the broker may take of its own accord.
   * @throws ClientError, as a rejection; ProtocolError for an answer that is none
   */
  async call<Request, Response>(api: Api<Request, Response>, request: Input<Request>, waitMs = 0): Promise<Response> {
    const version = negotiated(api, this.#versions);
    const frame = await this.#exchange(api, version, request, waitMs);
    return this.#decode(api, version, frame);
  }

  /** Sends a request that is not answered (Produce with acks 0). */
  send<Request>(api: Api<Request, unknown>, request: Input<Request>): void {
    if (this.#failure !== null) throw this.#failure;
    this.#write(api, negotiated(api, this.#versions), request);
  }

  /** Bytes that wait to be sent. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  close(): void {
    this.#fail(new ClientError('CLOSED', 'the connection is closed'));
  }

  /** Why a broker may have closed the connection: where it wants a login, it reads nothing before that. */
  #closing(): ClientError {
    const [first] = this.#pending;
    if (first === undefined) return new ClientError('CLOSED', 'the broker closed the connection');
    const what = `closed the connection instead of answering ${apiName(first.apiKey)}`;
    const { tls = null, sasl = null } = this.#options.security ?? {};
    const wanted = this.#versions.size > 0 ? 'SASL' : tls === null ? 'TLS' : null;
    if (this.#isServed || sasl !== null || wanted === null) return new ClientError('CLOSED', `the broker ${what}`);
    const hint = `does this listener want ${wanted} (security.protocol)?`;
    return new ClientError('SHUT_OUT', `${addressText(this.address)} ${what}: ${hint}`);
  }

  async #askVersions(): Promise<void> {
    const request = { clientSoftwareName: SOFTWARE_NAME, clientSoftwareVersion: this.#options.softwareVersion };
    let version = API_VERSIONS.maxVersion ?? FALLBACK_VERSION;
    let frame = await this.#exchange(API_VERSIONS, version, request, 0);
    // Behind the correlation id every version has the error code.
    if (frame.length >= 6 && frame.readInt16BE(4) === ErrorCode.UNSUPPORTED_VERSION) {
      version = FALLBACK_VERSION;
      frame = await this.#exchange(API_VERSIONS, version, {}, 0);
    }
    const { apiKeys } = this.#decode(API_VERSIONS, version, frame);
    this.#versions = new Map(apiKeys.map((entry) => [entry.apiKey, entry]));
  }

  #decode<Response>(api: Api<never, Response>, version: number, frame: Buffer): Response {
    try {
      const reader = new Reader(frame, 0, frame.length, Infinity);
      readResponseHeader(reader, responseHeaderVersion(api.key, version));
      return api.read(reader, version);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const what = `the answer to ${apiName(api.key)} at ${addressText(this.address)} cannot be read: ${error.message}`;
      throw new ClientError('NOT_KAFKA', what, { cause: error });
    }
  }

  #write<Request>(api: Api<Request, unknown>, version: number, request: Input<Request>): number {
    const correlationId = ++this.#correlationId;
    const writer = startFrame();
    const { clientId } = this.#options;
    writeRequestHeader(writer, { apiKey: api.key, apiVersion: version, correlationId, clientId });
    api.write(writer, request, version);
    this.#socket.cork();
    for (const part of finishFrame(writer)) this.#socket.write(part as Buffer);
    this.#socket.uncork();
    return correlationId;
  }

  #exchange<Request>(
    api: Api<Request, unknown>,
    version: number,
    request: Input<Request>,
    waitMs: number,
  ): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    if (this.#failure !== null) {
      reject(this.#failure);
      return promise;
    }
    const limitMs = this.#options.requestTimeoutMs + waitMs;
    const correlationId = this.#write(api, version, request);
    const timer = this.#options.clock.setTimer(limitMs, () => {
      const seconds = limitMs / 1000;
      this.#fail(
        new ClientError('TIMED_OUT', `the broker did not answer ${apiName(api.key)} within ${seconds} seconds`),
      );
    });
    this.#pending.push({ apiKey: api.key, correlationId, timer, resolve, reject });
    return promise;
  }

  #receive(frame: Buffer): void {
    const pending = this.#pending.shift();
    if (pending === undefined || frame.length < 4 || frame.readInt32BE(0) !== pending.correlationId) {
      if (pending !== undefined) this.#pending.unshift(pending);
      this.#fail(new ClientError('NOT_KAFKA', `what ${addressText(this.address)} sends answers no request`));
      return;
    }
    if (pending.apiKey !== API_VERSIONS.key) this.#isServed = true;
    pending.timer.cancel();
    pending.resolve(frame);
  }

  #fail(error: ClientError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#socket.destroy();
    for (const { timer, reject } of this.#pending.splice(0)) {
      timer.cancel();
      reject(error);
    }
  }
}
