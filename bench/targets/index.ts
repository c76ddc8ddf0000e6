/** The brokers that a run compares: Walka as it is built, Apache Kafka from Maven, and any that runs already. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BrokerProcess, cacheDir } from '../../test/support/broker-process.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { listeningPid } from '../process-stats.ts';
import type { RunningBroker, Target } from './target.ts';

/** Of the repository, or of the package. */
const root = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../..' : '..');

/** As Kafka's own start script has them. */
const JAVA_OPTIONS = [
  '-Xms1g',
  '-Xmx1g',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
];
const KAFKA_VERSION = '4.4.0';

async function running(options: Parameters<typeof BrokerProcess.start>[0]): Promise<RunningBroker> {
  const broker = await BrokerProcess.start(options);
  return {
    host: '127.0.0.1',
    port: broker.port,
    bootstrap: broker.bootstrap,
    get pid() {
      return broker.pid;
    },
    process: broker,
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

/** The version of the package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** The commit of the checkout; of a package there is none. */
export function commitOf(folder = root): { readonly commit?: string } {
  if (!existsSync(join(folder, '.git'))) return {};
  const { stdout, status } = spawnSync('git', ['-C', folder, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  return status === 0 ? { commit: stdout.trim() } : {};
}

/** The program that package.json names, or the sources where it is not built. */
export function walkaProgram(folder = root): string {
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: { walka: string } };
  const built = join(folder, bin.walka);
  return existsSync(built) ? built : join(folder, 'src/main.ts');
}

/** Walka in a process of its own. */
export function walka(name: string, program: string, settings: Readonly<Record<string, string>>): Target {
  const set = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const durability = settings['walka.durability'] ?? 'os';
  return {
    name,
    description:
      `durability \`${durability}\`${durability === 'os' ? ' (synced every 10 ms)' : ''}, ` +
      `${set.length === 0 ? 'default settings' : set.map((line) => `\`${line}\``).join(', ')}` +
      `${program.endsWith('.ts') ? ', from the sources: not built' : ''}`,
    start: (parentDirectory, additions = {}) =>
      running({
        ...additions,
        target: 'walka',
        program,
        settings: { ...settings, ...additions.settings },
        parentDirectory,
      }),
  };
}

/** Apache Kafka with the options of the virtual machine that its own start script uses. */
export const kafka: Target = {
  name: `Kafka ${KAFKA_VERSION}`,
  description: `as it comes, without syncs; ${JAVA_OPTIONS.slice(0, 2).join(' ')}`,
  start: (parentDirectory, additions = {}) =>
    running({ ...additions, target: 'kafka', javaOptions: JAVA_OPTIONS, parentDirectory }),
};

/** Why Kafka cannot be started here; null: it can. */
export function whyNoKafka(): string | null {
  if (existsSync(join(cacheDir, 'kafka'))) return null;
  return `it is not in ${cacheDir}: test/conformance/install.sh kafka brings it (Java, Maven)`;
}

/** @param text `name=host:port` @throws Error when it is none */
export function external(text: string): Target {
  const [, name, host, portText] = /^([^=]+)=([^:]+):(\d+)$/.exec(text) ?? [];
  if (name === undefined || host === undefined || portText === undefined) {
    throw new ConfigError(`--target wants name=host:port, not ${text}`);
  }
  const port = Number(portText);
  const isHere = host === 'localhost' || host.startsWith('127.');
  return {
    name,
    description: `at ${host}:${port}, as it ran already`,
    start: () =>
      Promise.resolve({
        host,
        port,
        bootstrap: `${host}:${port}`,
        pid: isHere ? listeningPid(port) : undefined,
        process: undefined,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}
