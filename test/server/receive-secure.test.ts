/** Says when Node changes what src/server/tls/receive-secure.ts relies on, and what becomes of many small records. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { type Receiver, type Reception } from '../../src/server/receive.ts';
import { receiveSecure } from '../../src/server/tls/receive-secure.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { turns, until } from '../support/run-clock.ts';

const KIB = 1024;
/** The least that TLS allows. */
const RECORD_BYTES = 512;

let authority: Authority;
let issued: Issued;
before(async () => {
  authority = await Authority.create();
  issued = await authority.issue();
});

const cleanups: Array<() => void> = [];
after(() => {
  for (const cleanup of cleanups) cleanup();
});

/** A connection whose handshake is done, with a client that sends small records. */
async function pair(): Promise<{ secured: TLSSocket; client: TLSSocket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', ca: authority.certificate, servername: 'localhost' });
  cleanups.push(() => {
    client.destroy();
    server.close();
  });
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const secureContext = createSecureContext({ cert: issued.chain, key: issued.key });
  const secured = new TLSSocket(accepted, { isServer: true, secureContext });
  await Promise.all([once(secured, 'secure'), once(client, 'secureConnect')]);
  client.setMaxSendFragment(RECORD_BYTES);
  return { secured, client };
}

/** One large frame that takes all that comes. */
class Frame implements Receiver {
  readonly clock = new ManualClock();
  readonly memory = Buffer.alloc(4096 * KIB);
  filled = 0;
  told = 0;
  stopsAt: number | null = null;
  readonly #isOwn: boolean;

  constructor(isOwn: boolean) {
    this.#isOwn = isOwn;
  }

  target(): Buffer {
    return this.memory.subarray(this.filled);
  }

  mayGather(): boolean {
    return this.#isOwn;
  }

  received(bytes: Buffer, count: number): boolean {
    assert.equal(bytes.buffer, this.memory.buffer, 'it landed elsewhere');
    assert.equal(bytes.byteOffset - this.memory.byteOffset, this.filled);
    this.filled += count;
    this.told += 1;
    return this.told !== this.stopsAt;
  }

  ended(): void {}
}

/** A frame that gets its memory little by little, and takes what landed elsewhere, too. */
class GrowingFrame extends Frame {
  override target(): Buffer {
    return this.memory.subarray(this.filled, this.filled + 2 * RECORD_BYTES);
  }

  override received(bytes: Buffer, count: number): boolean {
    if (bytes.buffer === this.memory.buffer) return super.received(bytes, count);
    bytes.copy(this.memory, this.filled, 0, count);
    this.filled += count;
    return true;
  }
}

function receive(secured: TLSSocket, frame: Frame): Reception {
  const reception = receiveSecure(secured, frame);
  cleanups.push(() => reception.socket.destroy());
  return reception;
}

const sent = Buffer.from(Array.from({ length: 64 * KIB }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

test('records land in the memory of the frame, and are told together', async () => {
  const { secured, client } = await pair();
  const frame = new Frame(true);
  receive(secured, frame);
  client.write(sent);
  await until(() => frame.filled === sent.length);
  assert.ok(frame.memory.subarray(0, sent.length).equals(sent));
  assert.ok(frame.told < sent.length / RECORD_BYTES / 4, `${frame.told} times`);
});

test('what lands in memory that others use as well is told at once', async () => {
  const { secured, client } = await pair();
  const frame = new Frame(false);
  receive(secured, frame);
  client.write(sent);
  await until(() => frame.filled === sent.length);
  assert.ok(frame.memory.subarray(0, sent.length).equals(sent));
  assert.ok(frame.told >= sent.length / RECORD_BYTES);
});

test('who has been told together may stop, and the rest comes where it belongs', async () => {
  const { secured, client } = await pair();
  const frame = new Frame(true);
  frame.stopsAt = 1;
  const reception = receive(secured, frame);
  client.write(sent);
  await until(() => frame.told === 1);
  client.write(sent);
  await turns(50);
  assert.equal(frame.told, 1, 'it is not read');
  reception.resume();
  await until(() => frame.filled === 2 * sent.length);
  assert.ok(frame.memory.subarray(0, 2 * sent.length).equals(Buffer.concat([sent, sent])));
});

test('who stopped is read on in memory that others use as well, and told of each record there', async () => {
  const pairs = await Promise.all([pair(), pair()]);
  const parts = [sent, Buffer.from(sent.toReversed())];
  const frames = pairs.map(({ secured }) => {
    const frame = new GrowingFrame(true);
    frame.stopsAt = 1;
    return { frame, reception: receive(secured, frame) };
  });
  const send = (start: number, end: number): void =>
    pairs.forEach(({ client }, at) => void client.write(parts[at]?.subarray(start, end) ?? sent));
  const begin = 2 * RECORD_BYTES;
  send(0, begin);
  await until(() => frames.every(({ frame }) => frame.told === 1));
  for (const { reception } of frames) reception.resume();
  send(begin, 16 * KIB);
  await until(() => frames.every(({ frame }) => frame.filled === 16 * KIB));
  for (const [at, { frame }] of frames.entries()) {
    assert.ok(parts[at]?.subarray(0, 16 * KIB).equals(frame.memory.subarray(0, 16 * KIB)), `connection ${at}`);
  }
});

test('a client whose records come one by one, fast, is left unread for a millisecond', async () => {
  const { secured, client } = await pair();
  const frame = new Frame(true);
  receive(secured, frame);
  const record = sent.subarray(0, 16 * KIB);
  client.setMaxSendFragment(record.length);
  const hasCome = async (count: number): Promise<boolean> => {
    for (let turn = 0; turn < 20_000; turn++) {
      if (frame.filled === count * record.length) return true;
      await turns(1);
    }
    return false;
  };
  for (let count = 1; ; count++) {
    assert.ok(count < 200, 'it never rests');
    client.write(record);
    frame.clock.advance(0.25);
    if (await hasCome(count)) continue;
    frame.clock.advance(1);
    await until(() => frame.filled === count * record.length);
    return;
  }
});
