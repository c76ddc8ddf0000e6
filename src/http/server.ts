/** The HTTP side: /metrics for Prometheus and /healthz for whoever watches the process. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from '../base/logger.ts';
import type { Figure } from '../metrics/figures.ts';
import { type MetricsText, prometheusText } from './prometheus.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly figures: readonly Figure[];
  /** Why the broker is not well, in a sentence, or null. */
  readonly illness: () => string | null;
  readonly logger: Logger;
}

/** Limits of a server that answers small questions: connections, and ms for headers, requests and taking the answer. */
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;

export class HttpServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @throws Error of the system when the port cannot be bound */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const metrics = prometheusText(options.figures);
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
    server.maxConnections = MAX_CONNECTIONS;
    server.timeout = REQUEST_TIMEOUT_MS;
    const latest = new WeakMap<Socket, ServerResponse>();
    server.on('request', (request, response) => {
      const { socket } = request;
      if (socket.destroyed) return;
      // One question at a time: a thousand sent ahead would keep the broker from its work.
      if (latest.get(socket)?.writableFinished === false) {
        socket.destroy();
        return;
      }
      latest.set(socket, response);
      answer(request, response, metrics, options).catch((error: unknown) => {
        options.logger.warn('http-error', 'A request for metrics failed', { error });
        response.destroy();
      });
    });
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: MetricsText,
  options: HttpServerOptions,
): Promise<void> {
  const reply = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': type });
    response.end(request.method === 'HEAD' ? undefined : `${body}`);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    reply(405, 'only GET and HEAD\n');
    return;
  }
  switch ((request.url ?? '').split('?')[0]) {
    case '/metrics':
      reply(200, await metrics.text(), metrics.contentType);
      return;
    case '/healthz': {
      const illness = options.illness();
      reply(illness === null ? 200 : 503, `${illness ?? 'ok'}\n`);
      return;
    }
    default:
      reply(404, 'there are /metrics and /healthz\n');
  }
}
