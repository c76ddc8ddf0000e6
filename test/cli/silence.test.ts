/** When a terminal is told that a broker acknowledges nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { noteSilence } from '../../src/cli/records/silence.ts';

test('silence is told once, with what failed last, and so is its end; waiting for nothing is none', () => {
  const clock = new ManualClock();
  const client = { clock, trouble: null as unknown };
  const notes: string[] = [];
  let progress: number | null = 0;
  const stop = noteSilence(client, () => progress, { note: (text) => void notes.push(text) });
  const pass = (ms: number): string[] => {
    for (let i = 0; i < ms; i += 100) clock.advance(100);
    return notes.splice(0);
  };
  assert.deepEqual(pass(1400), []);
  assert.deepEqual(pass(20_000), ['nothing has been acknowledged for 1.5 s']);
  progress = 5;
  assert.deepEqual(pass(1000), ['going on']);
  client.trouble = new Error('refused');
  assert.deepEqual(pass(3000), ['nothing has been acknowledged for 1.5 s: refused; trying again']);
  progress = null;
  assert.deepEqual(pass(60_000), ['going on']);
  progress = 6;
  stop();
  assert.deepEqual(pass(60_000), []);
});
