/** Clients that do in any order what may be done before authentication: nothing is served, nothing hangs, nothing stays. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { writeApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { writeSaslAuthenticateRequest } from '../../protocol/generated/sasl-authenticate-request.ts';
import { writeSaslHandshakeRequest } from '../../protocol/generated/sasl-handshake-request.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { PlainExchange } from '../../src/security/sasl/plain.ts';
import { SaslSession } from '../../src/security/sasl/sasl-session.ts';
import { ScramExchange } from '../../src/security/sasl/scram.ts';
import { soon, turns, until } from '../support/run-clock.ts';
import { requestFrame } from '../support/wire-client.ts';
import { client, echo, LATE, produce, type Rig, startRig } from './rig.ts';

const MAX_TOKEN_BYTES = 4096;
/** Of connection.failed.authentication.delay.ms. */
const DELAY_MS = 100;
const SEEDS = 60;

/** A server that asks for SASL, and whose only user is alice. */
async function startSaslRig(): Promise<Rig> {
  const random = seededRandom(1);
  const users = { find: () => Promise.resolve(undefined), decoyKey: Buffer.alloc(32) };
  const mechanisms = new Map([
    [
      'PLAIN',
      { maxReauthMs: 5000, begin: () => new PlainExchange((user) => (user === 'alice' ? 'right' : undefined)) },
    ],
    ['SCRAM-SHA-256', { maxReauthMs: 0, begin: () => new ScramExchange('SCRAM-SHA-256', users, random) }],
  ]);
  const open = () => new SaslSession({ clock: rig.clock, mechanisms, maxTokenBytes: MAX_TOKEN_BYTES });
  const rig: Rig = await startRig({}, false, undefined, open);
  return rig;
}

const handshake = (mechanism: string, version: number): Buffer =>
  requestFrame(ApiKey.SaslHandshake, version, 1, (writer) => writeSaslHandshakeRequest(writer, { mechanism }, version));
const authenticate = (token: string, version = 2): Buffer =>
  requestFrame(ApiKey.SaslAuthenticate, version, 2, (writer) =>
    writeSaslAuthenticateRequest(writer, { authBytes: Buffer.from(token) }, version),
  );
const versions = (name: string): Buffer =>
  requestFrame(ApiKey.ApiVersions, 3, 3, (writer) =>
    writeApiVersionsRequest(
      writer,
      { clientSoftwareName: name, clientSoftwareVersion: '1', clusterId: null, nodeId: -1 },
      3,
    ),
  );
const bare = (token: string | Buffer): Buffer => {
  const bytes = Buffer.from(token);
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(bytes.length);
  return Buffer.concat([prefix, bytes]);
};

describe('a failed authentication', () => {
  const ways: Readonly<Record<string, { readonly frames: readonly Buffer[]; readonly answers: number }>> = {
    'with a mechanism that is not served': { frames: [handshake('NONE', 1)], answers: 1 },
    'with a wrong password': { frames: [handshake('PLAIN', 1), authenticate('\0alice\0wrong')], answers: 2 },
    'with a wrong bare token': { frames: [handshake('PLAIN', 0), bare('\0alice\0wrong')], answers: 1 },
    'with ApiVersions in the place of a token': { frames: [handshake('PLAIN', 1), versions('a')], answers: 2 },
    'with a second handshake': { frames: [handshake('PLAIN', 1), handshake('PLAIN', 1)], answers: 2 },
  };
  for (const [how, { frames, answers }] of Object.entries(ways)) {
    test(`${how} is told, and ends, after the delay and not before`, async () => {
      const rig = await startSaslRig();
      const c = await client(rig);
      let isClosed = false;
      void c.closed.then(() => (isClosed = true));
      const timers = rig.clock.pendingTimers;
      c.send(Buffer.concat([...frames, echo(9, 'and then')]));
      for (let told = 1; told < frames.length; told++) assert.notEqual(await soon(c.next()), null);
      await until(() => rig.clock.pendingTimers > timers);
      rig.clock.advance(DELAY_MS - 1);
      await turns(20);
      assert.ok(!isClosed);
      rig.clock.advance(1);
      if (answers === frames.length) assert.notEqual(await soon(c.next()), null);
      assert.equal(await soon(c.next()), null);
      assert.deepEqual(rig.started, []);
    });
  }

  test('that waits for its end holds up no shutdown', async () => {
    const rig = await startSaslRig();
    const c = await client(rig);
    const timers = rig.clock.pendingTimers;
    c.send(Buffer.concat([handshake('PLAIN', 0), bare('\0alice\0wrong')]));
    await until(() => rig.clock.pendingTimers > timers);
    await soon(rig.server.close());
    await soon(c.closed);
    assert.deepEqual(rig.pool.leaks(), []);
  });
});

