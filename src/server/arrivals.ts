/**
 * How fast new connections come (KIP-612).
 *
 * Beyond `max.connection.creation.rate`, of all listeners or of one, those of a listener wait in their order, unread; each
 * is counted when its turn comes, and waits for one window at most. The listener for other brokers is bounded by its own
 * rate alone. An address beyond its quota has its new connections
 * closed, unread, some time after they were accepted. Both kinds are bounded like the system's own queue; more are closed
 * at once.
 */
import type { Socket } from 'node:net';
import { addressOf } from '../base/address.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Listener } from '../config/listeners.ts';
import type { ServerCounters } from '../metrics/counters.ts';
import type { Quotas } from '../security/quotas/quotas.ts';
import { SampledRate, type Windows } from '../security/quotas/sampled-rate.ts';
import { NO_RATE, type ServerLimits } from './limits.ts';

export interface ArrivalsOptions {
  readonly clock: Clock;
  readonly counters: ServerCounters;
  readonly quotas: Quotas;
  /** The limits in force now. */
  readonly limits: () => ServerLimits;
  /** Over which rates are measured. */
  readonly windows: Windows;
  /** Takes an accepted, paused socket. */
  readonly pass: (socket: Socket, listener: Listener) => void;
}

/** The connections of one listener. */
interface Gate {
  readonly listener: Listener;
  readonly rate: SampledRate;
  readonly waiting: Socket[];
  timer: Timer | null;
}

export class Arrivals {
  readonly #options: ArrivalsOptions;
  /** Of all listeners. */
  readonly #rate: SampledRate;
  readonly #gates = new Map<string, Gate>();
  /** Sockets that are closed later, with what does it. */
  readonly #refused = new Map<Socket, Timer>();
  #isClosed = false;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
    this.#rate = new SampledRate(options.windows);
  }

  /** Takes an accepted, paused socket: passes it on, now or later, or closes it. */
  accepted(socket: Socket, listener: Listener): void {
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    const gate = this.#gateOf(listener);
    if (gate === null) this.#enter(socket, listener);
    else if (gate.waiting.length >= this.#options.limits().backlog) this.#reject(socket);
    else {
      gate.waiting.push(socket);
      // Others are before it.
      if (gate.waiting.length === 1) this.#count(gate);
    }
  }

  /** Closes those that wait, and all that come. */
  close(): void {
    this.#isClosed = true;
    for (const { waiting, timer } of this.#gates.values()) {
      timer?.cancel();
      for (const socket of waiting.splice(0)) socket.destroy();
    }
    for (const [socket, timer] of this.#refused) {
      timer.cancel();
      socket.destroy();
    }
    this.#refused.clear();
  }

  /** Null: there is no limit, and nobody waits for one that there was. */
  #gateOf(listener: Listener): Gate | null {
    const { limits, windows } = this.#options;
    const { maxConnectionRate, maxConnectionRateOf } = limits();
    const known = this.#gates.get(listener.name);
    const hasLimit = Math.min(maxConnectionRate, maxConnectionRateOf(listener.name)) < NO_RATE;
    if (!hasLimit && (known === undefined || known.waiting.length === 0)) return null;
    const gate = known ?? { listener, rate: new SampledRate(windows), waiting: [], timer: null };
    this.#gates.set(listener.name, gate);
    return gate;
  }

  /** Counts the first that waits, and lets it in, maybe later; then the next. */
  #count(gate: Gate): void {
    while (gate.waiting.length > 0) {
      const waitMs = this.#waitMs(gate);
      if (waitMs > 0) {
        this.#options.counters.connectionsDelayed += 1;
        gate.timer = this.#options.clock.setTimer(waitMs, () => {
          this.#enter(gate.waiting.shift() as Socket, gate.listener);
          this.#count(gate);
        });
        return;
      }
      this.#enter(gate.waiting.shift() as Socket, gate.listener);
    }
  }

  #waitMs({ listener, rate }: Gate): number {
    const { clock, limits, windows } = this.#options;
    const { maxConnectionRate, maxConnectionRateOf, protectedListener } = limits();
    const nowMs = clock.monotonicMs();
    rate.record(1, nowMs);
    if (listener.name === protectedListener) {
      return Math.min(rate.excessMs(maxConnectionRateOf(listener.name), nowMs), windows.ms);
    }
    this.#rate.record(1, nowMs);
    const waitMs = Math.max(
      this.#rate.excessMs(maxConnectionRate, nowMs),
      rate.excessMs(maxConnectionRateOf(listener.name), nowMs),
    );
    return Math.min(waitMs, windows.ms);
  }

  #enter(socket: Socket, listener: Listener): void {
    const { quotas, clock, limits, pass } = this.#options;
    const { addresses } = quotas;
    const from = addresses === null ? null : addressOf(socket.remoteAddress ?? '');
    const closeMs = from === null ? 0 : (addresses?.connected(from) ?? 0);
    if (closeMs === 0) pass(socket, listener);
    else if (this.#refused.size >= limits().backlog) this.#reject(socket);
    else {
      const timer = clock.setTimer(closeMs, () => {
        this.#refused.delete(socket);
        this.#reject(socket);
      });
      this.#refused.set(socket, timer);
    }
  }

  #reject(socket: Socket): void {
    this.#options.counters.connectionsRejected += 1;
    socket.destroy();
  }
}
