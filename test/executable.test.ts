/** The single executable: no Node, no files beside it. Its threads and native libraries come out of it. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stringSerializers, Producer } from '@platformatic/kafka';
import { buildExecutable } from '../build-executable.ts';
import { ended, spawned, started } from './cli/program.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-executable-'));
const executable = join(directory, process.platform === 'win32' ? 'walka.exe' : 'walka');
const temporary = join(directory, 'temporary');

/** Nothing of this machine's Node may be found. */
const run = (...args: readonly string[]) =>
  spawned(executable, args, directory, { PATH: '', NODE_PATH: '', TMPDIR: temporary, NODE_COMPILE_CACHE: '' });

before(async () => {
  mkdirSync(temporary);
  await buildExecutable(executable);
});
after(() => rmSync(directory, { recursive: true, force: true }));

test('it says its version and knows its commands', async () => {
  const version = await ended(run('--version'));
  assert.deepEqual([version.code, version.err], [0, '']);
  assert.match(version.out, /^walka \d+\.\d+\.\d+\n$/);
  assert.equal((await ended(run('settings', 'num.partitions'))).code, 0);
  const bench = await ended(run('bench', '--quick'));
  assert.deepEqual([bench.code, bench.out], [1, '']);
  assert.match(bench.err, /^walka: bench is not in the single executable[^\n]*\n$/);
});

test('it serves records of every codec, and leaves nothing with the temporary files', async (t) => {
  const child = run('--listen', '127.0.0.1:0', '--data-dir', 'data', '--topic', 'records:1');
  t.after(() => child.kill('SIGKILL'));
  const { port } = await started(child);
  const messages = Array.from({ length: 100 }, (_, index) => ({ topic: 'records', value: `record ${index}` }));
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const producer = new Producer({
      clientId: compression,
      bootstrapBrokers: [`127.0.0.1:${port}`],
      serializers: stringSerializers,
      compression,
      retries: 0,
    });
    await producer.send({ messages });
    await producer.close();
  }
  const end = ended(child);
  child.kill('SIGTERM');
  assert.equal((await end).code, 0);
  const left = readdirSync(temporary).filter((name) => name.startsWith('walka'));
  assert.deepEqual(left, []);
});
