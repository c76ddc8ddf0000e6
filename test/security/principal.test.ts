import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANONYMOUS, parsePrincipal, principalText, userPrincipal } from '../../src/security/principal.ts';

test('a principal is written and read as Kafka does, split at the first colon', () => {
  assert.equal(principalText(ANONYMOUS), 'User:ANONYMOUS');
  assert.deepEqual(parsePrincipal('User:alice'), userPrincipal('alice'));
  assert.deepEqual(parsePrincipal('User:CN=a:b'), { type: 'User', name: 'CN=a:b' });
  assert.deepEqual(parsePrincipal('User:'), { type: 'User', name: '' });
  for (const text of ['alice', ':alice', '']) assert.equal(parsePrincipal(text), null, text);
});
