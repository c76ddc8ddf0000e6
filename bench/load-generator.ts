/** The load generator: bench/load/load.c, compiled against librdkafka when it changed, run as a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../test/support/broker-process.ts';

const SOURCE = join(import.meta.dirname, 'load/load.c');
const LIMIT_MS = 300_000;

/** What one run printed: figures by name. */
export type Figures = Readonly<Record<string, number>>;

async function run(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS, killSignal: 'SIGKILL' });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${errors}`);
  return output;
}

async function modifiedMs(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.mtimeMs ?? 0;
}

async function build(): Promise<string> {
  const program = join(cacheDir, 'bench-load');
  if ((await modifiedMs(program)) > (await modifiedMs(SOURCE))) return program;
  await mkdir(cacheDir, { recursive: true });
  try {
    await run('cc', ['-O2', '-o', program, SOURCE, '-lrdkafka', '-lpthread']);
  } catch (error) {
    throw new Error('The load generator needs cc and librdkafka-dev (test/conformance/install.sh system)', {
      cause: error,
    });
  }
  return program;
}

let program: Promise<string> | undefined;

/** Runs one mode of the generator (see load.c), which it compiles first if need be. */
export async function load(mode: string, ...args: ReadonlyArray<string | number>): Promise<Figures> {
  program ??= build();
  return JSON.parse(await run(await program, [mode, ...args.map(String)])) as Figures;
}
