/** Commands run in the test's own process, against a broker in it: quicker than a process each. */
import { Readable, Writable } from 'node:stream';
import { systemClock } from '../../src/base/clock.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import type { CommandContext } from '../../src/cli/context.ts';
import { Output } from '../../src/cli/output.ts';
import { execute } from '../../src/cli/program.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function collector(chunks: Buffer[]): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
}

/** Runs `walka args` with what standard input has; `env` says where the broker is. */
export async function ran(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input: string | Buffer = '',
): Promise<Ran> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const context: CommandContext = {
    version: '0.0.0',
    env,
    clock: systemClock,
    input: Readable.from(input.length === 0 ? [] : [Buffer.from(input)]),
    output: new Output(collector(out), collector(err), env),
    exitCode: 0,
  };
  let code: number;
  try {
    code = await execute(args, context);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    err.push(Buffer.from(`walka: ${error.message}\n`));
    code = 1;
  }
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

/** `walka` against the broker at a port of this machine. */
export function walkaAt(port: number): (args: string, input?: string | Buffer) => Promise<Ran> {
  const env = { WALKA_BOOTSTRAP_SERVERS: `127.0.0.1:${port}`, NO_COLOR: '1' };
  // Words are parted by blanks; what has blanks of its own stands in single quotes.
  return (args, input) => {
    const words = Array.from(args.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '');
    return ran(words, env, input);
  };
}
