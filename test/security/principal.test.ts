import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANONYMOUS, principalText, userPrincipal } from '../../src/security/principal.ts';

test('a principal is written as Kafka does', () => {
  assert.equal(principalText(ANONYMOUS), 'User:ANONYMOUS');
  assert.equal(principalText(userPrincipal('CN=a:b')), 'User:CN=a:b');
});
