/** The environment of compose.yaml, tried without Docker: only the addresses to bind are replaced. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readMetadataResponse } from '../protocol/generated/metadata-response.ts';
import { writeMetadataRequest } from '../protocol/generated/metadata-request.ts';
import { Reader } from '../protocol/reader.ts';
import { mainFile, spawned, started } from './cli/program.ts';
import { requestFrame, WireClient } from './support/wire-client.ts';

const root = join(import.meta.dirname, '..');

/** The `environment` of one service, as far as compose.yaml uses YAML: two spaces a level, one line a value. */
function environmentOf(compose: string, service: string): Record<string, string> {
  const lines = compose.split('\n');
  const start = lines.indexOf(`  ${service}:`);
  assert(start >= 0, `compose.yaml has no service ${service}`);
  const end = lines.findIndex((line, index) => index > start && /^ {0,2}\S/.test(line));
  const ofService = lines.slice(start + 1, end < 0 ? undefined : end);
  const first = ofService.indexOf('    environment:') + 1;
  assert(first > 0, `${service} has no environment`);
  const entries: Record<string, string> = {};
  for (const line of ofService.slice(first)) {
    const match = /^ {6}([A-Z0-9_]+): (?:"([^"]*)"|(.*))$/.exec(line);
    if (match === null) break;
    entries[match[1] as string] = match[2] ?? match[3] ?? '';
  }
  return entries;
}

/** Where the broker sends a client that came in by this port. */
async function advertisedAt(port: number): Promise<string> {
  const client = await WireClient.open(port);
  client.send(requestFrame(3, 1, 1, (writer) => writeMetadataRequest(writer, { topics: [] }, 1)));
  const answer = await client.next();
  client.close();
  assert(answer !== null);
  const { brokers } = readMetadataResponse(new Reader(answer, 4), 1);
  return brokers.map(({ host, port: brokerPort }) => `${host}:${brokerPort}`).join();
}

test('clients on the host and in containers are each sent to an address that they can reach', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'walka-compose-'));
  const environment = environmentOf(await readFile(join(root, 'compose.yaml'), 'utf8'), 'walka');
  const listeners = environment['KAFKA_LISTENERS'] ?? '';
  assert.equal(listeners, 'HOST://0.0.0.0:9092,DOCKER://0.0.0.0:29092');
  const bound = listeners.replace('0.0.0.0:9092', '127.0.0.1:0').replace('0.0.0.0:29092', '127.0.0.1:0');
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), '--data-dir', join(directory, 'data')], {
    env: { PATH: process.env['PATH'], ...environment, KAFKA_LISTENERS: bound },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });
  const { lines } = await started(child);
  const ports = [...(lines.at(-1)?.msg ?? '').matchAll(/ 127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
  assert.deepEqual(await Promise.all(ports.map(advertisedAt)), ['localhost:9092', 'walka:29092']);
  // Nothing to warn of, nothing without effect.
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['started'],
  );
});

test('the image keeps its data where KAFKA_LOG_DIRS says, and in its volume else', async (t) => {
  const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8');
  const image = Object.fromEntries(
    [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, pairs = '']) =>
      pairs.split(' ').map((pair) => pair.split('=', 2) as [string, string]),
    ),
  );
  assert.equal(image['KAFKA_LOG_DIRS'], /^VOLUME (.*)$/m.exec(dockerfile)?.[1]);
  // Nothing behind it: a command such as `topics list` comes first.
  assert.match(dockerfile, /^ENTRYPOINT \["node", "dist\/src\/main\.js"\]$/m);
  assert.equal(image['WALKA_METRICS_PORT'], '9644');
  const directory = await mkdtemp(join(tmpdir(), 'walka-image-'));
  const given = { KAFKA_LOG_DIRS: join(directory, 'mounted'), KAFKA_LISTENERS: 'PLAINTEXT://127.0.0.1:0' };
  const env = { ...image, ...given, WALKA_METRICS_PORT: '0' };
  const child = spawned(process.execPath, [mainFile], directory, env);
  t.after(async () => {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });
  const { lines } = await started(child);
  assert.match(lines.at(-1)?.msg ?? '', new RegExp(`metrics on port \\d+; data in ${given.KAFKA_LOG_DIRS} `));
});
