/**
 * Which accepted sockets become connections.
 *
 * As in Kafka, `max.connections.per.ip` closes a new one at once, and `max.connections`, of all listeners or of one, makes
 * it wait, unread, until another ends. The listener for other brokers (there are none here, but an administrator may come
 * that way) is held back by its own limit alone; what then is too much in all is closed on the other listeners, the longest
 * idle first. Those that wait are bounded like the system's own queue before them; more are closed.
 */
import type { Socket } from 'node:net';
import { addressOf } from '../base/address.ts';
import type { Logger } from '../base/logger.ts';
import type { Listener } from '../config/listeners.ts';
import type { ServerCounters } from '../metrics/counters.ts';
import type { ServerLimits } from './limits.ts';

export interface AdmissionOptions {
  readonly counters: ServerCounters;
  readonly logger: Logger;
  /** The limits in force now. */
  readonly limits: () => ServerLimits;
  /** Makes a connection of a socket; `onClosed` is to be called once, when it has closed. */
  readonly open: (socket: Socket, listener: Listener, onClosed: () => void) => void;
  /** Closes connections of other listeners until so many are on their way out, the longest idle first. */
  readonly evict: (count: number, protectedListener: string | null) => void;
}

interface Waiting {
  readonly socket: Socket;
  readonly listener: Listener;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #openByIp = new Map<string, number>();
  readonly #openByListener = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #open = 0;
  #isClosed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Takes an accepted, paused socket: opens it, keeps it waiting or closes it. */
  offer(socket: Socket, listener: Listener): void {
    // A connection that is gone already has no address.
    const ip = addressOf(socket.remoteAddress ?? '');
    if (this.#isClosed || ip === null) {
      socket.destroy();
      return;
    }
    const limits = this.#options.limits();
    const maxOfIp = limits.maxConnectionsPerIpOverrides.get(ip) ?? limits.maxConnectionsPerIp;
    if ((this.#openByIp.get(ip) ?? 0) >= maxOfIp) this.#reject(socket, ip);
    else if (this.#hasRoom(listener)) this.#admit(socket, listener, ip);
    else if (this.#waiting.length < limits.backlog) this.#waiting.push({ socket, listener });
    else this.#reject(socket, ip);
  }

  /** Opens those that wait and may, the first of each listener first: after a connection ended or the limits changed. */
  retry(): void {
    for (let at = 0; at < this.#waiting.length; ) {
      const { socket, listener } = this.#waiting[at] as Waiting;
      if (!this.#hasRoom(listener)) at += 1;
      else {
        this.#waiting.splice(at, 1);
        this.offer(socket, listener);
      }
    }
  }

  /** Closes what is open beyond `max.connections`: after the limits changed, or who is spared came. */
  trim(): void {
    const { limits, evict } = this.#options;
    const { maxConnections, protectedListener } = limits();
    if (this.#open > maxConnections) evict(this.#open - maxConnections, protectedListener);
  }

  #hasRoom({ name }: Listener): boolean {
    const { maxConnections, maxConnectionsOf, protectedListener } = this.#options.limits();
    if ((this.#openByListener.get(name) ?? 0) >= maxConnectionsOf(name)) return false;
    return name === protectedListener || this.#open < maxConnections;
  }

  /** Closes those that wait, and all that come. */
  close(): void {
    this.#isClosed = true;
    for (const { socket } of this.#waiting.splice(0)) socket.destroy();
  }

  #admit(socket: Socket, listener: Listener, ip: string): void {
    const { counters, open } = this.#options;
    const { name } = listener;
    this.#open += 1;
    addTo(this.#openByIp, ip, 1);
    addTo(this.#openByListener, name, 1);
    counters.connectionsAccepted += 1;
    counters.connections += 1;
    open(socket, listener, () => this.#ended(ip, name));
    this.trim();
  }

  #ended(ip: string, listener: string): void {
    this.#open -= 1;
    this.#options.counters.connections -= 1;
    addTo(this.#openByIp, ip, -1);
    addTo(this.#openByListener, listener, -1);
    this.retry();
  }

  #reject(socket: Socket, ip: string): void {
    const { counters, logger } = this.#options;
    counters.connectionsRejected += 1;
    logger.debug('connection-rejected', 'Too many connections', { remote: ip, open: this.#open });
    socket.destroy();
  }
}

/** What comes to nothing is forgotten. */
function addTo(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
