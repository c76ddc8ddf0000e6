/** Ports for brokers in processes of their own, of which no two tests on this machine get the same one. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below the range the kernel hands to outgoing connections, so that a killed broker gets its port back. */
const FIRST_PORT = 19300;
const PORT_COUNT = 100;
/** Kafka's controller listens this far above the broker's port. */
export const CONTROLLER_PORT_DISTANCE = PORT_COUNT;
/** Who listens this far above a port has it: the system gives that to one process, and takes it back when it dies. */
const CLAIM_DISTANCE = 2 * PORT_COUNT;

/** A port that is this process's own, whether or not somebody listens on it, until it is disposed. */
export interface PortClaim extends AsyncDisposable {
  readonly port: number;
}

/** Null when the port is taken. */
async function listening(port: number): Promise<Server | null> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return null;
  }
  server.unref();
  return server;
}

/** Somebody who makes no claims may use the port: another program, or a broker that outlived its test. */
async function isFree(port: number): Promise<boolean> {
  const server = await listening(port);
  await server?.[Symbol.asyncDispose]();
  return server !== null;
}

/** Claims a port that is free, and whose controller's port is. @throws Error when there is none */
export async function claimPort(): Promise<PortClaim> {
  const first = Math.floor(Math.random() * PORT_COUNT);
  for (let index = 0; index < PORT_COUNT; index++) {
    const port = FIRST_PORT + ((first + index) % PORT_COUNT);
    const claim = await listening(port + CLAIM_DISTANCE);
    if (claim === null) continue;
    if ((await isFree(port)) && (await isFree(port + CONTROLLER_PORT_DISTANCE))) {
      return { port, [Symbol.asyncDispose]: () => claim[Symbol.asyncDispose]() };
    }
    await claim[Symbol.asyncDispose]();
  }
  throw new Error(`no free port in ${FIRST_PORT}-${FIRST_PORT + PORT_COUNT - 1}`);
}
