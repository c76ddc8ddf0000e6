/** The repository's own compose.yaml. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { BROKER_FLAGS, parseArguments } from '../../src/cli/args.ts';
import { loadConfiguration } from '../../src/cli/configuration.ts';
import { readCompose } from './compose-file.ts';

const text = readFileSync(join(import.meta.dirname, '../../compose.yaml'), 'utf8');

interface Service {
  readonly build?: string;
  readonly pull_policy?: string;
  readonly restart?: string;
  readonly profiles?: readonly string[];
}

test('it starts a broker with nothing to warn of and nothing without effect, and keeps its data in a volume', () => {
  const environment = readCompose(text).services.get('walka')?.environment ?? {};
  const given = { WALKA_IMAGE: 'walka', ...environment };
  const { config, warnings, ignored } = loadConfiguration(parseArguments([], BROKER_FLAGS), given);
  assert.deepEqual([warnings, ignored], [[], []]);
  assert.equal(config.listeners[0]?.port, 9092);
  assert.equal(config.dataDir, '/data');
});

test('the image is made here and never pulled, and what else is in the file has to be asked for', () => {
  const { services } = parse(text) as { readonly services: Readonly<Record<string, Service>> };
  for (const [name, { build, pull_policy: pull, restart, profiles }] of Object.entries(services)) {
    assert.equal(restart, 'unless-stopped', name);
    if (name === 'walka') assert.deepEqual([build, pull, profiles], ['.', 'build', undefined]);
    else assert.equal(profiles?.length, 1, name);
  }
});

test('a settings file of several nodes is refused in the image, as variables that say so are', () => {
  const file = join(import.meta.dirname, '../config/corpus/kafka-3.9-kraft-controller.properties');
  const load = (env: Record<string, string>) => loadConfiguration(parseArguments([file], BROKER_FLAGS), env);
  assert.throws(
    () => load({ WALKA_IMAGE: 'walka' }),
    /controller\.properties: process\.roles=controller: a broker here needs no/,
  );
  const args = ['--override', 'controller.quorum.voters=1@a:9093,2@b:9093', '--override', 'node.id=2'];
  assert.throws(
    () => loadConfiguration(parseArguments(args, BROKER_FLAGS), { WALKA_IMAGE: 'walka' }),
    /--override: controller\.quorum\.voters names 2 nodes, .* write there controller\.quorum\.voters=2@b:9093$/,
  );
  assert.doesNotThrow(() => loadConfiguration(parseArguments(args, BROKER_FLAGS), {}));
});
