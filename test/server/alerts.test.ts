/** By which alerts handshakes end whose certificate does not do, with each version and cipher suite. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { before, test } from 'node:test';
import { createSecureContext, type SecureVersion } from 'node:tls';
import { ANONYMOUS } from '../../src/security/principal.ts';
import { handshake } from '../../src/server/tls/secure.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { connectRecorded, type RecordedClient, RecordType } from '../support/tls-records.ts';

let authority: Authority;
let issued: Issued;
let stranger: Issued;
before(async () => {
  authority = await Authority.create();
  issued = await authority.issue();
  stranger = await (await Authority.create('CN=Nobody')).issue('CN=alice');
});

/** What a client sees of a server that wants a certificate. */
async function refused(
  t: { after(callback: () => void): void },
  version: SecureVersion,
  ciphers: string,
  shown: Issued | null,
): Promise<{ client: RecordedClient; code: string; recordsBefore: number }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const context = createSecureContext({ cert: issued.chain, key: issued.key, ca: authority.certificate });
  const listener = {
    clientAuth: 'required',
    hasServerNames: false,
    context: () => context,
    principal: () => ANONYMOUS,
  } as const;
  server.on('connection', (accepted: Socket) => {
    accepted.on('error', () => {});
    handshake(accepted, listener, {
      done: () => assert.fail('it is let in'),
      failed: () => accepted.destroySoon(),
    });
  });
  const client = connectRecorded((server.address() as AddressInfo).port, {
    ca: authority.certificate,
    servername: 'localhost',
    minVersion: version,
    maxVersion: version,
    ciphers,
    ...(shown !== null && { cert: shown.chain, key: shown.key }),
  });
  t.after(() => {
    client.close();
    server.close();
  });
  let recordsBefore = 0;
  client.socket.on('secureConnect', () => (recordsBefore = client.records.length));
  const [error] = (await once(client.socket, 'error')) as [NodeJS.ErrnoException];
  await client.ended;
  return { client, code: error.code ?? '', recordsBefore };
}

const SUITES: ReadonlyArray<readonly [SecureVersion, string]> = [
  ['TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
  ['TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
  ['TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256'],
  ['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
];

for (const [version, suite] of SUITES) {
  test(`${version} with ${suite}`, async (t) => {
    for (const [shown, name] of [
      [null, 'BAD_CERTIFICATE'],
      [stranger, 'CERTIFICATE_UNKNOWN'],
    ] as const) {
      const { client, code, recordsBefore } = await refused(t, version, suite, shown);
      assert.equal(code, `ERR_SSL_SSL/TLS_ALERT_${name}`);
      if (version === 'TLSv1.3') {
        // Nothing but the alert may be encrypted with its nonce: neither tickets nor a farewell.
        assert.deepEqual(client.records.slice(recordsBefore), [{ type: RecordType.APPLICATION_DATA, byteLength: 19 }]);
      } else {
        assert.deepEqual(client.records.at(-1), { type: RecordType.ALERT, byteLength: 2 });
        assert.ok(!client.records.some(({ type }) => type === RecordType.CHANGE_CIPHER_SPEC));
      }
    }
  });
}
