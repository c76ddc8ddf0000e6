/**
 * Clients that begin a TLS handshake and never end it: what they cost, and that others are served meanwhile.
 * `WALKA_HALF_OPEN=10000 node --test test/robustness/half-open-handshakes.test.ts` tries as many (`ulimit -n` must allow it).
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { Authority, pemSettings } from '../support/certificates.ts';
import { clientHello } from '../support/client-hello.ts';
import { until } from '../support/run-clock.ts';

const COUNT = Number(process.env['WALKA_HALF_OPEN'] ?? 600);
/** Of the whole process, with 10,000 of them. */
const MAX_BYTES = 400 * 1024 * 1024;

interface Answer {
  readonly port: number;
  readonly rss: number;
  readonly sockets: number;
}

async function ask(broker: ChildProcess): Promise<Answer> {
  const answered = once(broker, 'message');
  broker.send('figures');
  return ((await answered) as [Answer])[0];
}

/** A first message as a client sends it, of which no more comes. */
async function begin(port: number, hello: Buffer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  socket.write(hello);
  return socket;
}

test(`${COUNT} half-open TLS handshakes are bounded in memory, hold up nobody and are timed out`, async () => {
  const authority = await Authority.create();
  const settings = {
    listeners: 'SECURE://127.0.0.1:0',
    'listener.security.protocol.map': 'SECURE:SSL',
    'walka.durability': 'memory',
    'walka.tls.handshake.timeout.ms': '60000',
    ...pemSettings(await authority.issue(), authority),
  };
  const broker = fork(new URL('half-open/broker.ts', import.meta.url), [JSON.stringify(settings)]);
  const sockets: Socket[] = [];
  try {
    const [{ port }] = (await once(broker, 'message')) as [Answer];
    const bytes = await clientHello();
    const kinds = [bytes, bytes.subarray(0, 1), bytes.subarray(0, bytes.length - 1), Buffer.alloc(0)];
    for (let i = 0; i < COUNT; i++) sockets.push(await begin(port, kinds[i % kinds.length] as Buffer));
    const kafka = new Kafka({
      brokers: [`localhost:${port}`],
      ssl: { ca: authority.certificate },
      logLevel: logLevel.NOTHING,
    });
    const admin = kafka.admin();
    await admin.connect();
    assert.deepEqual(await admin.listTopics(), []);
    await admin.disconnect();
    const { rss, sockets: open } = await ask(broker);
    // Of those that sent something, a thousand may be under way while others wait.
    assert.ok(open >= Math.min(COUNT / 2, 1000), `${open} are open`);
    assert.ok(rss < MAX_BYTES, `${rss >> 20} MiB with ${open}`);
    process.stdout.write(`# ${rss >> 20} MiB with ${open} of ${COUNT} half-open handshakes\n`);
    broker.send('end time');
    await until(() => sockets.every(({ destroyed, readableEnded }) => destroyed || readableEnded));
  } finally {
    for (const socket of sockets) socket.destroy();
    broker.kill();
  }
});
