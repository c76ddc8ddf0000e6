/** Clients that do with TLS what no client should: nothing is served, nothing hangs, nothing stays. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { turns } from '../support/run-clock.ts';
import { client, echo, type Rig, startRig, useTls } from './rig.ts';

await useTls();

const SEEDS = 150;
/** Turns in which a client that has left, or been left, is gone. */
const MOST_TURNS = 5000;
const CLOCK_STEP_MS = 100;
const HANDSHAKE = 22;

/** The first flight of a client of Node's own. */
async function clientHello(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const channel = new Duplex({ read: () => {}, write: (chunk: Buffer) => resolve(chunk) });
  const socket = connectTls({ socket: channel, maxVersion, rejectUnauthorized: false });
  socket.on('error', () => {});
  const hello = await promise;
  socket.destroy();
  return hello;
}

const hellos = [await clientHello('TLSv1.3'), await clientHello('TLSv1.2')];

function record(type: number, payload: Buffer, claimedLength = payload.length): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 3, claimedLength >> 8, claimedLength & 0xff]), payload]);
}

function flipped(random: Random, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  for (let flips = 1 + random.int(4); flips > 0; flips--) changed[random.int(changed.length)] = random.int(256);
  return changed;
}

/** Something that a client may send; none of it is a whole handshake. */
function anything(random: Random): Buffer {
  const hello = hellos[random.int(hellos.length)] as Buffer;
  const some: ReadonlyArray<() => Buffer> = [
    () => hello,
    () => hello.subarray(0, 1 + random.int(hello.length)),
    () => flipped(random, hello),
    () => flipped(random, hello).subarray(0, 1 + random.int(hello.length)),
    () => record(HANDSHAKE, random.bytes(random.int(200))),
    () => record(HANDSHAKE, random.bytes(10), 0x3fff),
    () => record(HANDSHAKE, random.bytes(10), 0xffff),
    () => record(20, Buffer.from([1])),
    () => record(21, Buffer.from([1, 0])),
    () => record(21, Buffer.from([2, random.int(256)])),
    () => record(23, random.bytes(random.int(500))),
    () => record(24, random.bytes(random.int(50))),
    () => record(random.int(256), random.bytes(random.int(50))),
    () => Buffer.concat(Array.from({ length: 40 }, () => record(HANDSHAKE, Buffer.alloc(0)))),
    () => Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    // The hello of SSL 2.
    () => Buffer.from([0x80, 0x2e, 1, 0, 2, 0, 21, 0, 0, 0, 16]),
    () => echo(1, 'plain'),
    () => random.bytes(1 + random.int(300)),
    () => Buffer.alloc(20_000, HANDSHAKE),
  ];
  return (some[random.int(some.length)] as () => Buffer)();
}

async function open(rig: Rig): Promise<{ readonly socket: Socket; readonly ends: { isClosed: boolean } }> {
  const socket = connect({ port: rig.server.listeners[0]?.port ?? 0, host: '127.0.0.1', noDelay: true });
  const ends = { isClosed: false };
  socket.on('error', () => {});
  socket.on('close', () => (ends.isClosed = true));
  socket.resume();
  await once(socket, 'connect');
  return { socket, ends };
}

async function isServed(rig: Rig): Promise<void> {
  const served = await client(rig);
  served.send(echo(9, 'hello'));
  assert.match((await served.next())?.toString() ?? '', /hello/);
  served.close();
}

describe('a client without a handshake', () => {
  test('is served nothing, whatever it sends, and leaves nothing behind', async () => {
    const rig = await startRig();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed);
      const { socket, ends } = await open(rig);
      const pieces = Array.from({ length: 1 + random.int(4) }, () => anything(random));
      if (random.int(2) === 0) socket.write(Buffer.concat(pieces));
      else
        for (const piece of pieces) {
          socket.write(piece);
          await turns(2);
        }
      // Some leave, some say no more, and some go without a word.
      const farewell = random.int(3);
      if (farewell === 0) socket.end();
      if (farewell === 1) socket.destroy();
      for (let turn = 0; !ends.isClosed; turn++) {
        assert.ok(turn < MOST_TURNS, `seed ${seed} hangs`);
        await turns(1);
        rig.clock.advance(CLOCK_STEP_MS);
      }
    }
    assert.deepEqual(rig.started, []);
    for (let turn = 0; rig.counters.tlsHandshaking > 0; turn++) {
      assert.ok(turn < MOST_TURNS, 'a handshake goes on without a client');
      await turns(1);
      rig.clock.advance(CLOCK_STEP_MS);
    }
    await isServed(rig);
    assert.deepEqual(rig.started, ['hello']);
  });
});

describe('a client that is slow', () => {
  test('and sends its handshake and its request byte by byte is served', async () => {
    const rig = await startRig();
    const { socket } = await open(rig);
    const channel = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _, done) => {
        for (const byte of chunk) socket.write(Buffer.of(byte));
        done();
      },
    });
    socket.on('data', (chunk: Buffer) => channel.push(chunk));
    const secured = connectTls({ socket: channel, rejectUnauthorized: false });
    await once(secured, 'secureConnect');
    secured.write(echo(1, 'hello'));
    const [answer] = (await once(secured, 'data')) as [Buffer];
    assert.match(answer.toString(), /hello/);
    secured.destroy();
    socket.destroy();
  });
});
