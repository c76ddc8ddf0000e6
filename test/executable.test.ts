/** The single executable: no Node, no files beside it. Its threads and native libraries come out of it. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stringSerializers, Producer } from '@platformatic/kafka';
import { buildExecutable } from '../build-executable.ts';
import { ended, spawned, started } from './cli/program.ts';
import { Authority, pemSettings } from './support/certificates.ts';
import { TokenProvider } from './support/token-provider.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-executable-'));
const executable = join(directory, process.platform === 'win32' ? 'walka.exe' : 'walka');
const temporary = join(directory, 'temporary');

/** Nothing of this machine's Node may be found. */
const run = (...args: readonly string[]) =>
  spawned(executable, args, directory, { PATH: '', NODE_PATH: '', TMPDIR: temporary, NODE_COMPILE_CACHE: '' });

before(async () => {
  mkdirSync(temporary);
  await buildExecutable(executable);
});
after(() => rmSync(directory, { recursive: true, force: true }));

test('it says its version and knows its commands', async () => {
  const version = await ended(run('--version'));
  assert.deepEqual([version.code, version.err], [0, '']);
  assert.match(version.out, /^walka \d+\.\d+\.\d+\n$/);
  assert.equal((await ended(run('settings', 'num.partitions'))).code, 0);
  const bench = await ended(run('bench', '--quick'));
  assert.deepEqual([bench.code, bench.out], [1, '']);
  assert.match(bench.err, /^walka: bench is not in the single executable[^\n]*\n$/);
});

test('it serves records of every codec, and leaves nothing with the temporary files', async (t) => {
  const child = run('--listen', '127.0.0.1:0', '--data-dir', 'data', '--topic', 'records:1');
  t.after(() => child.kill('SIGKILL'));
  const { port } = await started(child);
  const messages = Array.from({ length: 100 }, (_, index) => ({ topic: 'records', value: `record ${index}` }));
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const producer = new Producer({
      clientId: compression,
      bootstrapBrokers: [`127.0.0.1:${port}`],
      serializers: stringSerializers,
      compression,
      retries: 0,
    });
    await producer.send({ messages });
    await producer.close();
  }
  const end = ended(child);
  child.kill('SIGTERM');
  assert.equal((await end).code, 0);
  const left = readdirSync(temporary).filter((name) => name.startsWith('walka'));
  assert.deepEqual(left, []);
});

test('it serves clients by TLS, who log in with tokens of a provider', async (t) => {
  await using provider = await TokenProvider.open();
  const authority = await Authority.create();
  const settings = {
    ...pemSettings(await authority.issue()),
    'listener.security.protocol.map': 'SECURED:SASL_SSL',
    listeners: 'SECURED://127.0.0.1:0',
    'sasl.enabled.mechanisms': 'OAUTHBEARER',
    'sasl.oauthbearer.jwks.endpoint.url': provider.url,
    'sasl.oauthbearer.expected.issuer': provider.issuer,
    'sasl.oauthbearer.expected.audience': 'walka',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:carol',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value.trim().replaceAll('\n', '\\n')}\n`);
  writeFileSync(join(directory, 'secured.properties'), lines.join(''));
  const child = run('secured.properties', '--memory', '--topic', 'orders:1');
  t.after(() => child.kill('SIGKILL'));
  const { port } = await started(child);
  const producer = (token: string) =>
    new Producer({
      clientId: 'carol',
      bootstrapBrokers: [`127.0.0.1:${port}`],
      serializers: stringSerializers,
      tls: { ca: authority.certificate },
      sasl: { mechanism: 'OAUTHBEARER', token },
      retries: 0,
    });
  const carol = producer(await provider.token('carol'));
  const { offsets } = await carol.send({ messages: [{ topic: 'orders', value: 'record' }] });
  assert.deepEqual(
    offsets?.map(({ offset }) => offset),
    [0n],
  );
  await carol.close();
  const expired = producer(await provider.token('carol', { exp: 1 }));
  await assert.rejects(expired.send({ messages: [{ topic: 'orders', value: 'record' }] }));
  await expired.close();
});
