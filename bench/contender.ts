/** A broker under measurement: one that this program starts, or one that runs already. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BrokerProcess, cacheDir } from '../test/support/broker-process.ts';

/** Clock ticks a second in /proc/PID/stat. */
const TICKS_PER_SECOND = 100;

export interface Contender extends AsyncDisposable {
  readonly name: string;
  readonly bootstrap: string;
  /** Its process, or null when it runs elsewhere: then nothing is known of its CPU and memory. */
  readonly pid: number | null;
}

/** CPU seconds, user and system, that a process has used; NaN without a process. */
export function cpuSeconds({ pid }: Contender): number {
  if (pid === null) return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in MB (10^6 bytes); NaN without a process. */
export function residentMegabytes({ pid }: Contender): number {
  if (pid === null) return Number.NaN;
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return (Number(match?.[1]) * 1024) / 1e6;
}

/** As production would start it: 1 GB of heap and G1. */
const KAFKA_JVM = ['-Xms1g', '-Xmx1g', '-XX:+UseG1GC'];

const BUILT = join(import.meta.dirname, '../dist/src/main.js');

/** Whether real Kafka can be started here: Java, and its jars from the conformance suite's install script. */
export function hasKafka(): boolean {
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
  } catch {
    return false;
  }
  return existsSync(join(cacheDir, 'kafka'));
}

async function start(name: 'walka' | 'kafka', settings: Record<string, string>): Promise<Contender> {
  const broker = await BrokerProcess.start({
    target: name,
    settings,
    ...(name === 'kafka' ? { javaOptions: KAFKA_JVM } : {}),
    ...(name === 'walka' && existsSync(BUILT) ? { program: BUILT } : {}),
  });
  const { bootstrap, pid } = broker;
  return { name, bootstrap, pid, [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() };
}

/** Starts a fresh broker of each kind that this machine has. */
export async function startContenders(
  names: readonly string[],
  settings: Record<string, string>,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  if (names.includes('walka')) contenders.push(await start('walka', settings));
  if (names.includes('kafka')) contenders.push(await start('kafka', settings));
  return contenders;
}

/** A broker that runs already, from `name=host:port` or, to measure its process here, `name=host:port@pid`. */
export function runningContender(text: string): Contender {
  const match = /^([^=]+)=([^@]+:\d+)(?:@(\d+))?$/.exec(text);
  if (match === null) throw new Error(`--target takes name=host:port or name=host:port@pid, not ${text}`);
  const [, name = '', bootstrap = '', pid] = match;
  return { name, bootstrap, pid: pid === undefined ? null : Number(pid), [Symbol.asyncDispose]: async () => {} };
}
