/**
 * TLS handshakes: what comes between a socket that was admitted and its connection.
 *
 * One that is under way costs some 70 KiB and, at its beginning, a signature. So nothing is begun before a client has
 * sent something that looks like TLS; few are begun in a turn of the event loop, and a thousand at most are under way.
 * Others wait, unread, and while some wait, whoever lets the server wait for a second makes room. A client has so long
 * as the settings say to send its first bytes, and as long again for the rest.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { Deadlines } from '../../base/deadlines.ts';
import type { Logger } from '../../base/logger.ts';
import { messageOf } from '../../base/realms.ts';
import { nextTurn } from '../../base/real-time.ts';
import type { Listener } from '../../config/listeners.ts';
import type { ServerCounters } from '../../metrics/counters.ts';
import type { Principal } from '../../security/principal.ts';
import type { TlsListener } from '../../security/tls/types.ts';
import { plainAddress } from '../connection-context.ts';
import { describePlaintext, isTls, REFUSAL } from './first-bytes.ts';
import { HandshakeFailure, reasonOf } from './handshake-failure.ts';
import { receiveSecure } from './receive-secure.ts';
import { handshake } from './secure.ts';

/** Handshakes under way at a time. */
const MAX_UNDER_WAY = 1000;
/** Begun in one turn: 2 ms of it or so. */
const TURN_HANDSHAKES = 4;
/** How long one may let others wait. */
const GRACE_MS = 1000;

export interface HandshakesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: ServerCounters;
  readonly timeoutMs: () => number;
  /** Default: 1000. */
  readonly maxUnderWay?: number;
}

export interface HandshakeTarget {
  readonly listener: Listener;
  readonly tls: TlsListener;
  /** The handshake is done; the socket's end is the callee's to watch from now on. */
  readonly onSecure: (secured: Socket, certified: Principal, receive: typeof receiveSecure) => void;
  /** It came to nothing, and the socket has closed. */
  readonly onClosed: () => void;
}

interface Attempt extends HandshakeTarget {
  readonly accepted: Socket;
  readonly remote: string;
  /** A ready one waits for its turn. */
  state: 'silent' | 'ready' | 'under way' | 'over';
  /** It was under way for GRACE_MS. */
  isSlow: boolean;
  cancelDeadline: () => void;
  readonly onEnd: () => void;
  readonly onClose: () => void;
}

export class Handshakes {
  readonly #options: HandshakesOptions;
  readonly #maxUnderWay: number;
  readonly #deadlines: Deadlines;
  readonly #attempts = new Set<Attempt>();
  readonly #ready: Attempt[] = [];
  /** In the order in which they began. */
  readonly #underWay = new Set<Attempt>();
  #begunInTurn = 0;
  #waitsForTurn = false;
  #whenEmpty: Array<() => void> = [];

  constructor(options: HandshakesOptions) {
    this.#options = options;
    this.#maxUnderWay = options.maxUnderWay ?? MAX_UNDER_WAY;
    this.#deadlines = new Deadlines(options.clock);
  }

  /** Takes an accepted, paused socket. */
  offer(accepted: Socket, target: HandshakeTarget): void {
    const remote = `${plainAddress(accepted.remoteAddress)}:${accepted.remotePort}`;
    const attempt: Attempt = {
      ...target,
      accepted,
      remote,
      state: 'silent',
      isSlow: false,
      cancelDeadline: () => {},
      onEnd: () => this.#fail(attempt, new HandshakeFailure('closed', 'the client left')),
      onClose: () => this.#closed(attempt),
    };
    this.#attempts.add(attempt);
    this.#options.counters.tlsHandshaking += 1;
    this.#limit(attempt);
    accepted.on('error', () => {}); // 'close' follows
    accepted.on('close', attempt.onClose);
    accepted.on('end', attempt.onEnd);
    accepted.once('data', (bytes: Buffer) => this.#arrived(attempt, bytes));
    accepted.resume();
  }

  /** Ends all that have not come to an end; resolves when their sockets are closed. */
  async close(): Promise<void> {
    for (const attempt of this.#attempts) {
      attempt.state = 'over';
      attempt.accepted.destroy();
    }
    if (this.#attempts.size > 0) await new Promise<void>((resolve) => void this.#whenEmpty.push(resolve));
    this.#deadlines.close();
  }

  #limit(attempt: Attempt): void {
    const timeoutMs = this.#options.timeoutMs();
    const expire = (): void => this.#fail(attempt, new HandshakeFailure('timeout', `nothing came for ${timeoutMs} ms`));
    attempt.cancelDeadline = this.#deadlines.add(expire, timeoutMs);
  }

  #arrived(attempt: Attempt, bytes: Buffer): void {
    if (attempt.state !== 'silent') return;
    const { accepted } = attempt;
    accepted.pause();
    accepted.off('end', attempt.onEnd);
    if (!isTls(bytes)) {
      accepted.write(REFUSAL);
      this.#fail(attempt, new HandshakeFailure('plaintext', describePlaintext(bytes)));
      return;
    }
    accepted.unshift(bytes);
    attempt.state = 'ready';
    attempt.cancelDeadline();
    this.#ready.push(attempt);
    this.#beginSome();
  }

