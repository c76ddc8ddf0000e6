/** Java programs that a test starts: Kafka's tools, and what is built on Kafka's clients. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { cacheDir } from '../support/broker-process.ts';
import type { ClientProgram } from './client-suite.ts';
import { eventually } from './node/scenario-runner.ts';

const TOOL_LIMIT_MS = 180_000;
const MAX_OUTPUT_CHARACTERS = 1 << 22;
const JVM = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

const tools = join(cacheDir, 'tools');
const streams = join(cacheDir, 'streams');
const connect = join(cacheDir, 'connect');

/** Kafka's command-line tools 4.3.1. */
export const TOOLS_NEEDS = { files: [join(tools, 'kafka-tools-4.3.1.jar')], component: 'tools' };
/** Kafka Streams 4.3.1, with the applications of the suite. */
export const STREAMS_NEEDS = { files: [join(streams, 'classes/ExactlyOnceCount.class')], component: 'streams' };
/** Kafka Connect and MirrorMaker 4.3.1. */
export const CONNECT_NEEDS = { files: [join(connect, 'connect-mirror-4.3.1.jar')], component: 'connect' };

/** Their class paths. */
export const TOOLS = [`${tools}/*`];
export const STREAMS = [join(streams, 'classes'), `${streams}/libs/*`];
export const CONNECT = [`${connect}/*`];

/** What runs the scenarios with Kafka's Java clients 4.4.0: a class of the folder java. */
export function javaScenarios(main: string): Pick<ClientProgram, 'command' | 'args' | 'needs'> {
  const classes = join(cacheDir, 'java/classes');
  const classPath = `${classes}:${join(cacheDir, 'java/libs')}/*`;
  return {
    command: 'java',
    args: ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath, main],
    needs: { files: [join(classes, `${main}.class`)], component: 'java' },
  };
}

/** A Java program that runs; `await using` ends it. */
export class JavaProgram implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  /** What it has printed, on either stream. */
  output = '';

  constructor(classPath: readonly string[], main: string, args: readonly string[], options: readonly string[] = []) {
    this.#name = main;
    this.#child = spawn('java', [...JVM, ...options, '-cp', classPath.join(':'), main, ...args], { stdio: 'pipe' });
    const keep = (chunk: Buffer) => {
      this.output = (this.output + chunk.toString()).slice(-MAX_OUTPUT_CHARACTERS);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#closed = once(this.#child, 'close');
  }

  /** Resolves when it has printed this. @throws Error when it ends first, or takes longer */
  async printed(pattern: RegExp, limitMs = TOOL_LIMIT_MS): Promise<void> {
    await eventually(
      `${this.#name} to print ${pattern}`,
      () => {
        if (pattern.test(this.output)) return true;
        assert(this.#child.exitCode === null, `${this.#name} ended with ${this.#child.exitCode}:\n${this.tail}`);
        return undefined;
      },
      limitMs,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.tail}`);
    });
  }

  get tail(): string {
    return this.output.slice(-6000);
  }

  /** Its exit code. */
  async ended(limitMs = TOOL_LIMIT_MS): Promise<number | null> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), limitMs);
    await this.#closed;
    clearTimeout(timer);
    return this.#child.exitCode;
  }

  /** Ends its standard input, with this text. */
  endInput(text = ''): void {
    this.#child.stdin?.end(text);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

export interface Result {
  readonly code: number | null;
  readonly output: string;
}

/** Runs one of Kafka's tools to its end; `input` goes to its standard input. */
export async function tool(name: string, args: readonly string[], input = ''): Promise<Result> {
  await using program = new JavaProgram(TOOLS, name, args, ['-Dlog4j2.level=WARN']);
  program.endInput(input);
  const code = await program.ended();
  return { code, output: program.output };
}

/** Runs many of Kafka's tools in one process, one at a time; `await using` ends it. */
export class ToolServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const program = join(import.meta.dirname, 'java/tools/ToolServer.java');
    const options = [...JVM, '-Dlog4j2.level=OFF', '-cp', TOOLS.join(':'), program];
    this.#child = spawn('java', options, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout as Readable })[Symbol.asyncIterator]();
  }

  async run(name: string, args: readonly string[], input = ''): Promise<Result> {
    const words = [name, ...args, input].map((word) => Buffer.from(word).toString('base64') || '-');
    this.#child.stdin?.write(`${words.join(' ')}\n`);
    const { value } = await this.#lines.next();
    assert(typeof value === 'string', `no answer to ${name} ${args.join(' ')}`);
    const [code, output = ''] = value.split(' ');
    return { code: Number(code), output: Buffer.from(output, 'base64').toString() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'close');
  }
}

/** As `tool`, for a call that must succeed. */
export async function succeed(name: string, args: readonly string[], input = ''): Promise<string> {
  const { code, output } = await tool(name, args, input);
  assert.equal(code, 0, `${name} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

/** Writes a file of properties and gives its path. */
export async function propertiesFile(path: string, settings: Readonly<Record<string, string>>): Promise<string> {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path, lines.join(''));
  return path;
}
