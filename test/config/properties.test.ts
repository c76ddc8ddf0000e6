/** Properties files as Java reads them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProperties } from '../../src/config/properties.ts';

const parsed = (text: string): Record<string, string> => Object.fromEntries(parseProperties(text));

test('keys end at =, : or white space, and values keep what follows', () => {
  assert.deepEqual(parsed('a=1\nb: 2\nc 3\nd   =   4 5\ne=x=y:z\nf'), {
    a: '1',
    b: '2',
    c: '3',
    d: '4 5',
    e: 'x=y:z',
    f: '',
  });
});

test('comments and blank lines are skipped, and the last of a repeated key counts', () => {
  assert.deepEqual(parsed('# one\n  ! two\n\n  a = 1\r\na=2\r'), { a: '2' });
});

test('a backslash at the end of a line joins it with the next, white space in front left out', () => {
  assert.deepEqual(parsed('listeners=A://:1,\\\n   B://:2\nlast=\\'), { listeners: 'A://:1,B://:2', last: '' });
});

test('an even number of backslashes at the end of a line does not join', () => {
  assert.deepEqual(parsed('path=c:\\\\\nnext=1'), { path: 'c:\\', next: '1' });
});

test('a character by its number has four hexadecimal digits, as Java wants it', () => {
  assert.throws(() => parsed('path=C:\\users\\walka'), {
    name: 'ConfigError',
    message: '\\users is no \\uxxxx with four hexadecimal digits; a backslash itself is written \\\\',
  });
  assert.throws(() => parsed('a\\u12=b'), { name: 'ConfigError' });
  assert.deepEqual(parsed('# C:\\users\na=\\\\users'), { a: '\\users' });
});

test('escapes stand for characters in keys and values', () => {
  assert.deepEqual(parsed('a\\ b\\=c=\\t\\u0041\\n\\q'), { 'a b=c': '\tA\nq' });
});
