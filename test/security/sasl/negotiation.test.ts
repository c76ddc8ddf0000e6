/** The order of authentication, as Apache Kafka 4.4.0 was seen to hold it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiKey } from '../../../protocol/apis.ts';
import { ErrorCode } from '../../../protocol/errors.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { ANONYMOUS, userPrincipal } from '../../../src/security/principal.ts';
import { SaslError } from '../../../src/security/sasl/exchange.ts';
import { PlainExchange } from '../../../src/security/sasl/plain.ts';
import { SaslSession } from '../../../src/security/sasl/sasl-session.ts';

const USERS = new Map([
  ['alice', 'a'],
  ['bob', 'b'],
]);
const token = (user: string, password: string): Buffer => Buffer.from(`\0${user}\0${password}`);
const ALICE = token('alice', 'a');

function open(maxReauthMs = 0, expiresMs: number | null = null) {
  const clock = new ManualClock();
  const begin = () => {
    const plain = new PlainExchange((user) => USERS.get(user));
    return {
      step(bytes: Buffer) {
        const step = plain.step(bytes);
        return step.done === null ? step : { ...step, done: { ...step.done, expiresMs } };
      },
    };
  };
  const mechanism = { begin, maxReauthMs };
  const mechanisms = new Map([
    ['PLAIN', mechanism],
    ['OTHER', mechanism],
  ]);
  const session = new SaslSession({ clock, mechanisms, maxTokenBytes: 1000 });
  const admitted = (): string[] =>
    Object.entries({
      ApiVersions: session.admits(ApiKey.ApiVersions, true),
      SaslHandshake: session.admits(ApiKey.SaslHandshake, true),
      SaslAuthenticate: session.admits(ApiKey.SaslAuthenticate, true),
      Metadata: session.admits(ApiKey.Metadata, false),
    })
      .filter(([, admits]) => admits)
      .map(([name]) => name);
  const logIn = async (bytes = ALICE, name = 'PLAIN') => {
    const hello = session.sasl.handshake(name, 1);
    return hello?.errorCode === ErrorCode.NONE ? session.sasl.authenticate(bytes) : hello;
  };
  return { clock, session, sasl: session.sasl, admitted, logIn };
}

const EVERYTHING = ['ApiVersions', 'SaslHandshake', 'SaslAuthenticate', 'Metadata'];

describe('before authentication', () => {
  test('ApiVersions, once, and SaslHandshake are served, to frames of a bounded size', () => {
    const { session, sasl, admitted } = open();
    assert.deepEqual(admitted(), ['ApiVersions', 'SaslHandshake']);
    assert.deepEqual(session.principal, ANONYMOUS);
    assert.equal(session.maxFrameBytes, 1000);
    sasl.versionsTold();
    assert.deepEqual(admitted(), ['SaslHandshake']);
  });

  test('a mechanism that is not there is answered with those that are, and that is all', () => {
    const { sasl, admitted } = open();
    assert.deepEqual(sasl.handshake('GSSAPI', 1), {
      errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
      mechanisms: ['PLAIN', 'OTHER'],
      isOver: true,
    });
    assert.deepEqual(admitted(), []);
  });

  test('after SaslHandshake a second one and ApiVersions are told so, and that is all', () => {
    const { sasl, admitted } = open();
    assert.equal(sasl.handshake('PLAIN', 1)?.errorCode, ErrorCode.NONE);
    assert.deepEqual(admitted(), ['ApiVersions', 'SaslHandshake', 'SaslAuthenticate']);
    assert.ok(sasl.awaitsToken);
    const refusal = { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [], isOver: true };
    assert.deepEqual(sasl.handshake('PLAIN', 1), refusal);
  });

  test('after SaslHandshake v0 bare tokens are taken, and a wrong one gets no answer', async () => {
    const right = open();
    right.sasl.handshake('PLAIN', 0);
    assert.ok(right.sasl.takesTokens);
    assert.equal((await right.sasl.token(ALICE))?.length, 0);
    assert.deepEqual(right.session.principal, userPrincipal('alice'));
    assert.equal(right.sasl.takesTokens, false);
    const wrong = open();
    wrong.sasl.handshake('PLAIN', 0);
    await assert.rejects(async () => wrong.sasl.token(token('alice', 'x')), SaslError);
    assert.deepEqual(wrong.admitted(), []);
  });

  test('a wrong password is answered, and that is all', async () => {
    const { admitted, logIn, session } = open();
    assert.deepEqual(await logIn(token('alice', 'x')), {
      errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
      errorMessage: 'Authentication failed: Invalid username or password',
      reason: 'Authentication failed: Invalid username or password',
      authBytes: Buffer.alloc(0),
      sessionLifetimeMs: 0,
      isOver: true,
    });
    assert.deepEqual(admitted(), []);
    assert.deepEqual(session.principal, ANONYMOUS);
  });
});

describe('after authentication', () => {
  test('everything is served, and SASL is told that it comes too late', async () => {
    const { sasl, session, admitted, logIn } = open();
    assert.equal((await logIn())?.errorCode, ErrorCode.NONE);
    assert.deepEqual(session.principal, userPrincipal('alice'));
    assert.equal(session.maxFrameBytes, null);
    assert.deepEqual(admitted(), EVERYTHING);
    const late = [sasl.handshake('PLAIN', 1), await sasl.authenticate(ALICE)];
    for (const answer of late) {
      assert.deepEqual([answer?.errorCode, answer?.isOver], [ErrorCode.ILLEGAL_SASL_STATE, false]);
    }
    assert.deepEqual(admitted(), EVERYTHING);
  });

  test('the session ends after connections.max.reauth.ms; then SaslHandshake is served and nothing else', async () => {
    const { clock, admitted, logIn } = open(5000);
    const answer = await logIn();
    assert.ok(answer !== null && 'sessionLifetimeMs' in answer);
    assert.equal(answer.sessionLifetimeMs, 5000);
    clock.advance(4999);
    assert.deepEqual(admitted(), EVERYTHING);
    clock.advance(1);
    assert.deepEqual(admitted(), ['SaslHandshake']);
    assert.equal((await logIn())?.errorCode, ErrorCode.NONE);
    assert.deepEqual(admitted(), EVERYTHING);
  });

  for (const [what, maxReauthMs, expiresMs] of [
    ['may last for ever', 2 ** 63, null],
    ['lasts as long as a token without an end', 0, 2 ** 63],
  ] as const) {
    test(`a session that ${what} is told as the longest time that there is`, async () => {
      const { clock, admitted, logIn } = open(maxReauthMs, expiresMs);
      const answer = await logIn();
      assert.ok(answer !== null && 'sessionLifetimeMs' in answer);
      assert.equal(answer.sessionLifetimeMs, Number.MAX_SAFE_INTEGER);
      clock.advance(1000);
      assert.deepEqual(admitted(), EVERYTHING);
    });
  }

  test('the session ends with what the client showed, where that is earlier', async () => {
    const { clock, admitted, logIn } = open(5000, new ManualClock().now() + 2000);
    const answer = await logIn();
    assert.ok(answer !== null && 'sessionLifetimeMs' in answer);
    assert.equal(answer.sessionLifetimeMs, 2000);
    clock.advance(2000);
    assert.deepEqual(admitted(), ['SaslHandshake']);
  });

  test('the client may authenticate again before, but not twice in a second', async () => {
    const { clock, sasl, logIn } = open(5000);
    await logIn();
    assert.equal((await logIn())?.errorCode, ErrorCode.NONE);
    assert.equal(sasl.handshake('PLAIN', 1)?.errorCode, ErrorCode.ILLEGAL_SASL_STATE);
    clock.advance(1000);
    assert.equal((await logIn())?.errorCode, ErrorCode.NONE);
  });

  test('a session that ended within that second is over', async () => {
    const { clock, admitted, logIn } = open(500);
    await logIn();
    await logIn();
    clock.advance(999);
    assert.deepEqual(admitted(), []);
    clock.advance(1);
    assert.deepEqual(admitted(), ['SaslHandshake']);
  });

  test('while it does so nothing else is served', async () => {
    const { sasl, admitted, logIn } = open(5000);
    await logIn();
    sasl.handshake('PLAIN', 1);
    assert.deepEqual(admitted(), ['SaslAuthenticate']);
  });

  test('bare tokens follow where it says so by SaslHandshake v0', async () => {
    const { sasl, session, admitted, logIn } = open(5000);
    await logIn();
    assert.equal(sasl.handshake('PLAIN', 0)?.errorCode, ErrorCode.NONE);
    assert.ok(sasl.takesTokens);
    assert.equal(session.maxFrameBytes, 1000);
    assert.equal((await sasl.token(ALICE)).length, 0);
    assert.deepEqual(admitted(), EVERYTHING);
  });

  for (const [how, name, bytes] of [
    ['as somebody else', 'PLAIN', token('bob', 'b')],
    ['with another mechanism', 'OTHER', ALICE],
    ['with a wrong password', 'PLAIN', token('alice', 'x')],
  ] as const) {
    test(`${how} a bare token gets no answer`, async () => {
      const { sasl, session, admitted, logIn } = open(5000);
      await logIn();
      sasl.handshake(name, 0);
      await assert.rejects(sasl.token(bytes), SaslError);
      assert.deepEqual(admitted(), []);
      assert.deepEqual(session.principal, userPrincipal('alice'));
    });
  }

  test('it may not become somebody else', async () => {
    const { admitted, logIn, session } = open(5000);
    await logIn();
    const answer = await logIn(token('bob', 'b'));
    assert.ok(answer !== null && 'errorMessage' in answer);
    assert.equal(answer.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
    assert.equal(answer.errorMessage, 'Cannot change principals during re-authentication from User.alice: User.bob');
    assert.deepEqual(admitted(), []);
    assert.deepEqual(session.principal, userPrincipal('alice'));
  });

  test('with another mechanism it is closed at the token, with one that is not there at once', async () => {
    const other = open(5000);
    await other.logIn();
    assert.equal(await other.logIn(ALICE, 'OTHER'), null);
    const unknown = open(5000);
    await unknown.logIn();
    assert.equal(await unknown.logIn(ALICE, 'GSSAPI'), null);
    assert.deepEqual(unknown.admitted(), []);
  });
});
