/**
 * The engine under measurement, of this checkout or an older one: `node subject.ts ROOT MEASURE DIRECTORY SIZES` runs one
 * measure in a process of its own and prints its figures as JSON.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OpenOptions, Subject, SubjectEngine } from './measure.ts';
import { MEASURES } from './measures/index.ts';
import type { Sizes } from './sizes.ts';

/** The engine of a checkout. */
export function subjectOf(root: string, directory: string, sizes: Sizes): Subject {
  const module = join(root, 'src/storage/engine.ts');
  if (!existsSync(module)) throw new Error(`${root} is no checkout: it has no src/storage/engine.ts`);
  return {
    root,
    directory,
    sizes,
    async open(options) {
      const { openEngine } = (await import(pathToFileURL(module).href)) as {
        readonly openEngine: (options: OpenOptions & { readonly clusterId: string }) => Promise<SubjectEngine>;
      };
      return openEngine({ clusterId: 'bench', ...options });
    },
  };
}

if (import.meta.main) {
  const [root = '', name = '', directory = '', sizes = '{}'] = process.argv.slice(2);
  const measure = MEASURES[name];
  if (measure === undefined) throw new Error(`No measure ${name}`);
  const figures = await measure(subjectOf(root, directory, JSON.parse(sizes) as Sizes));
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
