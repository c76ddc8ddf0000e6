/**
 * One client connection: bytes in, frames to the pipeline of its requests, and its end.
 *
 * Reading stops while a request waits to be started, for whatever reason: the one before is still running, too many are
 * open, the client does not take its responses, too many writes are in flight, or this turn of the event loop is used
 * up. Behind a request that wants to know when its client leaves (a parked fetch) a bounded number is read ahead: only
 * who reads learns of the end.
 */
import { microtask, nextTurn } from '../base/real-time.ts';
import type { Socket } from 'node:net';
import type { ApiListener } from '../../protocol/apis.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { ConnectionInfo } from '../handlers/types.ts';
import type { AppliedQuotas } from '../security/quotas/client-quotas.ts';
import type { Session } from '../security/session.ts';
import { type ConnectionContext, logFailure, plainAddress } from './connection-context.ts';
import { Intake, type IntakeOwner } from './intake.ts';
import { Pipeline, type PipelineOwner } from './pipeline.ts';
import { TURN_BYTES } from './pressure.ts';
import { receive, type Receiver, type Reception } from './receive.ts';
import { Sender, type SenderOwner } from './sender.ts';
import { tapFor, type WireTap } from './wire-tap.ts';

export interface ConnectionOptions {
  readonly id: number;
  readonly listenerName: string;
  readonly endpointType: ApiListener;
  readonly session: Session;
  /** How it is read; default: as a plain socket. */
  readonly receive?: (accepted: Socket, receiver: Receiver, plain: boolean) => Reception;
  /** Called once, when the socket has closed. */
  readonly onClosed: () => void;
}

/** Its parts ask it, and tell it, by methods of its own: an idle connection has no functions made for it. */
export class Connection implements ConnectionInfo, Receiver, IntakeOwner, SenderOwner, PipelineOwner {
  readonly id: number;
  readonly listenerName: string;
  readonly endpointType: ApiListener;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localHost: string;
  readonly localPort: number;
  readonly session: Session;
  readonly socket: Socket;
  readonly tap: WireTap | null;
  clientSoftwareName: string | null = null;
  clientSoftwareVersion: string | null = null;
  fetchTurns = 0;
  quotas: AppliedQuotas | null = null;
  /** Clock.monotonicMs of the last bytes in or out. */
  lastActiveMs: number;
  readonly #context: ConnectionContext;
  readonly #reception: Reception;
  readonly #intake: Intake;
  readonly #sender: Sender;
  readonly #pipeline: Pipeline;
  readonly #onClosed: () => void;
  /** Whoever waits on behalf of the client: mostly nobody, and then there is no set. */
  #closeListeners: Set<() => void> | null = null;
  #isReading = true;
  #isClosed = false;
  #isClosing = false;
  #isDraining = false;
  /** It closes when the requests that were started are answered. */
  #isEnding = false;
  /** The client sends no more. */
  #hasLeft = false;
  #waitsForTurn = false;
  /** Clock.monotonicMs until when no request is started, and what ends that. */
  #mutedUntilMs = 0;
  #muteTimer: Timer | null = null;
  #turn = -1;
  #turnBytes = 0;

  constructor(context: ConnectionContext, accepted: Socket, options: ConnectionOptions) {
    this.#context = context;
    this.id = options.id;
    this.listenerName = options.listenerName;
    this.endpointType = options.endpointType;
    this.session = options.session;
    this.#onClosed = options.onClosed;
    this.remoteHost = plainAddress(accepted.remoteAddress);
    this.remotePort = accepted.remotePort ?? 0;
    this.localHost = plainAddress(accepted.localAddress);
    this.localPort = accepted.localPort ?? 0;
    this.lastActiveMs = context.clock.monotonicMs();
    this.tap = tapFor(context.watchers, this);
    this.#intake = new Intake(context, this);
    this.#reception = (options.receive ?? receive)(accepted, this, context.plainSockets);
    this.socket = this.#reception.socket;
    this.#sender = new Sender(context, this);
    this.#pipeline = new Pipeline(context, this, this.#intake, this.#sender);
    this.socket.on('error', (error) =>
      context.logger.debug('connection-error', error.message, { connection: this.id }),
    );
    this.socket.on('close', () => this.#closed());
  }

  onClose(callback: () => void): () => void {
    if (this.#isClosed || this.#hasLeft) {
      microtask(callback);
      return () => {};
    }
    this.#closeListeners ??= new Set();
    this.#closeListeners.add(callback);
    this.#readOn();
    return () => this.#forgetListener(callback);
  }

  #forgetListener(callback: () => void): void {
    this.#closeListeners?.delete(callback);
    if (this.#closeListeners?.size === 0) this.#closeListeners = null;
  }

  mute(forMs: number): void {
    const { clock } = this.#context;
    const untilMs = clock.monotonicMs() + forMs;
    if (untilMs <= this.#mutedUntilMs || this.isOver) return;
    this.#mutedUntilMs = untilMs;
    this.#muteTimer?.cancel();
    this.#muteTimer = clock.setTimer(forMs, () => {
      this.#muteTimer = null;
      this.#pipeline.pump();
    });
  }

  endAfterAnswer(): void {
    this.#isEnding = true;
  }

  /** Takes no more requests, sends the answers to writes under way, then closes. A request that only waits is dropped. */
  drain(): void {
    this.#isDraining = true;
    this.#isReading = false;
    this.socket.pause();
    this.onProgress();
  }

