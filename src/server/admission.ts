/**
 * Which accepted sockets become connections.
 *
 * As in Kafka, `max.connections.per.ip` closes a new one at once, and `max.connections` makes it wait, unread, until
 * another ends. Unlike there, no listener is exempt: Kafka spares the one for other brokers, and there are none. Those
 * that wait are bounded like the system's own queue before them; more are closed.
 */
import type { Socket } from 'node:net';
import type { Logger } from '../base/logger.ts';
import type { Listener } from '../config/listeners.ts';
import type { ServerCounters } from '../metrics/counters.ts';
import { plainAddress } from './connection-context.ts';
import type { ServerLimits } from './limits.ts';

export interface AdmissionOptions {
  readonly counters: ServerCounters;
  readonly logger: Logger;
  /** The limits in force now. */
  readonly limits: () => ServerLimits;
  /** Makes a connection of a socket; `onClosed` is to be called once, when it has closed. */
  readonly open: (socket: Socket, listener: Listener, onClosed: () => void) => void;
}

interface Waiting {
  readonly socket: Socket;
  readonly listener: Listener;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #openByIp = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #open = 0;
  #isClosed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Takes an accepted, paused socket: opens it, keeps it waiting or closes it. */
  offer(socket: Socket, listener: Listener): void {
    // A connection that is gone already has no address.
    if (this.#isClosed || socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const limits = this.#options.limits();
    const ip = plainAddress(socket.remoteAddress);
    const maxOfIp = limits.maxConnectionsPerIpOverrides.get(ip) ?? limits.maxConnectionsPerIp;
    if ((this.#openByIp.get(ip) ?? 0) >= maxOfIp) this.#reject(socket, ip);
    else if (this.#open < limits.maxConnections) this.#admit(socket, listener, ip);
    else if (this.#waiting.length < limits.backlog) this.#waiting.push({ socket, listener });
    else this.#reject(socket, ip);
  }

  /** Opens those that wait and may, the first first: after a connection ended or the limits changed. */
  retry(): void {
    while (this.#waiting.length > 0 && this.#open < this.#options.limits().maxConnections) {
      const { socket, listener } = this.#waiting.shift() as Waiting;
      this.offer(socket, listener);
    }
  }

  /** Closes those that wait, and all that come. */
  close(): void {
    this.#isClosed = true;
    for (const { socket } of this.#waiting.splice(0)) socket.destroy();
  }

  #admit(socket: Socket, listener: Listener, ip: string): void {
    const { counters, open } = this.#options;
    this.#open += 1;
    this.#openByIp.set(ip, (this.#openByIp.get(ip) ?? 0) + 1);
    counters.connectionsAccepted += 1;
    counters.connections += 1;
    open(socket, listener, () => this.#ended(ip));
  }

  #ended(ip: string): void {
    this.#open -= 1;
    this.#options.counters.connections -= 1;
    const ofIp = (this.#openByIp.get(ip) ?? 1) - 1;
    if (ofIp > 0) this.#openByIp.set(ip, ofIp);
    else this.#openByIp.delete(ip);
    this.retry();
  }

  #reject(socket: Socket, ip: string): void {
    const { counters, logger } = this.#options;
    counters.connectionsRejected += 1;
    logger.debug('connection-rejected', 'Too many connections', { remote: ip, open: this.#open });
    socket.destroy();
  }
}
