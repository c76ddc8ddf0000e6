/** Runs a program to its end. */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Gives what it printed. It is ended when `signal` says so. @throws Error with what it said */
export async function runProgram(
  program: string,
  args: ReadonlyArray<string | number>,
  signal: AbortSignal,
): Promise<string> {
  try {
    const options = { maxBuffer: MAX_OUTPUT_BYTES, signal, killSignal: 'SIGKILL' } as const;
    return (await execute(program, args.map(String), options)).stdout;
  } catch (error) {
    signal.throwIfAborted();
    const { stderr = '', message } = error as Error & { stderr?: string };
    const said = stderr.trim() === '' ? message : stderr.trim();
    // Of a program on Node: the message of what it threw.
    const thrown = /^\w*Error: (.*)$/m.exec(said)?.[1];
    throw new Error(`${basename(program)} ${args.join(' ')}: ${thrown ?? said.slice(-2000)}`, { cause: error });
  }
}

/** The same, for a program that prints one JSON object of numbers. */
export async function runForFigures(
  program: string,
  args: ReadonlyArray<string | number>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  return JSON.parse(await runProgram(program, args, signal)) as Record<string, number>;
}
