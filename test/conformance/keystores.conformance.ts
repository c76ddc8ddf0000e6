/**
 * Keys and certificates in stores as keytool makes them, of the broker and of Java's clients and tools: JKS, whose key has a
 * password of its own, and PKCS#12. By mutual TLS; see scenarios.md.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BrokerProcess } from '../support/broker-process.ts';
import { JAVA } from './client-programs.ts';
import { prepareSecurity } from './client-security.ts';
import { missing, testSecuredClient } from './client-suite.ts';
import { succeed, tool, TOOLS_NEEDS } from './java-program.ts';

const TOPICS = 'org.apache.kafka.tools.TopicCommand';

testSecuredClient(JAVA, { protocol: 'SSL', stores: 'JKS' });
testSecuredClient(JAVA, { protocol: 'SSL', stores: 'PKCS12' });

test("Kafka's tools come in with JKS stores, and not without a key", { skip: missing(TOOLS_NEEDS) }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'walka-stores-'));
  t.after(() => rm(directory, { recursive: true }));
  const { brokerSettings } = await prepareSecurity({ protocol: 'SSL', stores: 'JKS' }, directory);
  await using broker = await BrokerProcess.start({ clientProtocol: 'SSL', settings: brokerSettings });
  const topics = (properties: string, ...args: readonly string[]): readonly string[] => [
    '--bootstrap-server',
    broker.clientBootstrap,
    '--command-config',
    properties,
    ...args,
  ];
  const properties = join(directory, 'client.properties');
  await succeed(TOPICS, topics(properties, '--create', '--topic', 'by-jks', '--partitions', '2'));
  assert.match(await succeed(TOPICS, topics(properties, '--describe')), /by-jks.*PartitionCount: 2/);

  const keyless = join(directory, 'keyless.properties');
  const lines = (await readFile(properties, 'utf8')).split('\n').filter((line) => !line.startsWith('ssl.key'));
  await writeFile(keyless, [...lines, 'default.api.timeout.ms=5000', 'request.timeout.ms=4000'].join('\n'));
  const refused = await tool(TOPICS, topics(keyless, '--list'));
  assert.equal(refused.code, 1, refused.output);
  assert.doesNotMatch(refused.output, /by-jks/);
});
