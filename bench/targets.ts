/** The brokers that a run compares: Walka as it is published, Apache Kafka from Maven, and any that runs already. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BrokerProcess, cacheDir } from '../test/support/broker-process.ts';
import { listeningPid } from './process-stats.ts';

/** A broker that is up. */
export interface RunningBroker extends AsyncDisposable {
  readonly bootstrap: string;
  /** Undefined for a broker on another machine. */
  readonly pid: number | undefined;
  /** Undefined for a broker that this run did not start. */
  readonly process: BrokerProcess | undefined;
}

export interface Target {
  readonly name: string;
  start(): Promise<RunningBroker>;
}

const root = join(import.meta.dirname, '..');

function started(name: string, options: Parameters<typeof BrokerProcess.start>[0]): Target {
  return {
    name,
    async start() {
      const broker = await BrokerProcess.start(options);
      return {
        bootstrap: broker.bootstrap,
        get pid() {
          return broker.pid;
        },
        process: broker,
        [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
      };
    },
  };
}

/** The built program in a process of its own. @throws Error when there is none */
export function walka(directory: string, settings: Readonly<Record<string, string>>): Target {
  const program = join(root, 'dist/main.cjs');
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`);
  return started('Walka', { target: 'walka', program, settings, parentDirectory: directory });
}

/** Kafka with the virtual machine options that its own start script uses. */
export function kafka(directory: string): Target | undefined {
  if (!existsSync(join(cacheDir, 'kafka'))) return undefined;
  const javaOptions = [
    '-Xms1g',
    '-Xmx1g',
    '-server',
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
  ];
  return started('Kafka 4.4.0', { target: 'kafka', javaOptions, parentDirectory: directory });
}

/** @param text `name=host:port` */
export function external(text: string): Target {
  const [, name, host, port] = /^([^=]+)=([^:]+):(\d+)$/.exec(text) ?? [];
  if (name === undefined || host === undefined || port === undefined)
    throw new Error(`--target wants name=host:port, not ${text}`);
  const isHere = host === 'localhost' || host.startsWith('127.');
  return {
    name,
    start: () =>
      Promise.resolve({
        bootstrap: `${host}:${port}`,
        pid: isHere ? listeningPid(Number(port)) : undefined,
        process: undefined,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}