test('who says again who he is by a bare token, is answered in his order', async () => {
  const rig = await startSaslRig();
  const c = await client(rig);
  c.send(Buffer.concat([handshake('PLAIN', 1), authenticate('\0alice\0right')]));
  for (let told = 0; told < 2; told++) assert.notEqual(await soon(c.next()), null);
  c.send(Buffer.concat([produce(5, 'mine'), handshake('PLAIN', 0), bare('\0alice\0right'), echo(6, 'after')]));
  await until(() => rig.started.length === 1);
  await turns(20);
  assert.deepEqual(rig.started, ['mine']);
  rig.commit('mine');
  assert.match((await soon(c.next()))?.toString() ?? '', /mine/);
  assert.equal((await soon(c.next()))?.readInt32BE(0), 1);
  assert.equal((await soon(c.next()))?.length, 0);
  assert.match((await soon(c.next()))?.toString() ?? '', /after/);
});

/** Something that a client may send; nothing in it is the right password. */
function anything(random: Random): Buffer {
  const some: ReadonlyArray<() => Buffer> = [
    () => handshake('PLAIN', random.int(2)),
    () => handshake('SCRAM-SHA-256', random.int(2)),
    () => handshake('NONE', 1),
    () => authenticate('\0alice\0wrong', random.int(3)),
    () => authenticate('n,,n=alice,r=abc'),
    () => authenticate('c=biws,r=abc,p=AAAA'),
    () => bare('\0alice\0'),
    () => bare('n,,n=alice,r=abc'),
    () => bare(random.bytes(random.int(64))),
    () => versions('a'),
    () => versions('-'),
    () => requestFrame(ApiKey.ApiVersions, 99, 4),
    () => requestFrame(ApiKey.SaslHandshake, 9, 4),
    () => requestFrame(ApiKey.SaslAuthenticate, 2, 4, random.bytes(8)),
    () => requestFrame(random.int(100), random.int(4), 4, random.bytes(random.int(32))),
    () => requestFrame(LATE, 0, 4),
    () => echo(5, 'x'.repeat(random.int(3000))),
    () => produce(5, 'mine'),
    () => bare(Buffer.alloc(MAX_TOKEN_BYTES + 1)),
    () => Buffer.from([0xff, 0xff, 0xff, 0xff]),
    () => echo(6, 'half').subarray(0, 9),
  ];
  return (some[random.int(some.length)] as () => Buffer)();
}

describe('a client without a password', () => {
  test('is served nothing, whatever it sends in whatever order', async () => {
    const rig = await startSaslRig();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed);
      const c = await client(rig);
      const ends = { isClosed: false };
      void c.closed.then(() => (ends.isClosed = true));
      const frames = Array.from({ length: 1 + random.int(8) }, () => anything(random));
      if (random.int(2) === 0) c.send(Buffer.concat(frames));
      else {
        for (const frame of frames) {
          c.send(frame);
          await turns(2);
          rig.clock.advance(random.int(DELAY_MS));
        }
      }
      if (random.int(4) > 0) c.socket.end();
      else c.close();
      for (let turn = 0; !ends.isClosed; turn++) {
        assert.ok(turn < 5000, `seed ${seed} hangs`);
        await turns(1);
        rig.clock.advance(5);
      }
    }
    assert.deepEqual(rig.started, []);
    await soon(rig.server.close());
    rig.clock.advance(DELAY_MS);
    await turns(2);
    assert.deepEqual(rig.pool.leaks(), []);
  });

  test('is served when it has the right one at last', async () => {
    const rig = await startSaslRig();
    const c = await client(rig);
    c.send(Buffer.concat([versions('-'), versions('a'), handshake('PLAIN', 1), authenticate('\0alice\0right')]));
    for (let told = 0; told < 4; told++) assert.notEqual(await soon(c.next()), null);
    c.send(echo(7, 'hello'));
    assert.match((await soon(c.next()))?.toString() ?? '', /hello/);
    assert.deepEqual(rig.started, ['hello']);
  });
});
