/** Where `load/main.ts` lies: in the repository, or as a bundle beside the others. */
import { join } from 'node:path';

const isSource = import.meta.filename.endsWith('.ts');

export const LOAD_PROGRAM = join(import.meta.dirname, isSource ? '../load/main.ts' : 'bench-load.cjs');
