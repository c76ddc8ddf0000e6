/** One sweep in a process of its own, with `gc` exposed: `node subject.ts SWEEP DIRECTORY full|tiny`. Prints its figures. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { AMOUNTS, subjectIn } from './sweep.ts';
import { SWEEPS } from './sweeps.ts';

const [name, directory = '', amounts = 'full'] = process.argv.slice(2);
const sweep = SWEEPS.find((other) => other.name === name);
if (sweep === undefined) throw new Error(`there is no sweep ${name}`);
const { subject, figures } = subjectIn(
  () => mkdtempSync(join(directory, 'log-')),
  AMOUNTS[amounts as keyof typeof AMOUNTS],
);
await sweep.run(subject);
process.stdout.write(`${JSON.stringify(figures)}\n`);
