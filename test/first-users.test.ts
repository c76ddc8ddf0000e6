/** SCRAM users that a broker is started with, and users of a JAAS file: as their writers have them in Kafka. */
import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { ErrorCode } from '../protocol/errors.ts';
import { type RunningBroker, startBrokerServer } from '../src/broker.ts';
import { BROKER_FLAGS, parseArguments } from '../src/cli/args.ts';
import { type Configuration, loadConfiguration } from '../src/cli/configuration.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import { ConfigError } from '../src/config/config-error.ts';
import { parseScramUsers } from '../src/config/scram-users.ts';
import { resetBroker } from '../src/embed/admin/reset.ts';
import { StoredResourceType } from '../src/metadata/types.ts';
import { authenticate, authenticateScram, plainToken } from './support/sasl-client.ts';
import { WireClient } from './support/wire-client.ts';

const SETTINGS = {
  listeners: 'CLIENT://127.0.0.1:0',
  'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT',
  'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
  'connection.failed.authentication.delay.ms': '0',
  'walka.durability': 'memory',
};

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function serve(config: Configuration['config']): Promise<RunningBroker> {
  const broker = await startBrokerServer({ config });
  opened.push(broker);
  return broker;
}

const start = (settings: Readonly<Record<string, string>>): Promise<RunningBroker> =>
  serve(createBrokerConfig(new Map(Object.entries({ ...SETTINGS, ...settings }))));

async function connect({ listeners }: RunningBroker): Promise<WireClient> {
  const client = await WireClient.open(listeners[0]?.port ?? 0);
  opened.push({ [Symbol.asyncDispose]: async () => client.close() });
  return client;
}

type Mechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

async function logsIn(broker: RunningBroker, mechanism: Mechanism, user: string, password: string): Promise<boolean> {
  const { errorCode } = await authenticateScram(await connect(broker), mechanism, user, password);
  return errorCode === ErrorCode.NONE;
}

async function logsInPlainly(broker: RunningBroker, user: string, password: string): Promise<boolean> {
  const { errorCode } = await authenticate(await connect(broker), 'PLAIN', plainToken(user, password));
  return errorCode === ErrorCode.NONE;
}

async function file(name: string, text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'walka-users-'));
  opened.push({ [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) });
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

const flagsOf = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['--override', `${name}=${value}`]);

function load(args: readonly string[], env: Record<string, string> = {}): Configuration {
  return loadConfiguration(parseArguments(args, BROKER_FLAGS), env);
}

