/** A proxy between a client and a broker that hands out every request and response it passes on, as frames. */
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** A request frame and, unless it asked for none, its response; both without the length. */
export interface Exchange {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly request: Buffer;
  readonly response: Buffer | undefined;
}

/** Cuts a stream into frames. */
class FrameCutter {
  #pending = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const frames: Buffer[] = [];
    for (;;) {
      if (this.#pending.length < 4) return frames;
      const end = 4 + this.#pending.readInt32BE(0);
      if (this.#pending.length < end) return frames;
      frames.push(this.#pending.subarray(4, end));
      this.#pending = this.#pending.subarray(end);
    }
  }
}

/** Pairs requests with responses by their correlation ids; a request without a response is found when the next comes. */
function record(client: Socket, broker: Socket, onExchange: (exchange: Exchange) => void): void {
  const requests = new FrameCutter();
  const responses = new FrameCutter();
  const waiting: Buffer[] = [];
  const report = (request: Buffer, response: Buffer | undefined): void => {
    const exchange = { apiKey: request.readInt16BE(0), apiVersion: request.readInt16BE(2), request, response };
    onExchange(exchange);
  };
  client.on('data', (chunk: Buffer) => {
    waiting.push(...requests.push(chunk).filter((frame) => frame.length >= 8));
    broker.write(chunk);
  });
  broker.on('data', (chunk: Buffer) => {
    for (const response of responses.push(chunk)) {
      for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
        if (request.readInt32BE(4) === response.readInt32BE(0)) {
          report(request, response);
          break;
        }
        report(request, undefined);
      }
    }
    client.write(chunk);
  });
}

/** Starts a proxy on `port` of 127.0.0.1 (0 for any); close it by disposing of it. */
export async function startRecordingProxy(
  port: number,
  brokerPort: number,
  onExchange: (exchange: Exchange) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const broker = connect({ host: '127.0.0.1', port: brokerPort, noDelay: true });
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    record(client, broker, onExchange);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
