/** The HTTP side, from clients that mean well and others. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request as openRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { HTTPException } from 'hono/http-exception';
import { silentLogger } from '../../src/base/logger.ts';
import type { Route } from '../../src/http/router.ts';
import { type HttpLimits, HttpServer } from '../../src/http/server.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Question {
  readonly method?: string;
  readonly body?: string;
  readonly agent?: Agent;
}

function serve(routes: readonly Route[], limits?: HttpLimits): Promise<HttpServer> {
  const options = { host: '127.0.0.1', port: 0, modules: [{ routes }], logger: silentLogger };
  return HttpServer.open(limits === undefined ? options : { ...options, limits });
}

async function ask(port: number, path: string, { method = 'GET', body = '', agent }: Question = {}): Promise<Answer> {
  const request = openRequest({ host: '127.0.0.1', port, path, method, agent: agent ?? new Agent() });
  request.end(body);
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, body: text, headers: response.headers };
}

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  return socket;
}

const hello: Route = { method: 'GET', path: '/hello', handle: (context) => context.text('hello\n') };
const echo: Route = {
  method: 'POST',
  path: '/echo',
  maxBodyBytes: 100,
  handle: async (context) => context.text(await context.req.text()),
};

test('a connection is asked again and again', async () => {
  await using server = await serve([hello]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 20; i++) assert.equal((await ask(server.port, '/hello', { agent })).body, 'hello\n');
  agent.destroy();
});

test('a question of HTTP/1.0 needs no host, as load balancers ask', async () => {
  await using server = await serve([hello]);
  const socket = connect(server.port, '127.0.0.1', () => socket.write('GET /hello HTTP/1.0\r\n\r\n'));
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*hello\n$/);
});

test('HEAD is answered as GET is, without a body', async () => {
  await using server = await serve([hello]);
  const { status, body, headers } = await ask(server.port, '/hello?a=b', { method: 'HEAD' });
  assert.deepEqual([status, body], [200, '']);
  assert.match(String(headers['content-type']), /^text\/plain/);
});

test('another method gets 405 and the methods that there are, another path 404 and the paths', async () => {
  await using server = await serve([hello, { ...hello, method: 'PUT' }, echo]);
  const refused = await ask(server.port, '/hello', { method: 'DELETE' });
  assert.deepEqual([refused.status, refused.headers['allow']], [405, 'GET, HEAD, PUT']);
  assert.equal((await ask(server.port, '/echo', { method: 'HEAD' })).status, 405);
  const missing = await ask(server.port, '/hello/there');
  assert.deepEqual([missing.status, missing.body], [404, 'nothing is here; there are /hello, /echo\n']);
});

test('a body is read up to its bound, whether or not its length is announced', async () => {
  await using server = await serve([echo]);
  assert.equal((await ask(server.port, '/echo', { method: 'POST', body: 'a'.repeat(100) })).body, 'a'.repeat(100));
  const tooLarge = await ask(server.port, '/echo', { method: 'POST', body: 'a'.repeat(101) });
  assert.deepEqual([tooLarge.status, tooLarge.headers['connection']], [413, 'close']);
  const chunked = open(server.port);
  let answer = '';
  chunked.on('data', (bytes) => (answer += bytes.toString()));
  chunked.write('POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
  chunked.write(`65\r\n${'a'.repeat(101)}\r\n`);
  await once(chunked, 'close');
  assert.match(answer, /^HTTP\/1\.1 413 /);
});

test('an error of a module is answered, and its text kept from strangers', async () => {
  await using server = await serve([
    { method: 'GET', path: '/known', handle: () => Promise.reject(new HTTPException(409, { message: 'not now' })) },
    { method: 'GET', path: '/unknown', handle: () => Promise.reject(new Error('secret')) },
  ]);
  const known = await ask(server.port, '/known');
  assert.deepEqual([known.status, known.body], [409, 'not now\n']);
  const unknown = await ask(server.port, '/unknown');
  assert.equal(unknown.status, 500);
  assert.doesNotMatch(unknown.body, /secret/);
});

test('a client that sends a thousand questions ahead is closed and costs no more than one', async () => {
  let asked = 0;
  await using server = await serve([
    hello,
    { method: 'GET', path: '/slow', handle: (context) => Promise.resolve(context.text(`${++asked}`)) },
  ]);
  const socket = open(server.port);
  socket.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(1000));
  await once(socket, 'close');
  assert.ok(asked <= 1, `asked ${asked} times`);
  assert.equal((await ask(server.port, '/hello')).status, 200);
});

test('who is slow with headers or a body, or does not speak HTTP, is closed', async () => {
  await using server = await serve([hello, echo], { maxConnections: 128, timeoutMs: 50 });
  const beginnings = [
    '',
    'GET /hello HTTP/1.1\r\nhost',
    'POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\nhalf',
    'GET /hello HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nhalf',
    'GET /hello HTTP/1.1\r\n\r\n',
    'TRACE /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n',
    'GET http://[ HTTP/1.1\r\nhost: [\r\nconnection: close\r\n\r\n',
    '\0\0\0\x12\0\x12\0\x03',
  ];
  const sockets = beginnings.map((beginning) => {
    const socket = open(server.port);
    if (beginning !== '') socket.write(beginning);
    return once(socket, 'close');
  });
  await Promise.all(sockets);
  assert.equal((await ask(server.port, '/hello')).status, 200);
});

test('connections beyond the bound are closed at once', async () => {
  await using server = await serve([hello], { maxConnections: 3, timeoutMs: 10_000 });
  const sockets = [1, 2, 3].map(() => open(server.port));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const fourth = open(server.port);
  await once(fourth, 'close');
  sockets[0]?.destroy();
  assert.equal(sockets[1]?.destroyed, false);
});

test('the Request and Response of the program around it stay what they are', async () => {
  const before = [globalThis.Request, globalThis.Response];
  await using server = await serve([hello]);
  assert.equal((await ask(server.port, '/hello')).status, 200);
  assert.deepEqual([globalThis.Request, globalThis.Response], before);
});
