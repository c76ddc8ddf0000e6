/** Texts of settings and the values they are, as Java reads and prints them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doubleText, parseDouble } from '../../src/config/double.ts';
import { setting, type SettingOptions, type SettingType } from '../../src/config/setting.ts';
import { canonicalText, SettingError } from '../../src/config/value.ts';

const canonical = (type: SettingType, text: string, options: SettingOptions = {}): string =>
  canonicalText(setting('a.setting', type, null, '', options), text);
const refuses = (message: RegExp, type: SettingType, text: string, options: SettingOptions = {}): void =>
  assert.throws(
    () => canonical(type, text, options),
    (error) => error instanceof SettingError && message.test(error.message),
  );

test('a double is printed as Java prints it', () => {
  const texts = [
    '1',
    '1000000',
    '9999999',
    '1e7',
    '12345678',
    '0.3',
    '.3',
    '0.001',
    '0.0009',
    '-0',
    '1e-5',
    '4.9e-324',
  ];
  assert.deepEqual(
    texts.map((text) => canonical('double', text)),
    [
      '1.0',
      '1000000.0',
      '9999999.0',
      '1.0E7',
      '1.2345678E7',
      '0.3',
      '0.3',
      '0.001',
      '9.0E-4',
      '-0.0',
      '1.0E-5',
      '4.9E-324',
    ],
  );
  assert.equal(doubleText(Number.MAX_VALUE), '1.7976931348623157E308');
});

test('a double is read as Java reads it', () => {
  const texts = ['1d', '1F', '.5f', '5.', '0x1p-1', '-0x1.8p3D', 'NaN', '-NaN', '-Infinity', '1e400'];
  assert.deepEqual(texts.map(parseDouble), [1, 1, 0.5, 5, 0.5, -12, Number.NaN, Number.NaN, -Infinity, Infinity]);
  for (const text of ['', '.', '0x1', 'inf', 'nan', '1e', '1l', '1_0', 'INFINITY'])
    assert.equal(parseDouble(text), null);
});

test('an integer takes a sign and zeros in front, and nothing else', () => {
  assert.deepEqual(
    ['+5', '05', ' 5 ', '-0'].map((text) => canonical('int', text)),
    ['5', '5', '5', '0'],
  );
  for (const text of ['1d', '1.0', '1e1', '0x1', '2147483648']) refuses(/Not a number of type INT/, 'int', text);
});

test('what a list repeats is dropped, and no element may be empty', () => {
  const values = ['compact', 'delete'];
  assert.equal(canonical('list', 'delete, delete ,compact', { values }), 'delete,compact');
  assert.equal(canonical('list', '0:1,0:1', { repeats: true }), '0:1,0:1');
  refuses(/^Configuration 'a.setting' values must not be empty\.$/, 'list', 'delete,', { values });
  refuses(/must not be empty\. Valid values include: \[compact, delete\]$/, 'list', ' ', { values, nonEmpty: true });
});

test('an error about bounds names what is allowed, and shows the number', () => {
  const level = { min: 1, max: 9, except: -1 };
  refuses(/^Invalid value 0 for .*: Value must be between 1 and 9 or equal to -1$/, 'int', '+0', level);
  refuses(/^Invalid value 1\.5 for .*: Value must be no more than 1$/, 'double', '15e-1', { max: 1 });
});

test('no error has a hole where a value is empty', () => {
  for (const type of ['int', 'boolean', 'double'] as const)
    refuses(/^Invalid value '' for configuration a\./, type, ' ');
  refuses(/^Invalid value '' for configuration a\./, 'string', '', { values: ['x'] });
  refuses(/^Invalid value '' for configuration a\./, 'string', '', { nonEmpty: true });
});
