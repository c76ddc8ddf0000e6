/** How connections with TLS end, side by side with Apache Kafka 4.4.0: by which alert, and with or without a close_notify. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { ApiKey } from '../../../protocol/apis.ts';
import { BrokerProcess, cacheDir, conformanceTarget } from '../../support/broker-process.ts';
import { Authority, type Issued } from '../../support/certificates.ts';
import { connectRecorded, type RecordedClient, RecordType } from '../../support/tls-records.ts';
import { requestFrame } from '../../support/wire-client.ts';
import { missing } from '../client-suite.ts';

const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
let brokers: readonly [kafka: BrokerProcess, walka: BrokerProcess];
let alice: Issued;
let stranger: Issued;
let late: Issued;

const oneLine = (pem: string): string => pem.trim().replaceAll('\n', '\\n');

before(async () => {
  if (skip !== false) return;
  const authority = await Authority.create();
  const server = await authority.issue();
  alice = await authority.issue('CN=alice');
  late = await authority.issue('CN=alice', { fromDays: -20, untilDays: -10 });
  stranger = await (await Authority.create('CN=Nobody')).issue('CN=alice');
  const settings = {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': oneLine(server.chain),
    'ssl.keystore.key': oneLine(server.key),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': oneLine(authority.certificate),
    'ssl.client.auth': 'required',
    // Longer than a handshake on a busy machine.
    'connections.max.idle.ms': '8000',
  };
  const kafka = await BrokerProcess.start({ target: 'kafka', settings, clientProtocol: 'SSL' });
  brokers = [kafka, await BrokerProcess.start({ target: conformanceTarget, settings, clientProtocol: 'SSL' })];
});

after(async () => {
  for (const broker of brokers ?? []) await broker[Symbol.asyncDispose]();
});

function connect(broker: BrokerProcess, options: ConnectionOptions): RecordedClient {
  const client = connectRecorded(broker.clientPort, { rejectUnauthorized: false, ...options });
  after(() => client.close());
  return client;
}

/** What both come to. */
async function same<T>(see: (broker: BrokerProcess) => Promise<T>): Promise<T> {
  const [kafka, walka] = await Promise.all(brokers.map(see));
  assert.deepEqual(walka, kafka);
  return walka as T;
}

const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
const shown = ({ chain, key }: Issued): ConnectionOptions => ({ cert: chain, key });

for (const version of VERSIONS) {
  const of: ReadonlyArray<readonly [string, () => ConnectionOptions]> = [
    ['no certificate', () => ({})],
    ['a certificate of somebody else', () => shown(stranger)],
    ['a certificate that has ended', () => shown(late)],
  ];
  for (const [what, options] of of) {
    test(`${version}: the alert for ${what} is Kafka's`, { skip }, async () => {
      const code = await same(async (broker) => {
        const { socket } = connect(broker, { ...options(), minVersion: version, maxVersion: version });
        const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
        return error.code;
      });
      assert.match(code ?? '', /_ALERT_/);
    });
  }
}

test('an idle connection ends with what Kafka ends it with', { skip }, async () => {
  const last = await same(async (broker) => {
    const client = connect(broker, { ...shown(alice), maxVersion: 'TLSv1.2' });
    client.socket.write(requestFrame(ApiKey.ApiVersions, 0, 1));
    await once(client.socket, 'data');
    await client.ended;
    return client.records.at(-1)?.type;
  });
  assert.equal(last, RecordType.ALERT);
});
