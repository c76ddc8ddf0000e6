#!/usr/bin/env bash
# A secure context of Node may have several keys, an RSA and an ECDSA one for instance, and as a server's own it shows each
# client the certificate that the client can check. The same context given by SNICallback shows the last certificate alone:
# a client that knows only the other kind, which was served before, ends with a handshake failure. addContext() makes such
# contexts, too. The way out is to leave the server's own context in place (call back without one) wherever the name does
# not ask for other keys.
#
# Versions: Node 26.10.0, keys by openssl 3. Needs bash, npm, openssl.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

expected="own context, RSA client: rsa
own context, ECDSA client: ec
by SNICallback (RSA, EC), RSA client: handshake failure
by SNICallback (RSA, EC), ECDSA client: ec
by SNICallback (EC, RSA), RSA client: rsa
by SNICallback (EC, RSA), ECDSA client: handshake failure
by addContext (RSA, EC), RSA client: handshake failure
called back without one, RSA client: rsa"

echo '{ "private": true, "allowScripts": { "node": true } }' > package.json
npm install --silent --no-audit --no-fund node@26.10.0 > npm.log
openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.crt -days 2 -subj /CN=rsa 2> openssl.log
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.key -out ec.crt -days 2 -subj /CN=ec 2> openssl.log
cat > serve.mjs <<'JS'
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createSecureContext, createServer } from 'node:tls';

const options = (...names) => ({
  key: names.map((name) => readFileSync(`${name}.key`)),
  cert: names.map((name) => readFileSync(`${name}.crt`)),
});
const CIPHERS = { RSA: 'ECDHE-RSA-AES128-GCM-SHA256', ECDSA: 'ECDHE-ECDSA-AES128-GCM-SHA256' };

async function show(what, kind, serverOptions, prepare = () => {}) {
  const server = createServer({ ...options('rsa', 'ec'), ...serverOptions }).listen(0);
  server.on('tlsClientError', () => {});
  prepare(server);
  await once(server, 'listening');
  const client = connect({
    port: server.address().port,
    servername: 'name.test',
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.2',
    ciphers: CIPHERS[kind],
  });
  let seen;
  try {
    await once(client, 'secureConnect');
    seen = client.getPeerCertificate().subject.CN;
  } catch (error) {
    seen = error.reason.replace(/^.*alert /, '');
  }
  console.log(`${what}, ${kind} client: ${seen}`);
  client.destroy();
  server.close();
}

const bySni = (...names) => ({ SNICallback: (_, done) => done(null, createSecureContext(options(...names))) });
await show('own context', 'RSA', {});
await show('own context', 'ECDSA', {});
await show('by SNICallback (RSA, EC)', 'RSA', bySni('rsa', 'ec'));
await show('by SNICallback (RSA, EC)', 'ECDSA', bySni('rsa', 'ec'));
await show('by SNICallback (EC, RSA)', 'RSA', bySni('ec', 'rsa'));
await show('by SNICallback (EC, RSA)', 'ECDSA', bySni('ec', 'rsa'));
await show('by addContext (RSA, EC)', 'RSA', {}, (server) => server.addContext('name.test', options('rsa', 'ec')));
await show('called back without one', 'RSA', { SNICallback: (_, done) => done(null) });
JS
seen=$(node_modules/.bin/node serve.mjs)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
