/**
 * What members of groups cost that have nothing to do: memory, and CPU for their heartbeats. Beside it what as many
 * requests on as many connections cost a server on Node that does nothing but answer.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Figures, Sizes } from './measures.ts';
import { cpuSeconds, residentMiB } from './process-stats.ts';
import type { RunningBroker } from './targets.ts';

const SETTLE_MS = 3000;
const MEMBERS_A_GROUP = 100;

/** A program of the folder `load` that prints a line for each thing it has done. */
class Talking implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #lines: Interface;

  constructor(program: string, args: ReadonlyArray<string | number> = []) {
    const file = join(import.meta.dirname, 'load', program);
    const child = spawn(process.execPath, [file, ...args.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child = child;
    this.#lines = createInterface({ input: child.stdout });
  }

  /** The next line. @throws Error when the program ends instead */
  async line(): Promise<string> {
    const ended = once(this.child, 'exit').then(() => Promise.reject(new Error(`${this.child.spawnargs[1]} ended`)));
    const [line] = (await Promise.race([once(this.#lines, 'line'), ended])) as [string];
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

interface Cost {
  /** Memory for the connections, in MiB. */
  readonly connectionsMiB: number;
  /** Memory for what comes on top of them, in MiB. */
  readonly membersMiB: number;
  /** Part of one core. */
  readonly share: number;
}

async function costOf(pid: number, port: number, protocol: string, sizes: Sizes): Promise<Cost> {
  const emptyMiB = residentMiB(pid);
  await using crowd = new Talking('members.ts', [port, protocol, sizes.groups, MEMBERS_A_GROUP]);
  await crowd.line();
  await delay(SETTLE_MS);
  const connectedMiB = residentMiB(pid);
  crowd.goOn();
  await crowd.line();
  await delay(SETTLE_MS);
  const beforeS = cpuSeconds(pid);
  const began = performance.now();
  await delay(sizes.idleSeconds * 1000);
  const share = (cpuSeconds(pid) - beforeS) / ((performance.now() - began) / 1000);
  return { connectionsMiB: connectedMiB - emptyMiB, membersMiB: residentMiB(pid) - connectedMiB, share };
}

/** Restarts the broker, so that its memory is that of one that just came up. */
export async function idleMembers(broker: RunningBroker, sizes: Sizes): Promise<Figures> {
  if (broker.process === undefined || sizes.groups === 0) return {};
  const figures: Figures = {};
  const note = (name: string, cost: Cost): void => {
    figures[`${name}: memory of their connections, MiB`] = cost.connectionsMiB;
    figures[`${name}: memory on top, MiB`] = cost.membersMiB;
    figures[`${name}: part of a core, %`] = cost.share * 100;
  };
  const count = (sizes.groups * MEMBERS_A_GROUP).toLocaleString('en');
  for (const protocol of ['classic', 'consumer']) {
    await broker.process.stop();
    await broker.process.restart();
    await delay(SETTLE_MS);
    note(`${count} idle ${protocol} members`, await costOf(broker.process.pid, broker.process.port, protocol, sizes));
  }
  await using bare = new Talking('bare-server.ts');
  const port = Number(await bare.line());
  await delay(SETTLE_MS);
  note(`${count} connections to a bare server`, await costOf(bare.child.pid ?? 0, port, 'bare', sizes));
  return figures;
}
