#!/usr/bin/env bash
# kafkajs writes into the SASL options that it is given: after the first login they have a property
# `authenticationProvider`, made of the user name and password that stood there then. Options that are copied from them with
# another password ({ ...sasl, password }), as one does when a password is changed or when several users share the rest,
# carry that property along, and kafkajs prefers it: the new client logs in as the old user with the old password, and
# nothing says so.
#
# Versions: kafkajs 2.2.4. Needs bash, Node 20 or newer, npm. The server below speaks just enough of the protocol to be
# logged in to: ApiVersions v2, SaslHandshake v1, SaslAuthenticate v1, PLAIN; it prints what it is told and says yes.
# Seen 2026-11-30: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4

expected='first: alice first
copied with another user and password: alice first
written anew: bob second'

cat > show.cjs <<'JS'
const { createServer } = require('node:net');
const { Kafka, logLevel } = require('kafkajs');

const seen = [];
const int16 = (n) => { const b = Buffer.alloc(2); b.writeInt16BE(n); return b; };
const int32 = (n) => { const b = Buffer.alloc(4); b.writeInt32BE(n); return b; };
const string = (s) => Buffer.concat([int16(s.length), Buffer.from(s)]);

/** Answers by API key: the body of the response. */
const answers = {
  18: () => Buffer.concat([int16(0), int32(3), ...[[3, 0, 1], [17, 0, 1], [36, 0, 1]].flat().map(int16), int32(0)]),
  17: () => Buffer.concat([int16(0), int32(1), string('PLAIN')]),
  36: (body) => {
    const [, user, password] = body.subarray(4).toString().split('\0');
    seen.push(`${user} ${password}`);
    return Buffer.concat([int16(0), string(''), int32(0), Buffer.alloc(8)]);
  },
  3: () => Buffer.concat([int32(0), int32(-1), int32(0)]), // no brokers, no topics
};

const server = createServer((socket) => {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
      const frame = bytes.subarray(4, 4 + bytes.readInt32BE(0));
      bytes = bytes.subarray(4 + frame.length);
      const body = frame.subarray(10 + Math.max(0, frame.readInt16BE(8)));
      const answer = Buffer.concat([frame.subarray(4, 8), answers[frame.readInt16BE(0)](body)]);
      socket.write(Buffer.concat([int32(answer.length), answer]));
    }
  });
  socket.on('error', () => {});
});

async function logIn(sasl) {
  const before = seen.length;
  const brokers = [`127.0.0.1:${server.address().port}`];
  const admin = new Kafka({ brokers, sasl, retry: { retries: 0 }, logLevel: logLevel.NOTHING }).admin();
  await admin.connect().catch(() => {});
  await admin.disconnect().catch(() => {});
  return seen[before];
}

server.listen(0, '127.0.0.1', async () => {
  const sasl = { mechanism: 'plain', username: 'alice', password: 'first' };
  console.log('first:', await logIn(sasl));
  const copied = { ...sasl, username: 'bob', password: 'second' };
  console.log('copied with another user and password:', await logIn(copied));
  console.log('written anew:', await logIn({ mechanism: 'plain', username: 'bob', password: 'second' }));
  process.exit();
});
JS
actual=$(node --no-warnings show.cjs)
echo "$actual"
[ "$actual" = "$expected" ] || { echo 'This has changed.'; exit 1; }
