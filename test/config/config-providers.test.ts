/** References to values elsewhere, through Kafka's config providers. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { BROKER_FLAGS, parseArguments } from '../../src/cli/args.ts';
import { loadConfiguration } from '../../src/cli/configuration.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { namesWithoutEffect } from '../../src/config/given-values.ts';
import { ConfigError } from '../../src/config/config-error.ts';

const PACKAGE = 'org.apache.kafka.common.config.provider.';
const ENV = { 'config.providers': 'env', 'config.providers.env.class': `${PACKAGE}EnvVarConfigProvider` };
const FILES = {
  'config.providers': 'file, dir',
  'config.providers.file.class': `${PACKAGE}FileConfigProvider`,
  'config.providers.dir.class': `${PACKAGE}DirectoryConfigProvider`,
};
const environment = { RACK: 'left', PORT: '9192', EMPTY: '' };
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'walka-providers-'));
  await mkdir(join(directory, 'secrets'));
  await writeFile(join(directory, 'secrets/rack'), 'from a directory\n');
  await writeFile(join(directory, 'more.properties'), 'rack = from a file\nname.with.dots=x\n');
});

after(() => rm(directory, { recursive: true }));

const config = (values: Record<string, string>) =>
  createBrokerConfig(new Map(Object.entries(values)), new Map(), new Map([['broker.rack', 'the file']]), environment);
const rack = (values: Record<string, string>) => config(values).rack;
const refuses = (values: Record<string, string>, message: RegExp) =>
  assert.throws(
    () => config(values),
    (error) => error instanceof ConfigError && message.test(error.message) && !error.message.includes('\n'),
  );

test('a variable, a key of a file and a file of a directory are values', () => {
  assert.equal(rack({ ...ENV, 'broker.rack': 'a-${env:RACK}-${env:PORT}' }), 'a-left-9192');
  assert.equal(config({ ...ENV, listeners: 'PLAINTEXT://:${env:PORT}' }).listeners[0]?.port, 9192);
  assert.equal(rack({ ...FILES, 'broker.rack': `\${file:${directory}/more.properties:rack}` }), 'from a file');
  assert.equal(rack({ ...FILES, 'broker.rack': `\${file:${directory}/more.properties:name.with.dots}` }), 'x');
  assert.equal(rack({ ...FILES, 'broker.rack': `\${dir:${directory}/secrets:rack}` }), 'from a directory');
});

test('a warning of a reference that nobody resolves shows no part of a password', async () => {
  const file = join(directory, 'server.properties');
  const jaas = 'x required user_a="hun${ter:2}";';
  await writeFile(file, `broker.rack=\${env:RACK}\nlistener.name.client.plain.sasl.jaas.config=${jaas}\n`);
  const { warnings } = loadConfiguration(parseArguments([file], BROKER_FLAGS), {});
  const texts = warnings.filter(({ event }) => event === 'unresolved-reference').map(({ text }) => text);
  assert.deepEqual(texts, [
    'broker.rack has ${env:RACK}, and config.providers has no env: it stays as it is',
    'listener.name.client.plain.sasl.jaas.config has ${ter:…}, and config.providers has no ter: it stays as it is',
  ]);
});

test('a reference to a provider that nobody named stays as it is', () => {
  assert.equal(rack({ 'broker.rack': '${env:RACK}' }), '${env:RACK}');
  assert.equal(rack({ ...ENV, 'broker.rack': '${file:/x:y} $1 ${RACK}' }), '${file:/x:y} $1 ${RACK}');
});

test('a reference that finds nothing is refused, naming the place, the setting and what is missing', () => {
  refuses({ ...ENV, 'broker.rack': '${env:NO}' }, /^the file: broker\.rack: \$\{env:NO\}: there is no variable NO$/);
  refuses({ ...ENV, 'broker.rack': '${env:/a:RACK}' }, /a variable has no path$/);
  const of = (reference: string) => ({ ...FILES, 'broker.rack': reference.replace('DIR', directory) });
  refuses(of('${file:DIR/more.properties:no}'), /more\.properties has no no$/);
  refuses(of('${file:DIR/none:rack}'), /cannot read .*\/none: there is no such file$/);
  refuses(of('${file:rack}'), /there is no path$/);
  refuses(of('${dir:DIR/secrets:none}'), /cannot read .*secrets\/none: there is no such file$/);
  refuses(of('${dir:DIR/secrets:../more.properties}'), /is not the name of a file$/);
});

test('an allow list keeps variables and paths out', () => {
  const only = { ...ENV, 'config.providers.env.param.allowlist.pattern': 'RA.*' };
  assert.equal(rack({ ...only, 'broker.rack': '${env:RACK}' }), 'left');
  refuses({ ...only, 'broker.rack': '${env:PORT}' }, /allowlist\.pattern does not have PORT$/);
  refuses({ ...only, 'config.providers.env.param.allowlist.pattern': '(' }, /^config\.providers\.env: /);
  const inside = { ...FILES, 'config.providers.file.param.allowed.paths': `${directory}/secrets` };
  for (const path of ['more.properties', 'secrets/../more.properties', 'secretsX']) {
    refuses({ ...inside, 'broker.rack': `\${file:${directory}/${path}:rack}` }, /allowed\.paths does not have/);
  }
  refuses({ ...FILES, 'config.providers.dir.param.allowed.paths': 'relative' }, /relative in .* is not absolute$/);
  refuses({ ...FILES, 'config.providers.dir.param.allowed.paths': '/not/there' }, /does not exist$/);
});

test('a provider of a class that is not there is refused, and so is one without a class', () => {
  refuses(
    { ...ENV, 'config.providers.env.class': 'io.strimzi.kafka.KubernetesSecretConfigProvider' },
    /^config\.providers\.env\.class: io\.strimzi\S+ is none of Kafka's providers \(EnvVarConfigProvider, /,
  );
  refuses({ 'config.providers': 'x' }, /^config\.providers\.x\.class: x has no class$/);
});

test('what providers are made of has an effect and is not told of as if it had none', () => {
  assert.deepEqual(namesWithoutEffect(new Map(Object.entries(ENV))), []);
});
