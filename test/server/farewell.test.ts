/** Connections with TLS that the server ends: by a close_notify, and without waiting for whoever is there. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { requestFrame } from '../support/wire-client.ts';
import { soon, turns, until } from '../support/run-clock.ts';
import { connectRecorded, type RecordedClient, RecordType } from '../support/tls-records.ts';
import { BIG, echo, type Rig, startRig, useTls } from './rig.ts';

await useTls();

const IDLE_MS = 1000;

const clients: RecordedClient[] = [];
after(() => {
  for (const client of clients) client.close();
});

/** A client that is served; with TLS 1.2, which shows what an alert is. */
async function served(rig: Rig): Promise<RecordedClient> {
  const port = rig.server.listeners[0]?.port ?? 0;
  const client = connectRecorded(port, { maxVersion: 'TLSv1.2', rejectUnauthorized: false });
  clients.push(client);
  client.socket.on('error', () => {});
  client.socket.write(echo(1, 'hello'));
  await once(client.socket, 'data');
  return client;
}

/** That a close_notify was the last that came. */
async function isToldOfEnd({ ended, records }: RecordedClient): Promise<void> {
  await soon(ended);
  assert.deepEqual(
    records.map(({ type }) => type).filter((type) => type !== RecordType.HANDSHAKE),
    [RecordType.CHANGE_CIPHER_SPEC, RecordType.APPLICATION_DATA, RecordType.ALERT],
  );
}

test('who was idle for too long is told of the end', async () => {
  const rig = await startRig({ maxIdleMs: IDLE_MS });
  const client = await served(rig);
  rig.clock.advance(IDLE_MS + IDLE_MS / 10 + 1);
  await isToldOfEnd(client);
});

test('who is connected while the server closes is told of the end', async () => {
  const rig = await startRig();
  const client = await served(rig);
  await soon(rig.server.close());
  await isToldOfEnd(client);
});

test('who sends what is no request is told of the end', async () => {
  const rig = await startRig();
  const client = await served(rig);
  client.socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  await isToldOfEnd(client);
});

test('who does not read what it asked for holds up nothing', async () => {
  const rig = await startRig();
  const client = await served(rig);
  client.pause();
  const request = Buffer.alloc(4);
  request.writeInt32BE(64);
  client.socket.write(requestFrame(BIG, 0, 2, request));
  let before = -1;
  await until(() => rig.counters.unsentBytes > 0);
  while (rig.counters.bytesOut !== before) {
    before = rig.counters.bytesOut;
    await turns(200);
  }
  await soon(rig.server.destroy());
  assert.equal(rig.server.connectionCount, 0);
});

test('who reads nothing at all, and has been sent everything, holds up nothing', async () => {
  const rig = await startRig({ maxIdleMs: IDLE_MS });
  const client = await served(rig);
  client.pause();
  rig.clock.advance(IDLE_MS + IDLE_MS / 10 + 1);
  await until(() => rig.server.connectionCount === 0);
});
