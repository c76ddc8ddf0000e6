/** What a script that a developer starts is told: `--help` shows the comment at its head, and so does an unknown option. */
import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The comment that the file begins with. */
export function headOf(file: string): string {
  const comment = /^\/\*\*(.*?)\*\//su.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  return comment.replace(/^ ?\* ?/gmu, '').trim();
}

/** Ends the script, which was told what it cannot do. */
export function refuseOption(file: string, message: string): never {
  process.stderr.write(`${message}\n\n${headOf(file)}\n`);
  process.exit(1);
}

/** Options from the command line, as `parseArgs` gives them. @param file the script, whose head says what they mean */
export function scriptOptions<T extends ParseArgsConfig>(
  file: string,
  config: T,
): ReturnType<typeof parseArgs<T>>['values'] {
  if (process.argv.includes('--help', 2) || process.argv.includes('-h', 2)) {
    process.stdout.write(`${headOf(file)}\n`);
    process.exit(0);
  }
  try {
    return parseArgs(config).values;
  } catch (error) {
    refuseOption(file, (error as Error).message);
  }
}
