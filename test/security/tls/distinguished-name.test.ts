/** What Java's X500Principal.getName() gave for the same bytes (JDK 17). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { X509Certificate } from 'node:crypto';
import { DerError } from '../../../src/security/tls/der.ts';
import { distinguishedName, subjectOf } from '../../../src/security/tls/distinguished-name.ts';
import { Authority } from '../../support/certificates.ts';

function element(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x81, body.length]), body]);
}

const OIDS = {
  CN: '550403',
  O: '55040a',
  SERIAL: '550405',
  UID: '0992268993f22c640101',
  DC: '0992268993f22c640119',
  EMAIL: '2a864886f70d010901',
  OWN: '2b0601040186 8d1f07'.replace(' ', ''),
} as const;
const [UTF8, PRINTABLE, T61, IA5, UNIVERSAL, BMP] = [0x0c, 0x13, 0x14, 0x16, 0x1c, 0x1e];

type Attribute = readonly [type: keyof typeof OIDS, tag: number, value: string | Buffer];

/** A Name of relative names, each of one attribute or more. */
function name(...relatives: readonly (readonly Attribute[])[]): Buffer {
  const attribute = ([type, tag, value]: Attribute): Buffer =>
    element(0x30, element(0x06, Buffer.from(OIDS[type], 'hex')), element(tag, Buffer.from(value as string)));
  return element(0x30, ...relatives.map((attributes) => element(0x31, ...attributes.map(attribute))));
}

const cn = (value: string, tag: number = UTF8): Buffer => name([['CN', tag, value]]);

test('the last attribute comes first, those of one relative name stay together', () => {
  assert.equal(distinguishedName(name([['O', PRINTABLE, 'Acme']], [['CN', UTF8, 'a']])), 'CN=a,O=Acme');
  const several = name(
    [['DC', IA5, 'org']],
    [
      ['CN', UTF8, 'a'],
      ['UID', UTF8, '7'],
    ],
  );
  assert.equal(distinguishedName(several), 'CN=a+UID=7,DC=org');
  assert.equal(distinguishedName(name()), '');
});

test('characters that mean something are escaped, and blanks at either end', () => {
  const expected: readonly (readonly [string, string])[] = [
    ['Acme, Inc.', 'Acme\\, Inc.'],
    ['a+b=c', 'a\\+b\\=c'],
    ['#x#', '\\#x\\#'],
    ['"q" <x>; \\', '\\"q\\" \\<x\\>\\; \\\\'],
    ['  two  ', '\\ \\ two\\ \\ '],
    ['   ', '\\ \\ \\ '],
    ['\rcr', '\\\rcr'],
    ['tab\there\n', 'tab\there\n'],
    ['nul\0in', 'nul\\00in'],
    ['Zürich 日本 😀', 'Zürich 日本 😀'],
    ['a/b:c*?&', 'a/b:c*?&'],
  ];
  for (const [value, shown] of expected) assert.equal(distinguishedName(cn(value)), `CN=${shown}`);
});

test('what has no word in RFC 2253 is shown by its object identifier, with the DER of the value', () => {
  const found = name([['EMAIL', IA5, 'a@b']], [['SERIAL', PRINTABLE, '12']], [['OWN', UTF8, 'x']], [['CN', UTF8, 'c']]);
  assert.equal(
    distinguishedName(found),
    'CN=c,1.3.6.1.4.1.99999.7=#0c0178,2.5.4.5=#13023132,1.2.840.113549.1.9.1=#1603614062',
  );
});

test('all kinds of strings are read as UTF-8, as Java does, but for one that it does not take for text', () => {
  for (const tag of [UTF8, PRINTABLE, T61, IA5]) assert.equal(distinguishedName(cn('ü', tag)), 'CN=ü');
  assert.equal(distinguishedName(name([['CN', T61, Buffer.from('ü', 'latin1')]])), 'CN=\ufffd');
  assert.equal(distinguishedName(name([['CN', BMP, Buffer.from([0, 0x61])]])), 'CN=\\00a');
  assert.equal(distinguishedName(name([['CN', UNIVERSAL, Buffer.from([0, 0, 0, 0x61])]])), 'CN=#1c0400000061');
});

test('the subject of a certificate is found', async () => {
  const { certificate } = await (await Authority.create()).issue('C=CH, O=Acme\\, Inc, CN=client1');
  assert.equal(distinguishedName(subjectOf(new X509Certificate(certificate).raw)), 'CN=client1,O=Acme\\, Inc,C=CH');
});

test('bytes that are no name are refused, however they are cut off', () => {
  const whole = name([['O', PRINTABLE, 'Acme']], [['CN', UTF8, 'a']]);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => distinguishedName(whole.subarray(0, length)), DerError);
  }
  for (const wrong of ['', '30', '3080', '30ff', '308500000000', '1f00']) {
    assert.throws(() => distinguishedName(Buffer.from(wrong, 'hex')), DerError);
    assert.throws(() => subjectOf(Buffer.from(wrong, 'hex')), DerError);
  }
});
