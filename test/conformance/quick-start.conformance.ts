/** The programs of docs/quick-start.md, run as they stand there: each sends a record and prints what it reads. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BrokerProcess, cacheDir } from '../support/broker-process.ts';
import { missing } from './client-suite.ts';

const here = import.meta.dirname;
const page = await readFile(join(here, '../../docs/quick-start.md'), 'utf8');

/** How a program is run. */
interface Runner {
  readonly file: string;
  readonly command: string;
  /** What stands before the file. */
  readonly args: readonly string[];
  /** Where its libraries are found. */
  readonly cwd: string;
  readonly needs: { readonly files: readonly string[]; readonly component: string };
}

const confluent = join(cacheDir, 'confluent');
const python = join(cacheDir, 'python/bin/python');
const java = join(cacheDir, 'java/libs');

/** By what the page calls the block. */
const RUNNERS: Readonly<Record<string, Runner>> = {
  kafkajs: {
    file: 'kafkajs.mjs',
    command: process.execPath,
    args: [],
    cwd: join(here, '../..'),
    needs: { files: [], component: '' },
  },
  confluent: {
    file: 'confluent.mjs',
    command: process.execPath,
    args: [],
    cwd: confluent,
    needs: { files: [join(confluent, 'node_modules/@confluentinc/kafka-javascript')], component: 'system confluent' },
  },
  'confluent-kafka': {
    file: 'quick_start.py',
    command: python,
    args: [],
    cwd: here,
    needs: { files: [python], component: 'python' },
  },
  'franz-go': {
    file: 'main.go',
    command: 'go',
    args: ['run'],
    cwd: join(here, 'go'),
    needs: { files: [join(cacheDir, 'go/franz')], component: 'go' },
  },
  'kafka-clients': {
    file: 'QuickStart.java',
    command: 'java',
    args: ['-cp', `${java}/*`],
    cwd: here,
    needs: { files: [java], component: 'java' },
  },
};

/** Runs it to its end; gives what it printed. */
async function output({ command, args, cwd, file }: Runner, code: string, directory: string): Promise<string> {
  // ES modules are found from where the file is, so theirs is standard input, which is in the working directory.
  const isModule = file.endsWith('.mjs');
  const path = join(directory, file);
  await writeFile(path, code);
  const child = spawn(command, isModule ? ['--input-type=module', '-'] : [...args, path], { cwd });
  let said = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(isModule ? code : '');
  const [exitCode] = (await once(child, 'close')) as [number | null];
  assert.equal(exitCode, 0, errors.slice(-2000));
  return said;
}

for (const [, name = '', code = ''] of page.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)) {
  const runner = RUNNERS[name];
  const skip = runner === undefined ? false : missing(runner.needs);
  test(`the quick start with ${name} reads what it sent`, { skip, timeout: 600_000 }, async () => {
    assert(runner !== undefined, `nobody knows how to run ${name}`);
    await using broker = await BrokerProcess.start();
    const directory = await mkdtemp(join(tmpdir(), 'walka-quick-start-'));
    try {
      const said = await output(runner, code.replaceAll('localhost:9092', broker.bootstrap), directory);
      assert.match(said, /^hello$/m);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}
