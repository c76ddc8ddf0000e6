/**
 * One client connection: frames in, requests started in order, responses out in the same order.
 *
 * The next request starts when the one before has taken effect. Only Produce lets others past while it waits for its
 * commit, so several may be open; their responses still leave in the order of the requests. Reading stops while a
 * request waits to be started, for whatever reason: the one before is still running, too many are open, the client does
 * not take its responses, too many writes are in flight, or this turn of the event loop is used up.
 */
import type { Socket } from 'node:net';
import type { Slice } from '../base/counted.ts';
import type { SlabPool } from '../base/slabs.ts';
import { type ConnectionInfo, Pipelined } from '../handlers/types.ts';
import { answerOf, type ConnectionContext, logFailure, plainAddress } from './connection-context.ts';
import type { Exchange } from './dispatch.ts';
import { FrameAssembler } from './frame-assembler.ts';
import { TURN_BYTES } from './pressure.ts';
import { receive } from './receive.ts';
import { Sender } from './sender.ts';

/** Requests of one connection that may be unanswered at a time. */
const MAX_OPEN_REQUESTS = 100;

const PRODUCE_KEY = 0;

export class Connection implements ConnectionInfo {
  readonly id: number;
  readonly listenerName: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  readonly principal = 'User:ANONYMOUS';
  clientSoftwareName: string | null = null;
  clientSoftwareVersion: string | null = null;
  /** Clock.monotonicMs of the last bytes in or out. */
  lastActiveMs: number;
  readonly #context: ConnectionContext;
  readonly #socket: Socket;
  readonly #assembler: FrameAssembler;
  readonly #sender: Sender;
  /** Complete frames whose requests have not started. */
  readonly #frames: Slice[] = [];
  /** Started and unanswered, in order. */
  readonly #exchanges: Exchange[] = [];
  readonly #closeListeners = new Set<() => void>();
  #isBusy = false;
  #isPumping = false;
  #isReading = true;
  #isClosed = false;
  #isDraining = false;
  #waitsForCode = false;
  #waitsForWrite = false;
  #waitsForTurn = false;
  #flushScheduled = false;
  #turn = -1;
  #turnBytes = 0;

