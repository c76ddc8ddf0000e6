/** A program in another language with clients of its own, driven line by line: `REQUEST OBJECT COMMAND ARGUMENT...`. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type Settings = Readonly<Record<string, string | number>>;

export const toArguments = (settings: Settings): string[] =>
  Object.entries(settings).map(([name, value]) => `${name}=${value}`);

/** One line out, one line back. */
export class Bridge {
  readonly #command: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #open = new Map<number, PromiseWithResolvers<string>>();
  readonly #ended: Promise<unknown>;
  #requests = 0;
  #noise = '';
  #hasEnded = false;

  constructor(command: string, args: readonly string[]) {
    this.#command = command;
    this.#child = spawn(command, args, { stdio: 'pipe' });
    this.#ended = once(this.#child, 'close');
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#noise = (this.#noise + chunk.toString()).slice(-4096)));
    this.#child.on('close', (code, signal) => {
      this.#hasEnded = true;
      this.#noise += ` (${signal ?? code})`;
      for (const { reject } of this.#open.values()) reject(this.#endedError());
      this.#open.clear();
    });
    // Whoever writes to a process that is gone learns of it by its end.
    this.#child.stdin.on('error', () => undefined);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const [, request, outcome, rest] = /^(\d+) (ok|fail) ?(.*)$/.exec(line) ?? [];
      const waiting = this.#open.get(Number(request));
      this.#open.delete(Number(request));
      if (outcome === 'ok') waiting?.resolve(rest ?? '');
      else waiting?.reject(new Error(rest));
    });
  }

  /** @throws Error when the process is gone, or ends before it answers */
  call(object: string, command: string, args: readonly string[] = []): Promise<string> {
    if (this.#hasEnded) return Promise.reject(this.#endedError());
    const request = ++this.#requests;
    const answer = Promise.withResolvers<string>();
    this.#open.set(request, answer);
    this.#child.stdin.write(`${[request, object, command, ...args].join(' ')}\n`);
    return answer.promise;
  }

  #endedError(): Error {
    return new Error(`${this.#command} ended: ${this.#noise}`);
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
