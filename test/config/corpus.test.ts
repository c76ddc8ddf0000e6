/**
 * Settings as brokers elsewhere have them: files of Kafka from 0.8 on, of operators, distributions and images, in words of
 * our own. The first line of each says whether a broker starts with it or what it is refused with.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArguments, BROKER_FLAGS } from '../../src/cli/args.ts';
import { type Configuration, loadConfiguration } from '../../src/cli/configuration.ts';
import { ConfigError } from '../../src/config/config-error.ts';

const corpus = join(import.meta.dirname, 'corpus');
const OF_THE_MACHINE = { CORPUS_RACK: 'left', PATH: '/bin' };

/** What a file says of itself: null where a broker starts with it, else how the refusal reads. */
function expected(text: string): string | null {
  const [, verdict, refusal] = /^# (starts|refuses): ?(.*)/.exec(text.replace(/^# starts$/m, '# starts:')) ?? [];
  assert(verdict !== undefined, 'the first line says what becomes of it');
  return verdict === 'starts' ? null : (refusal ?? '');
}

function load(file: string, text: string): Configuration {
  if (!file.endsWith('.env'))
    return loadConfiguration(parseArguments([join(corpus, file)], BROKER_FLAGS), OF_THE_MACHINE);
  const lines = text.split('\n').filter((line) => /^\w+=/.test(line));
  const variables = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return loadConfiguration(parseArguments([], BROKER_FLAGS), { ...OF_THE_MACHINE, ...variables });
}

const files = readdirSync(corpus);

for (const file of files) {
  const text = readFileSync(join(corpus, file), 'utf8');
  const refusal = expected(text);
  test(`${file} ${refusal === null ? 'starts a broker' : 'is refused in one line'}`, () => {
    if (refusal === null) {
      const { config, warnings } = load(file, text);
      assert.deepEqual(warnings, []);
      assert.equal(config.rack, text.includes('CORPUS_RACK') ? OF_THE_MACHINE.CORPUS_RACK : null);
      return;
    }
    assert.throws(
      () => load(file, text),
      (error) => error instanceof ConfigError && error.message.includes(refusal) && !error.message.includes('\n'),
    );
  });
}

test('what has no effect is told of, with what took its place', () => {
  const ignoredIn = (file: string) => load(file, readFileSync(join(corpus, file), 'utf8')).ignored;
  const old = ignoredIn('kafka-0.8-server.properties');
  for (const name of ['port (now listeners)', 'advertised.host.name (now advertised.listeners)', 'zookeeper.connect']) {
    assert(old.includes(name), name);
  }
  assert(ignoredIn('operator-plain.properties').includes('client.quota.callback.static.produce'));
  const image = ignoredIn('image-confluent.env');
  assert(image.includes('KAFKA_ZOOKEEPER_CONNECT') && image.includes('KAFKA_CONFLUENT_SUPPORT_METRICS_ENABLE'));
});

test('the corpus is there', () => {
  assert(files.length >= 15, `${files.length} files`);
});
