/** Lines that clients cause, limited by rate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields, Logger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { ratedLogger } from '../../src/base/rated-logger.ts';

type Line = readonly [level: string, event: string, message: string, fields: LogFields | undefined];

function rig(): { readonly lines: Line[]; readonly clock: ManualClock; readonly logger: Logger } {
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (event: string, message: string, fields?: LogFields): void =>
      void lines.push([level, event, message, fields]);
  const inner: Logger = {
    level: 'debug',
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => inner,
  };
  const clock = new ManualClock();
  return { lines, clock, logger: ratedLogger(inner, clock) };
}

test('of an event that comes again and again the first lines are written, and the rest is counted', () => {
  const { lines, clock, logger } = rig();
  for (let i = 0; i < 100_000; i++) logger.info('request-refused', `refused ${i}`, { i });
  assert.equal(lines.length, 20);
  assert.deepEqual(lines[19], ['info', 'request-refused', 'refused 19', { i: 19 }]);
  clock.advance(10_000);
  assert.equal(lines.length, 21);
  assert.equal(lines[20]?.[0], 'info');
  assert.match(lines[20]?.[2] ?? '', /99980 more such lines \(request-refused\) in the last 10 s/);
  assert.deepEqual(lines[20]?.[3], { of: 'request-refused', leftOut: 99_980 });
});

test('a line is one line, whatever names are in it', () => {
  const { lines, logger } = rig();
  logger.info('not-authorized', 'READ TOPIC a\nINFO all is well\u001b[2J\u2028é', { resource: 'a\n' });
  assert.deepEqual(lines[0]?.slice(2), [
    String.raw`READ TOPIC a\u000aINFO all is well\u001b[2J\u2028é`,
    { resource: 'a\n' },
  ]);
});

test('the next window begins anew, and a window without such a crowd says nothing', () => {
  const { lines, clock, logger } = rig();
  for (let i = 0; i < 21; i++) logger.warn('a', 'text');
  clock.advance(10_000);
  lines.length = 0;
  for (let i = 0; i < 20; i++) logger.warn('a', 'text');
  assert.equal(lines.length, 20);
  clock.advance(100_000);
  assert.equal(lines.length, 20);
});

test('each event has its own count, which children share', () => {
  const { lines, logger } = rig();
  for (let i = 0; i < 50; i++) {
    logger.info('a', 'text');
    logger.child({ connection: i }).info('a', 'text');
    logger.error('b', 'text');
  }
  assert.equal(lines.filter(([, event]) => event === 'a').length, 20);
  assert.equal(lines.filter(([, event]) => event === 'b').length, 20);
});

test('lines of level debug are not limited', () => {
  const { lines, logger } = rig();
  for (let i = 0; i < 100; i++) logger.debug('a', 'text');
  assert.equal(lines.length, 100);
});
