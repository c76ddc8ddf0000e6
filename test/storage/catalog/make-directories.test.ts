/** The data directory is made, or what stands in the way is told. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDirectories } from '../../../src/storage/catalog/make-directories.ts';

test('a directory is made with its parents, and may be there already', (t) => {
  const base = mkdtempSync(join(tmpdir(), 'walka-directories-'));
  t.after(() => rmSync(base, { recursive: true }));
  const path = join(base, 'a/b/c');
  makeDirectories(path);
  makeDirectories(path);
  assert.ok(statSync(path).isDirectory());
});

test('a file in the way is told', (t) => {
  const base = mkdtempSync(join(tmpdir(), 'walka-directories-'));
  t.after(() => rmSync(base, { recursive: true }));
  writeFileSync(join(base, 'file'), '');
  assert.throws(() => makeDirectories(join(base, 'file')), { code: 'EEXIST' });
  assert.throws(() => makeDirectories(join(base, 'file/below')));
});

test('a parent that takes no entries is told instead of being tried for ever', {
  skip: process.platform !== 'linux',
}, () => {
  assert.throws(() => makeDirectories('/proc/walka'), { code: 'ENOENT' });
});
