/**
 * Builds and calls the load generators, programs that drive every broker alike: `load/load.c` on librdkafka,
 * `load/franz` on franz-go, and `load/java` on Kafka's own clients.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../test/support/broker-process.ts';

const execute = promisify(execFile);
const folder = join(import.meta.dirname, 'load');

interface Generator {
  /** The program, built. */
  readonly program: string;
  readonly sources: readonly string[];
  /** Builds it, called in the folder of the sources. */
  readonly command: readonly [string, ...string[]];
  /** What that needs. */
  readonly needs: string;
}

function generator(
  name: string,
  files: readonly string[],
  needs: string,
  command: (program: string) => string[],
): Generator {
  const program = join(cacheDir, 'bench', name);
  const sources = files.map((file) => join(folder, file));
  return { program, sources, needs, command: command(program) as [string, ...string[]] };
}

const librdkafka = generator('load', ['load.c'], 'gcc and librdkafka-dev', (program) => [
  'gcc',
  '-O2',
  '-o',
  program,
  'load.c',
  '-lrdkafka',
  '-lpthread',
]);
const franzGo = generator('franz', ['franz/main.go', 'franz/latency.go'], 'go', (program) => [
  'go',
  'build',
  '-o',
  program,
  './franz',
]);

const javaLibs = join(cacheDir, 'java/libs');
const javaClasses = join(cacheDir, 'bench');
const javaLoad = generator('CoordinatorLoad.class', ['java/CoordinatorLoad.java'], 'javac and the Java clients', () => [
  'javac',
  '-nowarn',
  '-d',
  javaClasses,
  '-cp',
  `${javaLibs}/*`,
  'java/CoordinatorLoad.java',
]);

/** Compiles the programs that are older than their sources. @throws Error that says what to install */
export function buildLoadGenerators(): void {
  mkdirSync(join(cacheDir, 'bench'), { recursive: true });
  for (const { program, sources, command, needs } of [librdkafka, franzGo, javaLoad]) {
    const builtMs = existsSync(program) ? statSync(program).mtimeMs : 0;
    if (sources.every((source) => statSync(source).mtimeMs < builtMs)) continue;
    const [compiler, ...args] = command;
    const { status, stderr, error } = spawnSync(compiler, args, { cwd: folder, encoding: 'utf8' });
    if (status === 0) continue;
    const advice = 'test/conformance/install.sh system java';
    throw new Error(`this load generator needs ${needs} (${advice}):\n${stderr ?? error}`);
  }
}

/** What a mode of the program prints. */
export type LoadResult = Readonly<Record<string, number>>;

/** Runs one mode of the program on librdkafka to its end. @throws Error with what it said */
export function load(mode: string, ...args: ReadonlyArray<string | number>): Promise<LoadResult> {
  return run(librdkafka.program, mode, args);
}

/** Runs one mode of the program on franz-go to its end. @throws Error with what it said */
export function franz(mode: string, ...args: ReadonlyArray<string | number>): Promise<LoadResult> {
  return run(franzGo.program, mode, args);
}

/** Runs one mode of the program on Kafka's Java clients to its end. @throws Error with what it said */
export function java(mode: string, ...args: ReadonlyArray<string | number>): Promise<LoadResult> {
  const options = ['-Xmx512m', '-XX:+UseSerialGC', '-cp', `${javaClasses}:${javaLibs}/*`, 'CoordinatorLoad'];
  return run('java', mode, args, options);
}

async function run(
  program: string,
  mode: string,
  args: ReadonlyArray<string | number>,
  options: readonly string[] = [],
): Promise<LoadResult> {
  try {
    const { stdout } = await execute(program, [...options, mode, ...args.map(String)], { maxBuffer: 1 << 20 });
    return JSON.parse(stdout) as LoadResult;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    throw new Error(`${basename(program)} ${mode} ${args.join(' ')}: ${said.slice(0, 2000)}`, { cause: error });
  }
}
