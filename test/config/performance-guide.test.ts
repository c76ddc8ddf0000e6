/** The settings in docs/performance.md are those that there are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brokerSetting } from '../../src/config/broker-settings.ts';
import { variableOf } from '../../src/config/environment.ts';
import { checkOptions } from '../../src/wal/options.ts';

const guide = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');

/** Rows of its table: option in code, setting in a file, variable, default, range. */
const rows = guide
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
  .map(([, option = '', setting = '', variable = '', byDefault = '', range = '']) => ({
    option,
    setting,
    variable,
    byDefault,
    range,
  }));

/** `128 MiB` and `1,000,000` as numbers. */
function numberOf(text: string): number {
  const [, digits = '', unit = ''] = /^([\d,]+)(?: ([KMG])iB)?/.exec(text) ?? [];
  return Number(digits.replaceAll(',', '')) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit);
}

test('each is a setting with that variable and that default', () => {
  assert.deepEqual(
    rows.map(({ option }) => option),
    ['maxSegmentSize', 'compressionLevel', 'flushIntervalMs', 'maxConcurrentWrites'],
  );
  for (const { setting, variable, byDefault } of rows) {
    const known = brokerSetting(setting);
    assert.ok(known !== undefined, setting);
    assert.equal(variableOf(setting), variable);
    assert.equal(Number(known.defaultValue), numberOf(byDefault), setting);
  }
});

test('each is an option in code with that range', () => {
  for (const { option, range } of rows) {
    const [least = Number.NaN, most = Number.NaN] = range.split(' to ').map(numberOf);
    for (const value of [least, most]) checkOptions({ [option]: value });
    for (const value of [least - 1, most + 1]) {
      assert.throws(() => checkOptions({ [option]: value }), RangeError, `${option} ${value}`);
    }
  }
});
