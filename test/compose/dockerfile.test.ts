/** The image: its steps are carried out, and what it makes of it runs, without Docker. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readCompose } from './compose-file.ts';
import { STARTS } from './testcontainers.ts';
import { buildImage, cannotMakeImages, Container, type ContainerOptions, type Image } from './image.ts';

const root = join(import.meta.dirname, '../..');
const STARTED = /serves Kafka clients on/;
const client = join(import.meta.dirname, 'produce-one.ts');

describe('the image', { skip: cannotMakeImages() }, () => {
  const directory = mkdtempSync('/dev/shm/walka-image-');
  const containers: Container[] = [];
  let image: Image;

  const run = (options?: ContainerOptions): Container => {
    const container = new Container(image, join(directory, `container-${containers.length}`), options);
    containers.push(container);
    return container;
  };
  /** Where a client on the network ends up that begins at the address, once its record is acknowledged. */
  const produceBy = (container: Container, address: string, ...login: readonly string[]): string =>
    container.onItsNetwork(process.execPath, client, address, ...login).trim();

  before(() => {
    image = buildImage(join(root, 'Dockerfile'), root, directory);
  });
  after(async () => {
    for (const container of containers) await container.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  test('with nothing set it serves, is healthy, keeps its data in /data and stops on SIGTERM', async () => {
    const container = run();
    await container.logged(STARTED);
    assert.match(container.log, /metrics on port 9644; data in \/data /);
    assert.equal(produceBy(container, 'localhost:9092'), 'localhost:9092');
    assert.equal(container.exec(...image.healthcheck), '');
    container.signal('SIGTERM');
    assert.equal(await container.ended(), 0);
  });

  test("health checks and scripts of other images' files find their tools", async () => {
    const container = run({ command: ['--memory', '--topic', 'orders:2'] });
    await container.logged(STARTED);
    container.exec('cub', 'kafka-ready', '-b', 'localhost:9092', '1', '20');
    container.exec('nc', '-z', 'localhost', '9092');
    container.exec('kafka-broker-api-versions.sh', '--bootstrap-server', 'localhost:9092');
    const topics = (...args: readonly string[]) =>
      container.exec('/opt/kafka/bin/kafka-topics.sh', '--bootstrap-server', 'localhost:9092', ...args);
    const asked = ['--create', '--if-not-exists', '--topic', 'clicks', '--replication-factor', '1', '--partitions=3'];
    topics(...asked, '--config', 'retention.ms=1000', '--config', 'cleanup.policy=compact,delete');
    topics(...asked);
    assert.equal(topics('--list'), 'clicks\norders\n');
    const described = topics('--describe', '--topic', 'clicks');
    assert.match(described, /3 partitions[^]*cleanup\.policy=compact,delete[^]*retention\.ms=1000/);
    assert.throws(
      () => topics('--create', '--topic', 'more', '--replication-factor', '3'),
      /one broker, and so one replica/,
    );
    assert.throws(() => container.exec('nc', '-z', 'localhost', '1'));
  });

  test("Kafka's own start takes a settings file and overrides", async () => {
    const container = run({
      before: "printf 'num.partitions=3\\nlisteners=PLAINTEXT://:9092\\n' > $ROOT/etc/walka/other.properties",
      command: [
        '/opt/kafka/bin/kafka-server-start.sh',
        '/etc/walka/other.properties',
        '--override',
        'broker.rack=left',
      ],
    });
    await container.logged(STARTED);
    assert.match(container.exec('walka', 'configs', 'describe', 'broker', '1', '--all', '--json'), /left/);
  });

  test("any user of group 0 may run it, and data goes to a volume where another image's file has one", async () => {
    const container = run({
      user: '12345',
      before: 'mount -t tmpfs -o uid=0,gid=0,mode=0775 tmpfs $ROOT/var/lib/kafka/data',
      environment: {
        KAFKA_ZOOKEEPER_CONNECT: 'zookeeper:2181',
        KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://127.0.0.1:9092',
      },
    });
    await container.logged(STARTED);
    assert.match(container.log, /data in \/var\/lib\/kafka\/data /);
    assert.equal(produceBy(container, '127.0.0.1:9092'), '127.0.0.1:9092');
  });

  test('a directory of somebody else is named, with who it belongs to and what helps', async () => {
    const container = run({ before: 'chown 501:20 $ROOT/data && chmod 755 $ROOT/data' });
    assert.equal(await container.ended(), 2);
    const line = 'walka: may not write to /data: permission denied (this is user 1000, and it belongs to user 501)\n';
    assert.equal(container.log, line);
  });

  test('the command line of another broker is refused in one line', async () => {
    const container = run({ command: ['redpanda', 'start', '--kafka-addr', 'external://0.0.0.0:9092'] });
    assert.equal(await container.ended(), 2);
    assert.match(
      container.log,
      /^walka: the command line of redpanda means nothing here: .* KAFKA_LISTENERS [^\n]*\n$/,
    );
  });

  for (const [service, username, password] of [
    ['kafka', 'bob', 'geheim'],
    ['any-mechanism', 'alice', 'secret'],
  ] as const) {
    test(`Bitnami's users log in: ${service} of bitnami-sasl.yaml`, async () => {
      const { services } = readCompose(readFileSync(join(import.meta.dirname, 'files/bitnami-sasl.yaml'), 'utf8'));
      const container = run({ environment: services.get(service)?.environment ?? {} });
      await container.logged(STARTED);
      assert.equal(produceBy(container, 'localhost:9092', username, password), 'localhost:9092');
      assert.match(produceBy(container, 'localhost:9092', username, 'guessed'), /Authentication failed/i);
      // Who does not log in gets nothing: the listener asks everybody.
      assert.doesNotMatch(produceBy(container, 'localhost:9092'), /^localhost/);
    });
  }

  for (const start of STARTS) {
    test(`Testcontainers' module for ${start.module} takes it for the image that it knows`, async () => {
      const { environment, command, entrypoint, script } = start;
      const container = run({ environment, command, ...(entrypoint === undefined ? {} : { entrypoint }) });
      await container.ready();
      if (script.isWrittenInside === true) container.exec('sh', '-c', `printf %s '${script.text}' > ${script.path}`);
      else container.copyIn(script.path, script.text, 0o777);
      await container.logged(start.waitsFor);
      assert.equal(produceBy(container, start.address), start.address);
    });
  }
});