  /** Closes, without waiting for anything. */
  destroy(): void {
    if (this.isOver) return;
    this.#isClosing = true;
    // Behind what a client does not read, no farewell would leave.
    if (this.#sender.isEmpty) this.#reception.close();
    else this.socket.destroy();
  }

  /** True once the socket is on its way out; `#closed` follows. */
  get isOver(): boolean {
    return this.#isClosing || this.#isClosed || this.socket.destroyed;
  }

  get clock(): Clock {
    return this.#context.clock;
  }

  get maxFrameBytes(): number {
    return this.session.maxFrameBytes ?? this.#context.maxFrameBytes;
  }

  /** True when requests wait for something that is not the client's to do. */
  get isHeldUp(): boolean {
    return !this.#sender.isBacklogged && this.#closeListeners === null && this.#muteTimer === null;
  }

  /** Where the next bytes should land. In a crowd, nobody brings so many requests at once that looking at them takes long. */
  target(): Buffer {
    const { pressure, staging, smallStaging } = this.#context;
    return this.#intake.target(pressure.isCrowded ? smallStaging : staging);
  }

  mayGather(): boolean {
    return this.#intake.isDirect;
  }

  settle(): void {
    this.#reception.settle();
  }

  retarget(): void {
    this.#reception.retarget();
  }

  goOn(): void {
    this.#pipeline.pump();
  }

  onRoom(): void {
    this.#pipeline.pump();
  }

  onSent(): void {
    this.lastActiveMs = this.#context.clock.monotonicMs();
  }

  onStart(): void {
    this.#spendTurn(this.#context.pressure.requestTurnBytes);
  }

  mayStart(): boolean {
    if (this.isOver || this.#isDraining || this.#isEnding || this.#waitsForTurn || this.#muteTimer !== null)
      return false;
    return this.#hasTurn();
  }

  received(bytes: Buffer, count: number): boolean {
    const { counters, clock, pace } = this.#context;
    counters.bytesIn += count;
    this.tap?.received(bytes.subarray(0, count));
    this.lastActiveMs = clock.monotonicMs();
    this.#spendTurn(count);
    pace.received(count);
    try {
      this.#intake.received(bytes, count);
    } catch (error) {
      this.#pipeline.pump(); // the frames before it are good
      this.fail(error, 'frame');
      return false;
    }
    // A pump may ask to read on; in here the answer is the result.
    this.#isReading = true;
    this.#pipeline.pump();
    this.#isReading = this.#canRead();
    return this.#isReading;
  }

  /**
   * The client sends no more, and is gone most likely. What only waits for its sake ends; what it sent before still takes
   * effect and is answered, as to one that only closed its side.
   */
  ended(): void {
    this.#hasLeft = true;
    this.#tellLeft();
    this.#pipeline.pump();
  }

  #tellLeft(): void {
    const listeners = this.#closeListeners ?? [];
    this.#closeListeners = null;
    for (const listener of listeners) listener();
  }

  #canRead(): boolean {
    if (this.isOver || this.#isDraining || this.#isEnding || this.#hasLeft || this.#intake.isStarved) return false;
    // Of a client over its quota nothing is kept but what was read with its last request.
    if (this.#muteTimer !== null && this.#intake.heldBytes > 0) return false;
    const { waiting } = this.#intake;
    const mayReadAhead = this.#closeListeners !== null && waiting.hasRoom;
    return (waiting.length === 0 || mayReadAhead) && this.#hasTurn();
  }

  /** Counts bytes, or the work of a request as bytes. */
  #spendTurn(byteLength: number): void {
    const { turn } = this.#context.pressure;
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#turnBytes = 0;
    }
    this.#turnBytes += byteLength;
  }

  /** False when this connection took its share of this turn; then it goes on in the next. */
  #hasTurn(): boolean {
    if (this.#turnBytes < TURN_BYTES) return true;
    if (!this.#waitsForTurn) {
      this.#waitsForTurn = true;
      this.#context.pressure.usedUp();
      nextTurn(() => {
        this.#waitsForTurn = false;
        this.#turnBytes = 0;
        this.#pipeline.pump();
      });
    }
    return false;
  }

  /** After requests were started or answered: reads on if nothing waits, closes if this was the last to do. */
  onProgress(): void {
    this.#intake.account();
    const isAnswered = this.#pipeline.owedCount === 0 && this.#sender.isEmpty;
    if (this.#isDraining && isAnswered) this.destroy();
    else if (this.#isEnding && this.#pipeline.isIdle && this.#sender.isEmpty) this.destroy();
    else if (this.#hasLeft && isAnswered && this.#intake.waiting.length === 0) this.socket.end();
    else this.#readOn();
  }

  #readOn(): void {
    if (this.#isReading || !this.#canRead()) return;
    this.#isReading = true;
    this.#reception.resume();
  }

  /** Closes the connection for the sake of others, who need the memory of a frame that does not come. */
  giveUp(): void {
    const fields = { connection: this.id, remote: `${this.remoteHost}:${this.remotePort}` };
    this.#context.logger.warn('stalled-frame-closed', 'Closed a connection that holds memory for half a frame', fields);
    this.destroy();
  }

  /** Closes the connection because of an error: expected ones quietly, others loudly. */
  fail(error: unknown, what: string): void {
    logFailure(this.#context.logger, error, {
      connection: this.id,
      remote: `${this.remoteHost}:${this.remotePort}`,
      what,
    });
    this.destroy();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#muteTimer?.cancel();
    this.#intake.destroy();
    this.#sender.destroy();
    this.#pipeline.destroy();
    this.#tellLeft();
    this.#onClosed();
  }
}
