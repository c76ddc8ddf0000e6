/** The benchmark as a program: its reports, its end by Ctrl-C, and what it says of a wrong word. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Results } from '../../bench/results.ts';

const program = join(import.meta.dirname, '../../src/main.ts');

/** Command lines of the processes of this machine that name `directory`. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(directory));
}

test('an interrupted benchmark leaves no process and no file behind, and writes no report', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'walka-interrupted-'));
  try {
    const args = ['--size', 'tiny', '--without-kafka', '--only', 'latency', '--directory', directory];
    const out = ['--out', join(directory, 'out')];
    const child = spawn(process.execPath, [program, 'bench', ...args, ...out], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk) => {
        said += String(chunk);
        if (said.includes('Latency')) resolve();
      });
      child.on('exit', () => reject(new Error(said)));
    });
    assert.notDeepEqual(readdirSync(directory), []);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 130);
    assert.deepEqual(readdirSync(directory), []);
    assert.deepEqual(processesIn(directory), []);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a run writes its three reports, and every workload that was asked for', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'walka-reports-'));
  try {
    const only = ['--only', 'producers', '--only', 'offset-commits', '--only', 'fsync'];
    const out = join(directory, 'out');
    const args = ['bench', '--size', 'tiny', '--without-kafka', ...only, '--directory', directory, '--out', out];
    const child = spawn(process.execPath, [program, ...args], { stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    assert.deepEqual(readdirSync(directory), ['out']);
    assert.deepEqual(readdirSync(out).sort(), ['report.html', 'report.md', 'results.json']);
    const { workloads, leftOut } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Results;
    assert.deepEqual(
      workloads.map(({ name }) => name),
      ['producers', 'fsync', 'offset-commits'],
    );
    assert.deepEqual(
      leftOut.filter(({ what }) => what.includes(', Walka')),
      [],
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('brokers with TLS, logins and ACLs are started, loaded and ended, and so are old clients', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'walka-secured-'));
  try {
    const names = ['old-clients', 'tls', 'logins', 'acls'];
    const args = ['--size', 'tiny', '--without-kafka', ...names.flatMap((name) => ['--only', name])];
    const out = ['--out', join(directory, 'out')];
    const child = spawn(process.execPath, [program, 'bench', ...args, '--directory', directory, ...out], {
      stdio: 'ignore',
    });
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    assert.deepEqual(readdirSync(directory), ['out']);
    assert.deepEqual(processesIn(directory), []);
    const { workloads, leftOut } = JSON.parse(readFileSync(join(directory, 'out/results.json'), 'utf8')) as Results;
    assert.deepEqual(leftOut, []);
    assert.deepEqual(
      workloads.map(({ name }) => name),
      names,
    );
    const shown = workloads.flatMap(({ rows }) => rows.map(({ name, unit }) => `${name}, ${unit}`));
    for (const row of [
      '1 KiB, fetch v3, MB/s',
      '100 B, produce v2, MB/s',
      'consume over TLS 1.3, MB/s',
      'TLS 1.3 and SCRAM-SHA-256, connections/s',
      'start to the first answer over SASL_SSL, ms',
      'produce, CPU with ACLs / without, ×',
    ])
      assert.ok(shown.includes(row), `${row}: ${shown.join('; ')}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('an unknown workload is named with those that there are', async () => {
  const child = spawn(process.execPath, [program, 'bench', '--only', 'troughput'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(said, /troughput is no workload; there are start, .*throughput/);
});
