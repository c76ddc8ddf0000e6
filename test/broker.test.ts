/** A whole broker in this process: starting, stopping, starting again. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ApiKey } from '../protocol/apis.ts';
import { writeApiVersionsRequest } from '../protocol/generated/api-versions-request.ts';
import { readApiVersionsResponse } from '../protocol/generated/api-versions-response.ts';
import { writeMetadataRequest } from '../protocol/generated/metadata-request.ts';
import { writeDescribeLogDirsRequest } from '../protocol/generated/describe-log-dirs-request.ts';
import { readDescribeLogDirsResponse } from '../protocol/generated/describe-log-dirs-response.ts';
import { readMetadataResponse } from '../protocol/generated/metadata-response.ts';
import { systemClock } from '../src/base/clock.ts';
import { KafkaClient } from '../src/client/kafka-client.ts';
import { silentLogger } from '../src/base/logger.ts';
import { startBrokerServer } from '../src/broker.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import { type Broker, startBroker } from '../src/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-broker-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const METADATA = { key: ApiKey.Metadata, maxVersion: 12, write: writeMetadataRequest, read: readMetadataResponse };

const VERSIONS = {
  key: ApiKey.ApiVersions,
  maxVersion: 4,
  write: writeApiVersionsRequest,
  read: readApiVersionsResponse,
};

const LOG_DIRS = {
  key: ApiKey.DescribeLogDirs,
  maxVersion: 4,
  write: writeDescribeLogDirsRequest,
  read: readDescribeLogDirsResponse,
};

function address(broker: Broker): readonly [string, number] {
  const [host = '', port = ''] = broker.bootstrapServers.split(':');
  return [host, Number(port)];
}

function connected(host: string, port: number): Promise<KafkaClient> {
  return KafkaClient.connect({ bootstrap: [{ host, port }], clock: systemClock });
}

async function metadataOf(broker: Broker) {
  using client = await connected(...address(broker));
  return await client.call(METADATA, { topics: null });
}

test('a broker in memory serves the topics it was given on a free port', async () => {
  await using broker = await startBroker({
    topics: ['plain', { name: 'orders', partitions: 3, configs: { 'retention.ms': 5 } }],
  });
  const { topics, brokers, clusterId } = await metadataOf(broker);
  assert.deepEqual(
    topics.map(({ name, partitions }) => [name, partitions.length]),
    [
      ['orders', 3],
      ['plain', 1],
    ],
  );
  assert.equal(clusterId, broker.clusterId);
  const [host, port] = address(broker);
  assert.deepEqual(
    brokers.map((node) => [node.host, node.port]),
    [[host, port]],
  );
});

test('a broker in memory tells how much memory there is for records', async () => {
  await using broker = await startBroker({ topics: ['plain'], config: { 'walka.memory.max.bytes': 10_000_000 } });
  using client = await connected(...address(broker));
  const { results } = await client.call(LOG_DIRS, { topics: null });
  assert.deepEqual(
    results.map(({ totalBytes, usableBytes }) => [Number(totalBytes), Number(usableBytes)]),
    [[10_000_000, 10_000_000]],
  );
});

test('two brokers live side by side, and closing twice does no harm', async () => {
  const one = await startBroker();
  await using two = await startBroker();
  assert.notEqual(one.bootstrapServers, two.bootstrapServers);
  await one.close();
  await one.close();
  await assert.rejects(connected(...address(one)), /no broker answers/);
  assert.equal((await metadataOf(two)).topics.length, 0);
});

test('a broker on every address is reached by the loopback address', async () => {
  await using broker = await startBroker({ host: '0.0.0.0' });
  assert.match(broker.bootstrapServers, /^127\.0\.0\.1:\d+$/);
  assert.equal((await metadataOf(broker)).brokers[0]?.host, '127.0.0.1');
});

test('metadata answers with what the listener advertises', async () => {
  await using broker = await startBroker({
    config: { 'advertised.listeners': 'PLAINTEXT://kafka.example:0', 'broker.rack': 'r1' },
  });
  const { brokers } = await metadataOf(broker);
  assert.deepEqual(
    brokers.map(({ host, port, rack }) => [host, port, rack]),
    [['kafka.example', address(broker)[1], 'r1']],
  );
});

test('a directory keeps topics and cluster id, and a start raises the leader epoch', async () => {
  const dataDir = join(directory, 'kept');
  const first = await startBroker({ dataDir, topics: ['a'] });
  const { clusterId } = first;
  await first.close();
  await using second = await startBroker({ dataDir, topics: ['a'] });
  assert.equal(second.clusterId, clusterId);
  const { topics } = await metadataOf(second);
  assert.deepEqual(
    topics.map(({ name, partitions }) => [name, partitions[0]?.leaderEpoch]),
    [['a', 1]],
  );
});

test('a second broker on the same directory is refused, and the first goes on', async () => {
  const dataDir = join(directory, 'locked');
  await using first = await startBroker({ dataDir });
  await assert.rejects(startBroker({ dataDir }), { code: 'LOCKED' });
  assert.equal((await metadataOf(first)).topics.length, 0);
});

test("a directory of Kafka's own is refused and left as it is", async () => {
  const dataDir = mkdtempSync(join(directory, 'foreign-'));
  writeFileSync(join(dataDir, 'meta.properties'), 'version=1\ncluster.id=4L6g3nShT-eMCtK--X86sw\nnode.id=1\n');
  await assert.rejects(startBroker({ dataDir }), { code: 'FOREIGN' });
  assert.deepEqual(readdirSync(dataDir), ['meta.properties']);
});

test('a directory with anything else in it is refused, but not a fresh volume', async () => {
  const dataDir = mkdtempSync(join(directory, 'other-'));
  mkdirSync(join(dataDir, 'lost+found'));
  writeFileSync(join(dataDir, 'letter.txt'), 'mine');
  await assert.rejects(startBroker({ dataDir }), { code: 'FOREIGN', message: /letter\.txt/ });
  assert.deepEqual(readdirSync(dataDir).sort(), ['letter.txt', 'lost+found']);
  rmSync(join(dataDir, 'letter.txt'));
  await using _ = await startBroker({ dataDir });
});

test('a directory that lost its catalog or its journal is refused', async () => {
  const dataDir = join(directory, 'halved');
  await using first = await startBroker({ dataDir, topics: ['a'] });
  await first.close();
  cpSync(dataDir, join(directory, 'journal-only'), { recursive: true });
  rmSync(join(directory, 'journal-only/catalog.db'));
  await assert.rejects(startBroker({ dataDir: join(directory, 'journal-only') }), {
    code: 'CORRUPT',
    message: /catalog\.db is missing, but there is a journal.*walka catalog rebuild/,
  });
  for (const name of readdirSync(join(dataDir, 'journal'))) truncateSync(join(dataDir, 'journal', name));
  const refused = { code: 'CORRUPT', message: /journal files are missing or empty/ };
  await assert.rejects(startBroker({ dataDir }), refused);
  rmSync(join(dataDir, 'journal'), { recursive: true });
  await assert.rejects(startBroker({ dataDir }), refused);
});

test('a port in use is refused, and nothing stays open', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const dataDir = join(directory, 'port');
  await assert.rejects(startBroker({ dataDir, port }), { code: 'EADDRINUSE' });
  other.close();
  await once(other, 'close');
  await using broker = await startBroker({ dataDir, port });
  assert.equal(address(broker)[1], port);
});

test('an option that is none is refused with the nearest one', async () => {
  const refused = (options: object, message: string) =>
    assert.rejects(startBroker(options), { name: 'ConfigError', message });
  await refused({ topic: ['a'] }, 'startBroker: unknown option topic; did you mean topics?');
  await refused({ datadir: directory }, 'startBroker: unknown option datadir; did you mean dataDir?');
  await refused({ 'num.partitions': 3 }, 'startBroker: unknown option num.partitions; settings are given as config');
  await refused({ qwertyuiop: undefined }, 'startBroker: unknown option qwertyuiop');
  const topics = [{ name: 'a', partition: 3 }];
  await refused({ topics }, 'startBroker: unknown option partition of topic a; did you mean partitions?');
});

test('settings and topics that are wrong are refused', async () => {
  await assert.rejects(startBroker({ config: { 'num.partition': 1 } }), /did you mean num\.partitions\?/);
  await assert.rejects(startBroker({ topics: [{ name: 'a', configs: { 'retention.ms': 'x' } }] }), /retention\.ms/);
  await assert.rejects(startBroker({ topics: ['a', 'no spaces'] }), {
    name: 'KafkaError',
    message: /^topic no spaces: Topic name is invalid/,
  });
});

test('data goes where it was asked for, or nowhere', async () => {
  await assert.rejects(startBroker({ dataDir: '' }), { name: 'ConfigError', message: /^dataDir: .*no name/ });
  await assert.rejects(startBroker({ dataDir: 'a,b' }), {
    name: 'ConfigError',
    message: /^dataDir: ".*a,b" has a comma/,
  });
  await assert.rejects(startBroker({ config: { 'walka.durability': 'fsync' } }), {
    name: 'ConfigError',
    message: 'walka.durability: fsync needs a dataDir; without one everything is kept in memory',
  });
});

test('an address in brackets is one, too', async () => {
  await using broker = await startBroker({ host: '[::1]' });
  assert.match(broker.bootstrapServers, /^\[::1\]:\d+$/);
});

test('metrics and health are served where asked for', async () => {
  await using broker = await startBroker({ config: { 'walka.metrics.port': 0 } });
  await metadataOf(broker);
  const url = `http://127.0.0.1:${broker.metricsPort}`;
  const metrics = await fetch(`${url}/metrics`);
  const text = await metrics.text();
  assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain/);
  assert.match(text, /^walka_requests_total\{api="Metadata"\} 1$/m);
  assert.match(text, /^walka_request_duration_seconds_bucket\{api="Metadata",le="\+Inf"\} 1$/m);
  assert.match(text, /^# TYPE walka_request_duration_seconds histogram$/m);
  assert.match(text, /^walka_journal_writes_total \d+$/m);
  const health = await fetch(`${url}/healthz`);
  assert.deepEqual([health.status, await health.text()], [200, 'ok\n']);
  assert.equal((await fetch(`${url}/other`)).status, 404);
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405);
  await using plain = await startBroker();
  assert.equal(plain.metricsPort, null);
});

test('levels of features are those of the first start, until they are changed', async () => {
  const dataDir = join(directory, 'features');
  const levelAfter = async (asked: number): Promise<number> => {
    const values = new Map([
      ['listeners', 'PLAINTEXT://127.0.0.1:0'],
      ['log.dirs', dataDir],
    ]);
    const config = createBrokerConfig(values, new Map([['eligible.leader.replicas.version', asked]]));
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (event: string) => void warnings.push(event) };
    await using broker = await startBrokerServer({ config, logger });
    const { host, port } = broker.listeners[0] ?? { host: '', port: 0 };
    using client = await connected(host, port);
    const { finalizedFeatures } = await client.call(VERSIONS, {
      clientSoftwareName: 'test',
      clientSoftwareVersion: '1',
    });
    const level = finalizedFeatures.find(({ name }) => name.startsWith('eligible'))?.maxVersionLevel ?? 0;
    assert.equal(warnings.includes('feature-level-kept'), level !== asked);
    return level;
  };
  assert.equal(await levelAfter(0), 0);
  assert.equal(await levelAfter(1), 0);
});

test('a journal in memory may be as large as it likes, and says so', async () => {
  await using broker = await startBroker({ config: { 'walka.memory.max.bytes': '9223372036854775807' } });
  using client = await connected(...address(broker));
  const { results } = await client.call(LOG_DIRS, { topics: null });
  assert.equal(results[0]?.totalBytes, Number.MAX_SAFE_INTEGER);
});
