/** Generators that are compiled where their compiler and library are: from `bench/load`, into the cache of the clients. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDir } from '../../test/support/broker-process.ts';

const folder = join(import.meta.dirname, '../load');
const built = join(cacheDir, 'bench');
export const javaLibs = join(cacheDir, 'java/libs');

export interface Compiled {
  /** The program, or what tells that it is built. */
  readonly file: string;
  /** Why it cannot be had; null: it is there. */
  readonly why: string | null;
}

/**
 * Compiles what is older than its sources.
 * @param needs what has to be installed for it
 * @param command called in the folder `load`, given the file to make
 */
function compiled(
  name: string,
  sources: readonly string[],
  needs: string,
  command: (file: string) => readonly [string, ...string[]],
): Compiled {
  const file = join(built, name);
  const paths = sources.map((source) => join(folder, source));
  if (!paths.every((path) => existsSync(path))) return { file, why: 'its source is in the repository only' };
  const builtMs = existsSync(file) ? statSync(file).mtimeMs : 0;
  if (paths.every((path) => statSync(path).mtimeMs < builtMs)) return { file, why: null };
  mkdirSync(dirname(file), { recursive: true });
  const [compiler, ...args] = command(file);
  const { status, stderr, error } = spawnSync(compiler, args, { cwd: folder, encoding: 'utf8' });
  if (status === 0) return { file, why: null };
  const said = (stderr ?? '').trim().split('\n')[0] ?? String(error);
  return { file, why: `it needs ${needs} (test/conformance/install.sh system java go): ${error?.message ?? said}` };
}

export function compileLibrdkafka(): Compiled {
  return compiled('load', ['load.c'], 'gcc and librdkafka-dev', (file) => [
    'gcc',
    '-O2',
    '-o',
    file,
    'load.c',
    '-lrdkafka',
    '-lpthread',
  ]);
}

export function compileFranzGo(): Compiled {
  return compiled('franz', ['franz/main.go', 'franz/latency.go'], 'go', (file) => [
    'go',
    'build',
    '-o',
    file,
    './franz',
  ]);
}

export function compileJava(): Compiled {
  return compiled('CoordinatorLoad.class', ['java/CoordinatorLoad.java'], 'javac and the Java clients', () => [
    'javac',
    '-nowarn',
    '-d',
    built,
    '-cp',
    `${javaLibs}/*`,
    'java/CoordinatorLoad.java',
  ]);
}

/** Options of `java` for the class that `compileJava` makes. */
export const JAVA_LOAD = ['-Xmx512m', '-XX:+UseSerialGC', '-cp', `${built}:${javaLibs}/*`, 'CoordinatorLoad'];
