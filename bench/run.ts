/** `npm run bench`: the benchmark (command.ts) in a checkout of the repository. */
import { bench } from './command.ts';

try {
  process.exitCode = await bench(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
