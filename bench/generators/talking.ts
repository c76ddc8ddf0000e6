/** The modes of `load/main.ts` that go on until they are ended, and print a line for each thing they have done. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { LOAD_PROGRAM } from './load-program.ts';

export class Talking implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #lines: Interface;

  /** @param mode of `load/main.ts` */
  constructor(mode: string, args: ReadonlyArray<string | number> = []) {
    const child = spawn(process.execPath, [LOAD_PROGRAM, mode, ...args.map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child = child;
    this.#lines = createInterface({ input: child.stdout });
  }

  /** The next line. @throws Error when the program ends instead, or `signal` says so */
  async line(signal: AbortSignal): Promise<string> {
    const ended = once(this.child, 'exit').then(() => Promise.reject(new Error(`${this.child.spawnargs[1]} ended`)));
    const [line] = (await Promise.race([once(this.#lines, 'line', { signal }), ended])) as [string];
    return line;
  }

  goOn(): void {
    this.child.stdin?.write('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