describe('SCRAM users of the start', () => {
  test('log in with their passwords', async () => {
    const salted = pbkdf2Sync('pencil', Buffer.from('salt'), 8192, 64, 'sha512').toString('base64');
    const salt = Buffer.from('salt').toString('base64');
    const broker = await start({
      'walka.scram.users': `SCRAM-SHA-256=[name=alice,password=secret];
        SCRAM-SHA-512=[name=bob,iterations=8192,salt="${salt}",saltedpassword="${salted}"]`,
    });
    assert.ok(await logsIn(broker, 'SCRAM-SHA-256', 'alice', 'secret'));
    assert.ok(await logsIn(broker, 'SCRAM-SHA-512', 'bob', 'pencil'));
    assert.ok(!(await logsIn(broker, 'SCRAM-SHA-512', 'alice', 'secret')), 'only by the mechanism that was named');
    assert.ok(!(await logsIn(broker, 'SCRAM-SHA-256', 'alice', 'pencil')));
  });

  test('are given by flags and by a variable, which go together', async () => {
    const variable = { WALKA_SCRAM_USERS: 'SCRAM-SHA-256=[name=bob,password="a;b]"]' };
    const flag = ['--add-scram', 'SCRAM-SHA-256=[name=alice,password=secret]'];
    const broker = await serve(load([...flag, ...flagsOf(SETTINGS)], variable).config);
    assert.ok(await logsIn(broker, 'SCRAM-SHA-256', 'alice', 'secret'));
    assert.ok(await logsIn(broker, 'SCRAM-SHA-256', 'bob', 'a;b]'));
  });

  test('keep the password that they were given since, at the next start, and lose it when the broker is reset', async () => {
    const directory = join(await file('x', ''), '..', 'data');
    const disk = { 'walka.durability': 'os', 'log.dirs': directory };
    const first = await start({ ...disk, 'walka.scram.users': 'SCRAM-SHA-256=[name=alice,password=first]' });
    await first.close();
    const second = await start({ ...disk, 'walka.scram.users': 'SCRAM-SHA-256=[name=alice,password=second]' });
    assert.ok(await logsIn(second, 'SCRAM-SHA-256', 'alice', 'first'));
    const { services } = second;
    await services.metadata.alterDynamicConfigs(StoredResourceType.SCRAM_USER, 'mallory', () => new Map([['x', 'y']]));
    await resetBroker(services, []);
    assert.deepEqual(services.metadata.resourceNames(StoredResourceType.SCRAM_USER), ['alice']);
    assert.ok(await logsIn(second, 'SCRAM-SHA-256', 'alice', 'second'));
  });

  const wrong: Readonly<Record<string, RegExp>> = {
    'alice:hunter2': /user 1: it is not of the form/,
    'SCRAM-SHA-1=[name=alice,password=hunter2]': /user 1: it is not of the form/,
    'SCRAM-SHA-256=[name=a,password=x]; SCRAM-SHA-256=[password=hunter2]': /user 2: it has no name/,
    'SCRAM-SHA-256=[name=alice]': /user 1: it needs one of password and saltedpassword/,
    'SCRAM-SHA-256=[name=alice,password=hunter2,saltedpassword=aHVudGVyMg==]': /it needs one of/,
    'SCRAM-SHA-256=[name=alice,saltedpassword=aHVudGVyMg==]': /saltedpassword needs its salt/,
    'SCRAM-SHA-256=[name=alice,salt=hunter2?,password=x]': /salt is not base64/,
    'SCRAM-SHA-256=[name=alice,iterations=4095,password=hunter2]': /iterations must be 4096 to 16384/,
    'SCRAM-SHA-256=[name=alice,pass=hunter2]': /only name, password, .* may be set/,
    'SCRAM-SHA-256=[name=alice,name=hunter2,password=x]': /name is set twice/,
  };
  for (const [text, message] of Object.entries(wrong)) {
    test(`written as ${text} are refused without a password in the line`, () => {
      assert.throws(
        () => createBrokerConfig(new Map([['walka.scram.users', text]])),
        (error) => error instanceof ConfigError && message.test(error.message) && !error.message.includes('hunter2'),
      );
    });
  }

  test('have 4096 iterations and a random salt where nothing is said', () => {
    assert.deepEqual(parseScramUsers('SCRAM-SHA-512=[name=a b,password=c d]'), [
      { mechanism: 'SCRAM-SHA-512', name: 'a b', password: 'c d', iterations: 4096, salt: null },
    ]);
    assert.deepEqual(parseScramUsers(' '), []);
  });

  for (const mechanisms of ['', 'SCRAM-SHA-256', 'PLAIN,SCRAM-SHA-512']) {
    test(`are those of Bitnami's variables, with ${mechanisms || 'its default'} for mechanisms`, async () => {
      const { config } = load(['--override', 'walka.durability=memory'], {
        KAFKA_CFG_LISTENERS: 'CLIENT://127.0.0.1:0',
        KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP: 'CLIENT:SASL_PLAINTEXT',
        KAFKA_CFG_SASL_ENABLED_MECHANISMS: mechanisms,
        KAFKA_CLIENT_USERS: 'alice,bob',
        KAFKA_CLIENT_PASSWORDS: 'secret,a]b',
      });
      const broker = await serve(config);
      const asked = mechanisms || 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512';
      if (asked.includes('PLAIN')) assert.ok(await logsInPlainly(broker, 'bob', 'a]b'));
      for (const scram of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
        if (asked.includes(scram)) assert.ok(await logsIn(broker, scram, 'bob', 'a]b'), scram);
      }
    });
  }

  test('have the user of the controllers of Bitnami’s variables at their listener, and by PLAIN nowhere else', async () => {
    const { config } = load(['--override', 'walka.durability=memory'], {
      KAFKA_CFG_LISTENERS: 'CLIENT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
      KAFKA_CFG_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP: 'CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT',
      KAFKA_CFG_SASL_ENABLED_MECHANISMS: 'PLAIN',
      KAFKA_CFG_CONNECTION_FAILED_AUTHENTICATION_DELAY_MS: '0',
      KAFKA_CLIENT_USERS: 'alice',
      KAFKA_CLIENT_PASSWORDS: 'secret',
      KAFKA_CONTROLLER_USER: 'controller_user',
      KAFKA_CONTROLLER_PASSWORD: 'bitnami',
    });
    const broker = await serve(config);
    const controller = { ...broker, listeners: broker.controllerListeners };
    assert.ok(await logsInPlainly(controller, 'controller_user', 'bitnami'));
    assert.ok(await logsInPlainly(controller, 'alice', 'secret'));
    assert.ok(!(await logsInPlainly(broker, 'controller_user', 'bitnami')));
  });
});