  constructor(context: ConnectionContext, accepted: Socket, id: number, listenerName: string) {
    this.#context = context;
    this.id = id;
    this.listenerName = listenerName;
    this.remoteHost = plainAddress(accepted.remoteAddress);
    this.remotePort = accepted.remotePort ?? 0;
    this.localHost = plainAddress(accepted.localAddress);
    this.localPort = accepted.localPort ?? 0;
    this.lastActiveMs = context.clock.monotonicMs();
    const { pool, maxFrameBytes, pressure, staging } = context;
    this.#assembler = new FrameAssembler({ pool, maxFrameBytes, onFrame: (frame) => void this.#frames.push(frame) });
    const receiver = {
      target: () => this.#assembler.target(staging),
      received: (bytes: Buffer, count: number) => this.#received(bytes, count),
    };
    this.#socket = receive(accepted, receiver, context.plainSockets);
    this.#sender = new Sender({
      socket: this.#socket,
      pressure,
      pool,
      onSent: () => void (this.lastActiveMs = context.clock.monotonicMs()),
      onRoom: () => this.#pump(),
      onFailure: (error) => this.#fail(error, 'part of a response could not be read'),
    });
    this.#socket.on('error', (error) => context.logger.debug('connection-error', error.message, { connection: id }));
    this.#socket.on('close', () => this.#closed());
  }

  /** True when this connection waits for memory to read a frame. */
  get isStarved(): boolean {
    return this.#assembler.isStarved;
  }

  /** True while it may read a frame beyond the budget of memory. */
  get isFavoured(): boolean {
    return this.#assembler.isFavoured;
  }

  /** Lets it have the memory it waits for, so that somebody goes on. */
  favour(): void {
    this.#assembler.favour();
    this.#retry();
  }

  /** True when it holds memory for a frame that its client does not go on sending. */
  holdsStalledFrame(sinceMs: number): boolean {
    return this.#assembler.holdsMemory && !this.isStarved && this.lastActiveMs < sinceMs;
  }

  /** True while a request is open or a response is on its way. */
  get isWorking(): boolean {
    return this.#exchanges.length > 0 || !this.#sender.isEmpty;
  }

  onClose(callback: () => void): () => void {
    if (this.#isClosed) queueMicrotask(callback);
    else this.#closeListeners.add(callback);
    return () => void this.#closeListeners.delete(callback);
  }

  /** Takes no more requests, sends the answers to writes in flight, then closes. A request that only waits is dropped. */
  drain(): void {
    this.#isDraining = true;
    this.#isReading = false;
    this.#socket.pause();
    this.#closeIfDrained();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** True once the socket is on its way out; `#closed` follows. */
  get isOver(): boolean {
    return this.#isClosed || this.#socket.destroyed;
  }

  #closeIfDrained(): void {
    const open = this.#exchanges.length - (this.#isBusy ? 1 : 0);
    if (open === 0 && this.#sender.isEmpty) this.destroy();
  }

  #received(bytes: Buffer, count: number): boolean {
    const { counters, clock, pressure, pool } = this.#context;
    counters.bytesIn += count;
    this.lastActiveMs = clock.monotonicMs();
    if (pressure.turn !== this.#turn) {
      this.#turn = pressure.turn;
      this.#turnBytes = 0;
    }
    this.#turnBytes += count;
    try {
      this.#assembler.received(bytes, count);
    } catch (error) {
      this.#fail(error, 'frame');
      return false;
    }
    if (this.#assembler.isStarved) this.#waitForMemory(pool);
    // A pump may ask to read on; in here the answer is the result.
    this.#isReading = true;
    this.#pump();
    this.#isReading = this.#canRead();
    return this.#isReading;
  }

  #waitForMemory(pool: SlabPool): void {
    this.#context.onStarved();
    pool.whenAvailable(() => this.#retry());
  }

  #retry(): void {
    if (this.isOver || !this.isStarved) return;
    try {
      this.#assembler.retry();
    } catch (error) {
      this.#fail(error, 'frame');
      return;
    }
    if (this.isStarved) this.#waitForMemory(this.#context.pool);
    this.#pump();
  }

  #canRead(): boolean {
    if (this.isOver || this.#isDraining || this.#assembler.isStarved) return false;
    return this.#frames.length === 0 && this.#hasTurn();
  }

  /** False when this connection took its share of this turn; then it goes on in the next. */
  #hasTurn(): boolean {
    if (this.#turnBytes < TURN_BYTES) return true;
    if (!this.#waitsForTurn) {
      this.#waitsForTurn = true;
      setImmediate(() => {
        this.#waitsForTurn = false;
        this.#turnBytes = 0;
        this.#pump();
      });
    }
    return false;
  }

  /** Starts the requests that may start, sends the responses that may leave, and reads on if nothing waits. */
  #pump(): void {
    if (this.#isPumping || this.isOver) return;
    this.#isPumping = true;
    let hasStarted: boolean;
    do {
      hasStarted = this.#startWaiting();
      this.#flush();
      // With something sent, its end comes back here; answers that need no sending make room at once.
    } while (hasStarted && this.#sender.isEmpty && this.#frames.length > 0);
    this.#isPumping = false;
    if (!this.#isReading && this.#canRead()) {
      this.#isReading = true;
      this.#socket.resume();
    }
  }

  /** False when none could. */
  #startWaiting(): boolean {
    let hasStarted = false;
    while (this.#frames.length > 0 && this.#mayStart(this.#frames[0] as Slice)) {
      this.#start(this.#frames.shift() as Slice);
      hasStarted = true;
    }
    return hasStarted;
  }

  #mayStart(frame: Slice): boolean {
    if (this.#isBusy || this.#waitsForCode || this.isOver || this.#isDraining || this.#waitsForTurn) return false;
    if (this.#exchanges.length >= MAX_OPEN_REQUESTS || this.#sender.isBacklogged) return false;
    const loading = this.#context.dispatcher.load(frame);
    if (loading !== null) {
      this.#waitForCode(loading);
      return false;
    }
    const isProduce = frame.bytes.length >= 2 && frame.bytes.readInt16BE(0) === PRODUCE_KEY;
    if (!isProduce || this.#context.pressure.admitsWrite) return true;
    if (!this.#waitsForWrite) {
      this.#waitsForWrite = true;
      this.#context.pressure.whenWriteAdmitted(() => {
        this.#waitsForWrite = false;
        this.#pump();
      });
    }
    return false;
  }

  /** The first request for an API waits for its code. */
  #waitForCode(loading: Promise<void>): void {
    this.#waitsForCode = true;
    loading.then(
      () => {
        this.#waitsForCode = false;
        this.#pump();
      },
      (error: unknown) => this.#fail(error, 'handler'),
    );
  }

  #start(frame: Slice): void {
    const { dispatcher, clock } = this.#context;
    let exchange: Exchange;
    try {
      exchange = dispatcher.open(frame, clock.monotonicMs());
    } catch (error) {
      frame.owner.release();
      this.#flush(); // as if the requests had come one by one, those before this one get their answers
      this.#fail(error, 'request');
      return;
    }
    this.#exchanges.push(exchange);
    if (exchange.state === 'ready') return;
    try {
      const result = dispatcher.run(exchange, this);
      if (result instanceof Promise) this.#await(exchange, result);
      else this.#settle(exchange, result);
    } catch (error) {
      this.#failExchange(exchange, error);
    }
  }

  #await(exchange: Exchange, result: Promise<unknown>): void {
    this.#isBusy = true;
    result.then(
      (value) => {
        this.#isBusy = false;
        this.#settle(exchange, value);
        this.#pump();
      },
      (error: unknown) => {
        this.#isBusy = false;
        this.#failExchange(exchange, error);
      },
    );
  }

  #settle(exchange: Exchange, result: unknown): void {
    if (!(result instanceof Pipelined)) {
      this.#ready(exchange, result);
      return;
    }
    const { pressure } = this.#context;
    pressure.writeStarted();
    result.response.then(
      (response: unknown) => {
        pressure.writeEnded();
        this.#ready(exchange, response);
        this.#scheduleFlush();
      },
      (error: unknown) => {
        pressure.writeEnded();
        this.#failExchange(exchange, error);
      },
    );
  }

  #ready(exchange: Exchange, response: unknown): void {
    exchange.response = response;
    exchange.state = response === null ? 'silent' : 'ready';
    if (this.#isClosed) this.#drop(exchange);
  }

  /** Sends once for all responses that become ready in the same turn of callbacks. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || this.isOver) return;
    this.#flushScheduled = true;
    process.nextTick(() => {
      this.#flushScheduled = false;
      if (this.#frames.length > 0) this.#pump();
      else this.#flush();
    });
  }

  #flush(): void {
    if (this.isOver) return;
    const exchanges = this.#exchanges;
    let sent = 0;
    while (sent < exchanges.length && (exchanges[sent] as Exchange).state !== 'running' && !this.isOver) {
      this.#send(exchanges[sent] as Exchange);
      sent += 1;
    }
    if (sent > 0) {
      exchanges.splice(0, sent);
      this.#sender.flush();
    }
    if (this.#isDraining) this.#closeIfDrained();
  }

  #send(exchange: Exchange): void {
    this.lastActiveMs = this.#context.clock.monotonicMs();
    try {
      this.#sender.push(answerOf(this.#context, exchange, this.lastActiveMs));
    } catch (error) {
      exchange.api.releaseResponse?.(exchange.response);
      this.#fail(error, 'response');
    }
    exchange.frame.owner.release();
  }

  #failExchange(exchange: Exchange, error: unknown): void {
    this.#context.counters.api(exchange.api.apiKey).failures += 1;
    exchange.state = 'silent';
    if (this.#isClosed) {
      this.#drop(exchange);
      return;
    }
    const index = this.#exchanges.indexOf(exchange);
    if (index >= 0) this.#exchanges.splice(index, 1);
    exchange.frame.owner.release();
    this.#fail(error, `API ${exchange.api.apiKey} version ${exchange.version}`);
  }

  /** Closes the connection because of an error: expected ones quietly, others loudly. */
  #fail(error: unknown, what: string): void {
    logFailure(this.#context.logger, error, {
      connection: this.id,
      remote: `${this.remoteHost}:${this.remotePort}`,
      what,
    });
    this.destroy();
  }

  #drop(exchange: Exchange): void {
    if (exchange.state === 'ready') exchange.api.releaseResponse?.(exchange.response);
    exchange.frame.owner.release();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#assembler.destroy();
    this.#sender.destroy();
    for (const frame of this.#frames) frame.owner.release();
    this.#frames.length = 0;
    for (const exchange of this.#exchanges) if (exchange.state !== 'running') this.#drop(exchange);
    this.#exchanges.length = 0;
    for (const listener of this.#closeListeners) listener();
    this.#closeListeners.clear();
  }
}
