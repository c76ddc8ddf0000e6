import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JaasError, parseJaas, plainUsers } from '../../../src/security/sasl/jaas.ts';

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';

describe('a JAAS setting', () => {
  test('gives the users of PLAIN', () => {
    const [entry] = parseJaas(`${PLAIN} required
      username="admin" password="a"
      user_admin="a" user_alice="b;=c" ;`);
    assert.ok(entry);
    assert.equal(entry.module, PLAIN);
    assert.deepEqual(
      [...plainUsers(entry)],
      [
        ['admin', 'a'],
        ['alice', 'b;=c'],
      ],
    );
  });

  test('has quotation marks of both kinds, bare words, escapes and several modules', () => {
    const [one, two] = parseJaas(`A required x='1' y=2 "z z"="say \\"hi\\" \\\\";B OPTIONAL;`);
    assert.deepEqual(
      [...(one?.options ?? [])],
      [
        ['x', '1'],
        ['y', '2'],
        ['z z', 'say "hi" \\'],
      ],
    );
    assert.equal(two?.module, 'B');
    assert.deepEqual(parseJaas('  '), []);
  });

  test('has comments, and escapes as Java reads them', () => {
    const [entry] = parseJaas(`// users; of "tests"
      ${PLAIN} required /* one; or
      two */ user_a="x//y" // the first
      user_b="1\\t2\\\\3\\1014\\q" user_c=d;
      // no more`);
    assert.deepEqual(
      [...(entry?.options ?? [])],
      [
        ['user_a', 'x//y'],
        ['user_b', '1\t2\\3A4q'],
        ['user_c', 'd'],
      ],
    );
    assert.deepEqual(parseJaas('// nobody'), []);
  });

  const wrong: Readonly<Record<string, RegExp>> = {
    'A required user_alice="b"': /do not end with ";"/,
    'A user_alice="secret";': /after login module 1 "required" is missing/,
    'A required user_alice "secret";': /option 1 of login module 1 is not of the form/,
    'A required user_alice="secret;': /character 23: a quotation mark that is not closed/,
    '= required;': /login module 1 is missing/,
    'A required x=;': /option 1 of login module 1/,
    'A required user_alice=half;secret;': /after login module 2 "required" is missing/,
    secret: /after login module 1/,
    'A required; secret required x': /option 1 of login module 2/,
  };
  for (const [text, message] of Object.entries(wrong)) {
    test(`is refused as ${text}, without what it says`, () => {
      assert.throws(
        () => parseJaas(text),
        (error) => error instanceof JaasError && message.test(error.message) && !error.message.includes('secret'),
      );
    });
  }
});
