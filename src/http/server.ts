/**
 * The HTTP side: one server for all modules, with the bounds that keep a stranger's connections from costing much. Its
 * code, and the library under it, is loaded only where a port is asked for.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from '../base/logger.ts';
import { createRouter, type HttpModule } from './router.ts';

export interface HttpLimits {
  /** Connections at a time; one more is closed at once. */
  readonly maxConnections: number;
  /** How long headers, a whole request, or an answer that nobody takes may last, in ms. */
  readonly timeoutMs: number;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly modules: readonly HttpModule[];
  readonly logger: Logger;
  /** Instead of the usual ones. */
  readonly limits?: HttpLimits;
}

const LIMITS: HttpLimits = { maxConnections: 128, timeoutMs: 10_000 };
/** How often slow requests are looked for at least, in ms. */
const CHECK_INTERVAL_MS = 1000;

export class HttpServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @throws Error of the system when the port cannot be bound */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const { maxConnections, timeoutMs } = options.limits ?? LIMITS;
    const server = createServer({
      requestTimeout: timeoutMs,
      headersTimeout: timeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, timeoutMs),
    });
    server.maxConnections = maxConnections;
    server.timeout = timeoutMs;
    // The program around an embedded broker keeps its own Request and Response.
    const listener = getRequestListener(createRouter(options.modules, options.logger).fetch, {
      overrideGlobalObjects: false,
      // Health checks of HTTP/1.0 name no host; HTTP/1.1 without one is refused by Node.
      hostname: 'localhost',
    });
    server.on(
      'request',
      oneAtATime((request, response) => void listener(request, response)),
    );
    server.listen(options.port, options.host);
    await once(server, 'listening');
    server.on('error', (error) => options.logger.error('http-error', error.message));
    server.unref();
    return new HttpServer(server, (server.address() as AddressInfo).port);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** One question at a time: a thousand sent ahead on one connection would keep the broker from its work. */
function oneAtATime(listener: Listener): Listener {
  const latest = new WeakMap<Socket, ServerResponse>();
  return (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    if (latest.get(socket)?.writableFinished === false) {
      socket.destroy();
      return;
    }
    latest.set(socket, response);
    listener(request, response);
  };
}