describe('a JAAS file that KAFKA_OPTS names', () => {
  const TEXT = `
    // users of the broker
    KafkaServer {
      org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="x";
      org.apache.kafka.common.security.plain.PlainLoginModule required
        username="admin" /* towards others */
        password="admin-secret"
        user_alice="a}b{c//d"
        user_bob='it"s';
    };
    other.KafkaServer {
      org.apache.kafka.common.security.plain.PlainLoginModule required user_carol="c";
    };
    Client { org.apache.zookeeper.server.auth.DigestLoginModule required username="z" password="z"; };
  `;
  const settings = {
    ...SETTINGS,
    listeners: 'CLIENT://127.0.0.1:0,OTHER://127.0.0.1:0',
    'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT,OTHER:SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
  };

  test('has the users of PLAIN, and those of a listener', async () => {
    const KAFKA_OPTS = `-Xmx1g -Djava.security.auth.login.config=${await file('jaas.conf', TEXT)} -Dx=y`;
    const { config, ignored } = load(flagsOf(settings), { KAFKA_OPTS });
    assert.ok(!ignored.includes('KAFKA_OPTS'));
    const broker = await serve(config);
    assert.ok(await logsInPlainly(broker, 'alice', 'a}b{c//d'));
    assert.ok(await logsInPlainly(broker, 'bob', 'it"s'));
    assert.ok(!(await logsInPlainly(broker, 'carol', 'c')));
    const [, other] = broker.listeners;
    assert.ok(await logsInPlainly({ ...broker, listeners: other ? [other] : [] }, 'carol', 'c'));
  });

  test('gives way to what the settings say', async () => {
    const KAFKA_OPTS = `-Djava.security.auth.login.config=${await file('jaas.conf', TEXT)}`;
    const own = { 'listener.name.client.plain.sasl.jaas.config': 'PlainLoginModule required user_dave="d";' };
    const broker = await serve(load(flagsOf({ ...settings, ...own }), { KAFKA_OPTS }).config);
    assert.ok(await logsInPlainly(broker, 'dave', 'd'));
    assert.ok(!(await logsInPlainly(broker, 'bob', 'it"s')));
  });

  test('is not read where nobody logs in', () => {
    const { ignored } = load([], { KAFKA_OPTS: '-Djava.security.auth.login.config=/nowhere/jaas.conf' });
    assert.ok(ignored.includes('KAFKA_OPTS'));
  });

  test('is told of by its name where it cannot be read, or is none', async () => {
    const at = (path: string) => () =>
      load(flagsOf(settings), { KAFKA_OPTS: `-Djava.security.auth.login.config=${path}` });
    assert.throws(at('/nowhere/jaas.conf'), /^ConfigError: KAFKA_OPTS: .*\/nowhere\/jaas.conf, which cannot be read/);
    const broken = await file('jaas.conf', 'KafkaServer { PlainLoginModule required user_a="hunter2 };');
    assert.throws(
      at(broken),
      (error) => error instanceof ConfigError && /section 1/.test(error.message) && !/hunter2/.test(error.message),
    );
  });

  test('with a module that is not served is told of by that name', async () => {
    const module = 'com.sun.security.auth.module.Krb5LoginModule';
    const path = await file('jaas.conf', `KafkaServer { ${module} required useKeyTab=true keyTab="/k"; };`);
    const { config } = load(flagsOf(settings), { KAFKA_OPTS: `-Djava.security.auth.login.config=${path}` });
    await assert.rejects(serve(config), /PLAIN needs users here.*Krb5LoginModule is not served/);
  });
});
