/** Builds and calls the load generator, `load/load.c`, a program on librdkafka that drives every broker alike. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../test/support/broker-process.ts';

const execute = promisify(execFile);
const source = join(import.meta.dirname, 'load/load.c');
const program = join(cacheDir, 'bench/load');

/** Compiles the program if it is older than its source. @throws Error that says what to install */
export function buildLoadGenerator(): void {
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return;
  mkdirSync(join(cacheDir, 'bench'), { recursive: true });
  const args = ['-O2', '-o', program, source, '-lrdkafka', '-lpthread'];
  const { status, stderr, error } = spawnSync('gcc', args, { encoding: 'utf8' });
  if (status === 0) return;
  const advice = 'test/conformance/install.sh system';
  throw new Error(`the load generator needs gcc and librdkafka-dev (${advice}):\n${stderr ?? error}`);
}

/** What a mode of the program prints. */
export type LoadResult = Readonly<Record<string, number>>;

/** Runs one mode to its end. @throws Error with what it said */
export async function load(mode: string, ...args: ReadonlyArray<string | number>): Promise<LoadResult> {
  try {
    const { stdout } = await execute(program, [mode, ...args.map(String)], { maxBuffer: 1 << 20 });
    return JSON.parse(stdout) as LoadResult;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    throw new Error(`load ${mode} ${args.join(' ')}: ${said.slice(0, 2000)}`, { cause: error });
  }
}
