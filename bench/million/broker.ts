/** A broker in a process of its own that tells of its event loop and its memory. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Probe } from './probe.ts';

const PROBE = join(import.meta.dirname, 'probe.ts');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export class ProbedBroker implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#process = child;
  }

  /** Starts one; it may not answer yet. */
  static async start(program: string, args: readonly string[]): Promise<ProbedBroker> {
    const port = await freePort();
    const output = process.env['BROKER_OUTPUT'];
    const child = fork(program, ['--listen', `127.0.0.1:${port}`, ...args], {
      execArgv: ['--expose-gc', '--import', PROBE, ...(process.env['BROKER_ARGS']?.split(' ') ?? [])],
      env: { ...process.env, WALKA_PROBE: '1' },
      stdio: ['ignore', output === undefined ? 'ignore' : openSync(output, 'a'), 'inherit', 'ipc'],
    });
    return new ProbedBroker(port, child);
  }

  /** A connection, as soon as there can be one. */
  async connect(): Promise<WireClient> {
    for (;;) {
      if (this.#process.exitCode !== null) throw new Error('the broker has ended');
      try {
        return await WireClient.open(this.port);
      } catch {
        await delay(2);
      }
    }
  }

  /** What happened since the last call. */
  async probe(): Promise<Probe> {
    const answer = once(this.#process, 'message');
    this.#process.send('probe');
    const [probe] = (await answer) as [Probe];
    await delay(30);
    return probe;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
