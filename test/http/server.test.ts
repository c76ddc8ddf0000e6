/** Metrics and health over HTTP, from clients that mean well and others. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { prometheusText } from '../../src/http/prometheus.ts';
import { HttpServer } from '../../src/http/server.ts';
import { gauge } from '../../src/metrics/figures.ts';

interface Rig extends AsyncDisposable {
  readonly port: number;
  /** How often metrics were collected. */
  collected(): number;
  illness: string | null;
}

async function start(): Promise<Rig> {
  let collected = 0;
  const figures = [gauge('answers', 'Counts its own collections.', () => ++collected)];
  const rig = { port: 0, collected: () => collected, illness: null as string | null };
  const options = { host: '127.0.0.1', port: 0, figures, illness: () => rig.illness, logger: silentLogger };
  const server = await HttpServer.open(options);
  rig.port = server.port;
  return Object.assign(rig, { [Symbol.asyncDispose]: () => server.close() });
}

async function ask(port: number, path: string, agent = new Agent(), method = 'GET'): Promise<[number, string]> {
  const request = get({ host: '127.0.0.1', port, path, agent, method });
  const [response] = await once(request, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return [response.statusCode, body];
}

test('one connection is asked again and again', async () => {
  await using rig = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 1; i <= 20; i++) {
    const [status, body] = await ask(rig.port, '/metrics', agent);
    assert.equal(status, 200);
    assert.match(body, new RegExp(`^answers ${i}$`, 'm'));
  }
  agent.destroy();
});

test('health says what is wrong, other paths and methods are refused', async () => {
  await using rig = await start();
  assert.deepEqual(await ask(rig.port, '/healthz'), [200, 'ok\n']);
  rig.illness = 'The disk is full.';
  assert.deepEqual(await ask(rig.port, '/healthz?verbose'), [503, 'The disk is full.\n']);
  assert.equal((await ask(rig.port, '/other'))[0], 404);
  assert.equal((await ask(rig.port, '/healthz', new Agent(), 'DELETE'))[0], 405);
  assert.deepEqual(await ask(rig.port, '/healthz', new Agent(), 'HEAD'), [503, '']);
});

test('a client that sends a thousand questions ahead is closed and costs no more than one', async () => {
  await using rig = await start();
  const socket = connect(rig.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write('GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(1000));
  await once(socket, 'close');
  assert.ok(rig.collected() <= 1, `collected ${rig.collected()} times`);
  assert.equal((await ask(rig.port, '/healthz'))[0], 200);
});

test('who asks for metrics at the same time gets the same', async () => {
  let collected = 0;
  const metrics = prometheusText([gauge('answers', 'Counts its own collections.', () => ++collected)]);
  const [first, second] = await Promise.all([metrics.text(), metrics.text()]);
  assert.equal(first, second);
  assert.equal(collected, 1);
  await metrics.text();
  assert.equal(collected, 2);
});
