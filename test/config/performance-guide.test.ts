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

/** Of `0 to 60,000`, `from 1 MiB on` and the like, both inclusive; null for a list of words. */
function boundsOf(range: string): readonly number[] | null {
  const [, least, most] = /^(?:from )?([\d,]+(?: [KMG]iB)?)(?: to ([\d,]+(?: [KMG]iB)?)| on)/.exec(range) ?? [];
  if (least === undefined) return null;
  return most === undefined ? [numberOf(least)] : [numberOf(least), numberOf(most)];
}

test('each is a setting with that variable and that default', () => {
  const options = rows.map(({ option }) => option);
  for (const option of ['maxSegmentSize', 'compressionLevel', 'flushIntervalMs', 'maxConcurrentWrites']) {
    assert.ok(options.includes(option), option);
  }
  for (const { setting, variable, byDefault } of rows) {
    const known = brokerSetting(setting);
    assert.ok(known !== undefined, setting);
    assert.equal(variableOf(setting), variable);
    const isNumber = /^\d/.test(byDefault);
    assert.equal(
      isNumber ? Number(known.defaultValue) : known.defaultValue,
      isNumber ? numberOf(byDefault) : byDefault,
    );
  }
});

test('each is an option in code with that range', () => {
  for (const { option, range } of rows) {
    const bounds = boundsOf(range);
    const allowed = bounds ?? range.split(', ');
    for (const value of allowed)
      checkOptions({ ...(value !== 'memory' && { directory: 'somewhere' }), [option]: value });
    const [least, most] = bounds ?? [];
    const beyond = [least === undefined ? 'other' : least - 1, ...(most === undefined ? [] : [most + 1])];
    for (const value of beyond) assert.throws(() => checkOptions({ [option]: value }), /Error/, `${option} ${value}`);
  }
});
