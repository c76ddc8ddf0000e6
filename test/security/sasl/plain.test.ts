/** PLAIN, with the texts that Apache Kafka 4.4.0 was seen to answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { userPrincipal } from '../../../src/security/principal.ts';
import { SaslError } from '../../../src/security/sasl/exchange.ts';
import { PlainExchange } from '../../../src/security/sasl/plain.ts';

const users = new Map([
  ['alice', 'secret'],
  ['empty', ''],
]);
const step = (text: string) => new PlainExchange((user) => users.get(user)).step(Buffer.from(text));

describe('PLAIN', () => {
  test('lets in who knows the password', () => {
    const done = { principal: userPrincipal('alice'), expiresMs: null, byToken: false };
    assert.deepEqual(step('\0alice\0secret').done, done);
    assert.deepEqual(step('alice\0alice\0secret').done, done);
  });

  const refused: Readonly<Record<string, string>> = {
    '\0alice\0wrong': 'Authentication failed: Invalid username or password',
    '\0mallory\0secret': 'Authentication failed: Invalid username or password',
    '\0\0secret': 'Authentication failed: username not specified',
    '\0alice\0': 'Authentication failed: password not specified',
    '\0empty\0': 'Authentication failed: password not specified',
    'bob\0alice\0secret': 'Authentication failed: Client requested an authorization id that is different from username',
    '': 'Invalid SASL/PLAIN response: expected 3 tokens, got 1',
    'alice\0secret': 'Invalid SASL/PLAIN response: expected 3 tokens, got 2',
    'a\0b\0c\0d': 'Invalid SASL/PLAIN response: expected 3 tokens, got 4',
  };
  for (const [token, message] of Object.entries(refused)) {
    test(`answers ${JSON.stringify(token)} with "${message}"`, () => {
      assert.throws(
        () => step(token),
        (error) => error instanceof SaslError && error.message === message,
      );
    });
  }
});