  #beginSome(): void {
    while (this.#ready.length > 0 && this.#begunInTurn < TURN_HANDSHAKES && this.#makeRoom()) {
      const attempt = this.#ready.shift() as Attempt;
      if (attempt.state === 'ready') this.#begin(attempt);
    }
  }

  /** False while as many are under way as may be. */
  #makeRoom(): boolean {
    if (this.#underWay.size < this.#maxUnderWay) return true;
    const [oldest] = this.#underWay;
    if (oldest?.isSlow !== true) return false;
    this.#fail(oldest, new HandshakeFailure('overload', 'it took its time while others waited'));
    return true;
  }

  #begin(attempt: Attempt): void {
    attempt.state = 'under way';
    this.#underWay.add(attempt);
    this.#spendTurn();
    attempt.cancelDeadline = this.#deadlines.add(() => {
      attempt.isSlow = true;
      this.#limit(attempt);
      this.#beginSome();
    }, GRACE_MS);
    handshake(attempt.accepted, attempt.tls, {
      done: (secured, certified) => this.#done(attempt, secured, certified),
      failed: (error) => this.#fail(attempt, error),
    });
  }

  #spendTurn(): void {
    this.#begunInTurn += 1;
    if (this.#waitsForTurn) return;
    this.#waitsForTurn = true;
    nextTurn(() => {
      this.#waitsForTurn = false;
      this.#begunInTurn = 0;
      this.#beginSome();
    });
  }

  #done(attempt: Attempt, secured: TLSSocket, certified: Principal): void {
    if (attempt.state !== 'under way') return;
    attempt.state = 'over';
    attempt.accepted.off('close', attempt.onClose);
    this.#options.counters.tlsHandshakes += 1;
    this.#forget(attempt);
    attempt.onSecure(secured, certified, receiveSecure);
    this.#beginSome();
  }

  /** Ends the attempt, which tells why once. */
  #fail(attempt: Attempt, error: unknown): void {
    if (attempt.state === 'over') return;
    attempt.state = 'over';
    attempt.cancelDeadline();
    this.#underWay.delete(attempt);
    const { logger, counters } = this.#options;
    const { listener, remote, accepted } = attempt;
    const reason = reasonOf(error);
    counters.tlsFailures.set(reason, (counters.tlsFailures.get(reason) ?? 0) + 1);
    const message = `TLS handshake with ${remote} on listener ${listener.name} failed: ${messageOf(error)}`;
    const fields = { remote, listener: listener.name, reason };
    // Whoever only looks whether the port is open is no news.
    if (reason === 'closed') logger.debug('tls-handshake-failed', message, fields);
    else logger.warn('tls-handshake-failed', message, fields);
    accepted.destroySoon();
  }

  #closed(attempt: Attempt): void {
    this.#fail(attempt, new HandshakeFailure('closed', 'the client left'));
    this.#forget(attempt);
    attempt.onClosed();
    this.#beginSome();
  }

  #forget(attempt: Attempt): void {
    attempt.cancelDeadline();
    this.#underWay.delete(attempt);
    if (!this.#attempts.delete(attempt)) return;
    this.#options.counters.tlsHandshaking -= 1;
    if (this.#attempts.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
