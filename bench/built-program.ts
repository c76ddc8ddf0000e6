/** The program as users have it, for scripts that measure it from a checkout. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const PROGRAM = join(root, 'dist/main.cjs');
/** What it is made of, and by. */
const SOURCES = ['src', 'protocol', 'bench', 'build.ts', 'package.json'];

/** When anything in it changed last, files that are gone included; what is generated is made of the others. */
function changedMs(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  const names = readdirSync(path).filter((name) => name !== 'generated');
  return names.reduce((newestMs, name) => Math.max(newestMs, changedMs(join(path, name))), stats.mtimeMs);
}

/** `dist/main.cjs`; built if it is missing, or older than what it is made of. */
export function builtProgram(): string {
  const builtMs = existsSync(PROGRAM) ? statSync(PROGRAM).mtimeMs : 0;
  if (SOURCES.some((source) => changedMs(join(root, source)) > builtMs)) {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return PROGRAM;
}
