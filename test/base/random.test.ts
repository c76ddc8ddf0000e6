/** The system's random source. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { systemRandom } from '../../src/base/random.ts';

test('any number of bytes comes, and never the same twice', () => {
  const seen = new Set<string>();
  for (let round = 0; round < 500; round++) {
    for (const count of [8, 16, 33]) {
      const bytes = systemRandom.bytes(count);
      assert.equal(bytes.length, count);
      seen.add(bytes.toString('hex'));
    }
  }
  assert.equal(seen.size, 1500);
  assert.equal(systemRandom.bytes(0).length, 0);
  assert.equal(systemRandom.bytes(5000).length, 5000);
});

test('whoever gets bytes cannot look at what others will get', () => {
  const { buffer } = systemRandom.bytes(16);
  const inSight = Buffer.from(Buffer.from(buffer));
  assert.ok(!inSight.includes(systemRandom.bytes(16)));
});

test('whole numbers fill their range and stay within it', () => {
  const counts = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) {
    const value = systemRandom.int(10);
    counts[value] = (counts[value] ?? Number.NaN) + 1;
  }
  assert.equal(counts.length, 10);
  assert.ok(
    counts.every((count) => count > 700 && count < 1300),
    String(counts),
  );
  assert.ok(systemRandom.int(2 ** 32) < 2 ** 32);
  assert.equal(systemRandom.int(1), 0);
});

test('a file of that name that is empty, or that anybody may have made on Windows, is not trusted', () => {
  const module = JSON.stringify(new URL('../../src/base/random.ts', import.meta.url).href);
  const isRandom = (platform: string, readSync: string): string => {
    const script = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      Object.defineProperty(process, 'platform', { value: '${platform}' });
      const { systemRandom } = await import(${module});
      fs.openSync = () => 99;
      fs.closeSync = () => {};
      fs.readSync = ${readSync};
      syncBuiltinESMExports();
      process.stdout.write(String(new Set(systemRandom.bytes(64)).size > 16));
    `;
    return execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 120_000 }).toString();
  };
  assert.equal(isRandom('linux', '() => 0'), 'true');
  assert.equal(isRandom('win32', '(file, into, at, length) => length'), 'true');
});
