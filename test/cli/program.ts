/** The program as a process of its own: started, read and waited for. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const root = join(import.meta.dirname, '../..');
export const mainFile = join(root, 'src/main.ts');

export interface LogLine {
  readonly event: string;
  readonly msg: string;
  readonly clusterId?: string;
  readonly pid?: number;
}

/** Who runs it, where that is not who runs the tests. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** Starts another program the way `program` starts this one. */
export function spawned(
  command: string,
  args: readonly string[],
  directory: string,
  env: Record<string, string> = {},
  user: User = {},
): ChildProcess {
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  return spawn(command, args, { cwd: directory, env: { ...process.env, ...env }, stdio: [...stdio], ...user });
}

/** Starts `walka args` in a directory. */
export function program(directory: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawned(process.execPath, [mainFile, ...args], directory, env);
}

/** Node and the program where any user can read them; without its libraries, which a failed start does not need. */
export function copied(directory: string): { readonly node: string; readonly main: string } {
  for (const part of ['src', 'protocol', 'package.json']) {
    cpSync(join(root, part), join(directory, part), { recursive: true });
  }
  const node = join(directory, 'node');
  copyFileSync(process.execPath, node);
  spawnSync('chmod', ['-R', 'a+rX', directory]);
  return { node, main: join(directory, 'src/main.ts') };
}

/** Waits for the end; gives the exit code and everything printed since the call. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** Reads log lines up to the one that says that the broker serves. */
export async function started(child: ChildProcess): Promise<{ lines: LogLine[]; port: number; pid: number }> {
  const lines: LogLine[] = [];
  assert.ok(child.stdout);
  for await (const text of createInterface({ input: child.stdout })) {
    if (!text.startsWith('{')) continue;
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    if (line.event !== 'started') continue;
    return { lines, port: Number(/127\.0\.0\.1:(\d+)/.exec(line.msg)?.[1]), pid: line.pid ?? 0 };
  }
  assert.fail('the broker did not start');
}
