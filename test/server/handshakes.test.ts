/** TLS handshakes that are not done: their time, and who makes room for whom. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectSecurely, createSecureContext } from 'node:tls';
import { before, test, type TestContext } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { ServerCounters } from '../../src/metrics/counters.ts';
import { ANONYMOUS } from '../../src/security/principal.ts';
import type { TlsListener } from '../../src/security/tls/types.ts';
import { Handshakes } from '../../src/server/tls/handshakes.ts';
import { Authority } from '../support/certificates.ts';
import { clientHello } from '../support/client-hello.ts';
import { Lines } from '../support/log-lines.ts';
import { turns, until } from '../support/run-clock.ts';

const TIMEOUT_MS = 10_000;
const LISTENER = { name: 'SECURE', host: '127.0.0.1', port: 0 };

let tls: TlsListener;
/** What a client begins with. */
let hello: Buffer;
before(async () => {
  const { chain, key } = await (await Authority.create()).issue();
  const context = createSecureContext({ cert: chain, key });
  tls = { clientAuth: 'none', hasServerNames: false, context: () => context, principal: () => ANONYMOUS };
  hello = await clientHello();
});

class World {
  readonly clock = new ManualClock();
  readonly counters = new ServerCounters();
  readonly log = new Lines();
  readonly handshakes: Handshakes;
  readonly secured: Socket[] = [];
  closed = 0;
  readonly #server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  readonly #clients: Socket[] = [];

  constructor(t: TestContext, maxUnderWay: number) {
    const { clock, counters, log: logger } = this;
    this.handshakes = new Handshakes({ clock, counters, logger, timeoutMs: () => TIMEOUT_MS, maxUnderWay });
    this.#server.on('connection', (socket) => {
      this.handshakes.offer(socket, {
        listener: LISTENER,
        tls,
        onSecure: (secured) => void this.secured.push(secured),
        onClosed: () => void (this.closed += 1),
      });
    });
    t.after(async () => {
      for (const socket of [...this.#clients, ...this.secured]) socket.destroy();
      await this.handshakes.close();
      assert.equal(counters.tlsHandshaking, 0);
      this.#server.close();
    });
  }

  /** A connection, with these bytes on it, that the handshakes know of. */
  async client(bytes: Buffer = Buffer.alloc(0)): Promise<Socket> {
    if (!this.#server.listening) {
      this.#server.listen(0, '127.0.0.1');
      await once(this.#server, 'listening');
    }
    const known = this.counters.tlsHandshaking;
    const socket = connect((this.#server.address() as AddressInfo).port, '127.0.0.1');
    this.#clients.push(socket);
    socket.on('error', () => {});
    socket.resume();
    socket.write(bytes);
    await until(() => this.counters.tlsHandshaking === known + 1);
    return socket;
  }

  /** The reasons of what failed, in order. */
  get failures(): string[] {
    return this.log.lines.map(({ fields }) => String(fields['reason']));
  }
}

for (const [how, bytes] of [
  ['nothing', () => Buffer.alloc(0)],
  ['one byte', () => hello.subarray(0, 1)],
  ['half of its first message', () => hello.subarray(0, 100)],
  ['its first message only', () => hello],
] as const) {
  test(`a client that sends ${how} is closed when its time is over, and not before`, async (t) => {
    const world = new World(t, 10);
    const socket = await world.client(bytes());
    await until(() => socket.bytesRead > 0 || bytes().length < hello.length);
    await turns(50);
    world.clock.advance(TIMEOUT_MS - 1);
    await turns(50);
    assert.equal(world.closed, 0);
    world.clock.advance(1001);
    await until(() => world.closed === 1);
    assert.deepEqual(world.failures, ['timeout']);
    assert.deepEqual([...world.counters.tlsFailures], [['timeout', 1]]);
  });
}

test('whoever lets the server wait makes room for who waits, and not in his first second', async (t) => {
  const world = new World(t, 2);
  const slow = [await world.client(hello), await world.client(hello)];
  await until(() => slow.every(({ bytesRead }) => bytesRead > 0));
  const plain = await world.client();
  const waiting = connectSecurely({ socket: plain, rejectUnauthorized: false });
  await turns(200);
  assert.equal(world.secured.length, 0);
  world.clock.advance(999);
  await turns(200);
  assert.deepEqual([world.secured.length, world.closed], [0, 0]);
  world.clock.advance(1);
  await once(waiting, 'secureConnect');
  await until(() => world.secured.length === 1 && world.closed === 1);
  assert.deepEqual(world.failures, ['overload']);
});

test('a client that leaves in the middle takes its place with it, without a line', async (t) => {
  const world = new World(t, 1);
  for (const leave of ['destroy', 'resetAndDestroy', 'end'] as const) {
    const before = world.closed;
    const socket = await world.client(hello);
    await until(() => socket.bytesRead > 0);
    socket[leave]();
    await until(() => world.closed === before + 1);
  }
  assert.deepEqual(world.failures, []);
  const plain = await world.client();
  await once(connectSecurely({ socket: plain, rejectUnauthorized: false }), 'secureConnect');
});

test('nonsense in the place of a first message is refused with an alert', async (t) => {
  const world = new World(t, 10);
  const socket = await world.client(Buffer.concat([hello.subarray(0, 5), Buffer.alloc(hello.length - 5, 0xff)]));
  await until(() => world.closed === 1);
  assert.deepEqual(world.failures, ['protocol']);
  await until(() => socket.bytesRead > 0);
});
