/**
 * The engine under measurement, of this checkout or an older one: `node subject.ts ROOT MEASURE DIRECTORY SIZES` runs one
 * measure in a process of its own and prints its figures as JSON.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BenchStream } from './appends.ts';
import type { Durability, OpenOptions, Subject, SubjectEngine, SubjectLog, SubjectStream } from './measure.ts';
import { MEASURES } from './measures/index.ts';
import type { Sizes } from './sizes.ts';

/** The first of these files that the checkout has, or undefined. */
function fileOf(root: string, ...paths: string[]): string | undefined {
  const found = paths.map((path) => join(root, path)).find((path) => existsSync(path));
  return found === undefined ? undefined : pathToFileURL(found).href;
}

/** The engine of a checkout. */
export function subjectOf(root: string, directory: string, sizes: Sizes): Subject {
  const engineFile = fileOf(root, 'src/storage/open-engine.ts', 'src/storage/engine.ts');
  if (engineFile === undefined) throw new Error(`${root} is no checkout: it has no src/storage/engine.ts`);
  const logFile = fileOf(root, 'src/wal.ts');
  const open = async (options: OpenOptions): Promise<SubjectEngine> => {
    const { openEngine } = (await import(engineFile)) as {
      readonly openEngine: (options: OpenOptions & { readonly clusterId: string }) => Promise<SubjectEngine>;
    };
    return openEngine({ clusterId: 'bench', ...options });
  };
  const openLog = async (durability: Durability, maxConcurrentWrites?: number): Promise<SubjectLog> => {
    const isInMemory = durability === 'memory';
    if (logFile === undefined) return engineLog(await open({ dataDir: isInMemory ? null : directory, durability }));
    const { WriteAheadLog } = (await import(logFile)) as {
      readonly WriteAheadLog: { open(options: object): Promise<SubjectLog> };
    };
    const limits = maxConcurrentWrites === undefined ? {} : { maxConcurrentWrites };
    return WriteAheadLog.open(isInMemory ? limits : { directory, durability, ...limits });
  };
  return { root, directory, sizes, open, openLog };

  function engineLog(engine: SubjectEngine): SubjectLog {
    const durability = 'os';
    return {
      stream: (id): SubjectStream => new BenchStream(engine, id, durability),
      [Symbol.asyncDispose]: () => engine.close(),
    };
  }
}

if (import.meta.main) {
  const [root = '', name = '', directory = '', sizes = '{}'] = process.argv.slice(2);
  const measure = MEASURES[name];
  if (measure === undefined) throw new Error(`No measure ${name}`);
  const figures = await measure(subjectOf(root, directory, JSON.parse(sizes) as Sizes));
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
