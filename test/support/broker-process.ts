/**
 * A broker in a process of its own: Walka from the sources, or real Apache Kafka 4.4.0 on the same machine. Tests use it
 * to talk over a real socket and to kill the process the hard way.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { claimPort, CONTROLLER_PORT_DISTANCE, type PortClaim } from './port-claims.ts';

export type BrokerTarget = 'walka' | 'kafka';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Where `test/conformance/install.sh` puts what it installs. */
export const cacheDir = process.env['WALKA_CACHE'] ?? join(process.env['HOME'] ?? tmpdir(), '.cache/walka');

/** The broker that the conformance tests run against: `WALKA_CONFORMANCE_TARGET=kafka` turns them to real Kafka. */
export const conformanceTarget: BrokerTarget = process.env['WALKA_CONFORMANCE_TARGET'] === 'kafka' ? 'kafka' : 'walka';

const START_LIMIT_MS = 180_000;
const STOP_LIMIT_MS = 90_000;
const PROBE_INTERVAL_MS = 15;
/** What is kept of the broker's output for the message of a failed start. */
const MAX_LOG_CHARACTERS = 64 * 1024;

export interface BrokerProcessOptions {
  readonly target?: BrokerTarget;
  /** Settings with Kafka's names. */
  readonly settings?: Readonly<Record<string, string>>;
  /** More command-line arguments (Walka only). */
  readonly args?: readonly string[];
  /** Walka's program; default the sources. */
  readonly program?: string;
  /** Options of the virtual machine (Kafka only); the default is small and starts fast. */
  readonly javaOptions?: readonly string[];
  /** Where the broker's folder is made; default the system's folder for temporary files. */
  readonly parentDirectory?: string;
  /** A second listener, CLIENT, of this protocol, at `clientPort`. The test's settings say how it is served. */
  readonly clientProtocol?: 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL';
  /** The protocol of the controller's listener, CONTROLLER, at `controllerPort`. Kafka has one in any case, Walka where this is said. */
  readonly controllerProtocol?: 'PLAINTEXT' | 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL';
}

/** Settings that make either broker start with what a test wants: one node, small internal topics, no waiting. */
const SINGLE_NODE_SETTINGS = {
  'node.id': '1',
  'offsets.topic.num.partitions': '5',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '5',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '3',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
} as const;

/** An ApiVersions v0 request; any broker answers it. */
const PROBE = Buffer.from('0000000e00120000000000010004' + Buffer.from('wait').toString('hex'), 'hex');

/** Whether a Kafka broker answers on this port. */
export function answersApiVersions(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port, host: '127.0.0.1', timeout: 10_000 });
  socket.on('connect', () => socket.write(PROBE));
  socket.once('data', () => resolve(true));
  socket.on('error', () => resolve(false));
  socket.on('timeout', () => resolve(false));
  socket.on('close', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function toProperties(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function kafkaClassPath(): Promise<string> {
  const libs = join(cacheDir, 'kafka');
  if (!existsSync(libs)) throw new Error(`no Kafka in ${libs}: run test/conformance/install.sh kafka`);
  const jars = await readdir(libs);
  return jars.map((jar) => join(libs, jar)).join(':');
}

const SMALL_JVM = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

const LOG4J = `Configuration:
  Appenders: {Console: {name: C, target: SYSTEM_OUT, PatternLayout: {pattern: "[%d] %p %m (%c)%n"}}}
  Loggers: {Root: {level: WARN, AppenderRef: {ref: C}}}
`;

/** A broker in a process of its own; `await using` ends it and removes its data. */
export class BrokerProcess implements AsyncDisposable {
  readonly target: BrokerTarget;
  /** A folder of this broker's own: settings, data, and whatever the test adds. */
  readonly directory: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #options: BrokerProcessOptions;
  readonly #claim: PortClaim;
  readonly #clientClaim: PortClaim | null;
  #child: ChildProcess | undefined;
  /** Until then a process may come that is not in `#child` yet. */
  #spawning: Promise<unknown> = Promise.resolve();
  #exited: Promise<unknown> = Promise.resolve();
  #log = '';

  private constructor(
    claim: PortClaim,
    clientClaim: PortClaim | null,
    directory: string,
    options: BrokerProcessOptions,
  ) {
    this.target = options.target ?? conformanceTarget;
    this.#claim = claim;
    this.#clientClaim = clientClaim;
    this.directory = directory;
    this.#settings = { ...SINGLE_NODE_SETTINGS, ...options.settings };
    this.#options = options;
  }

  /** Starts a broker on an empty directory and a free port; resolves once it answers. */
  static async start(options: BrokerProcessOptions = {}): Promise<BrokerProcess> {
    const directory = await mkdtemp(join(options.parentDirectory ?? tmpdir(), 'walka-broker-'));
    const clientClaim = options.clientProtocol === undefined ? null : await claimPort();
    const broker = new BrokerProcess(await claimPort(), clientClaim, directory, options);
    try {
      if (broker.target === 'kafka') await broker.#formatKafka();
      await broker.restart();
    } catch (error) {
      await broker[Symbol.asyncDispose]();
      throw error;
    }
    return broker;
  }

  /** The broker's also while it does not run. */
  get port(): number {
    return this.#claim.port;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Of the listener CLIENT. @throws Error where there is none */
  get clientPort(): number {
    if (this.#clientClaim === null) throw new Error('the broker was started without a clientProtocol');
    return this.#clientClaim.port;
  }

  /** Of the listener CLIENT. */
  get clientBootstrap(): string {
    return `127.0.0.1:${this.clientPort}`;
  }

  get controllerPort(): number {
    return this.port + CONTROLLER_PORT_DISTANCE;
  }

  /** Of the listener CONTROLLER. */
  get controllerBootstrap(): string {
    return `127.0.0.1:${this.controllerPort}`;
  }

  get #hasController(): boolean {
    return this.target === 'kafka' || this.#options.controllerProtocol !== undefined;
  }

  /** The listeners of both kinds of broker, as settings. */
  get #listeners(): Readonly<Record<string, string>> {
    const { clientProtocol, controllerProtocol = 'PLAINTEXT' } = this.#options;
    const controller = this.#hasController ? [`CONTROLLER://${this.controllerBootstrap}`] : [];
    const client = clientProtocol === undefined ? [] : [`CLIENT://127.0.0.1:${this.clientPort}`];
    const served = [`PLAINTEXT://${this.bootstrap}`, ...client];
    const protocols = ['PLAINTEXT:PLAINTEXT', ...(clientProtocol === undefined ? [] : [`CLIENT:${clientProtocol}`])];
    return {
      listeners: [...served, ...controller].join(','),
      'advertised.listeners': served.join(','),
      'listener.security.protocol.map': [
        ...protocols,
        ...controller.map(() => `CONTROLLER:${controllerProtocol}`),
      ].join(','),
      ...(this.#hasController && { 'controller.listener.names': 'CONTROLLER' }),
    };
  }

  get dataDirectory(): string {
    return join(this.directory, 'data');
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the broker is not running');
    return pid;
  }

  /** The end of what the broker has printed. */
  get log(): string {
    return this.#log;
  }

  /** Starts the broker again on the same directory and port; resolves once it answers. */
  async restart(): Promise<void> {
    const spawning = this.#spawn();
    this.#spawning = spawning.catch(() => undefined);
    const child = await spawning;
    const deadline = performance.now() + START_LIMIT_MS;
    while (!(await answersApiVersions(this.port))) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
        throw new Error(`the ${this.target} broker ended at its start:\n${this.#log}`);
      }
      if (performance.now() > deadline) throw new Error(`the ${this.target} broker did not answer:\n${this.#log}`);
      await delay(PROBE_INTERVAL_MS);
    }
  }

  async #spawn(): Promise<ChildProcess> {
    const [command, args] = this.target === 'kafka' ? await this.#kafkaCommand() : await this.#walkaCommand();
    const child = spawn(command, args, { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#exited = Promise.race([once(child, 'exit'), once(child, 'error')]).catch(() => undefined);
    const keep = (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-MAX_LOG_CHARACTERS);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    return child;
  }

  /** kill -9, also of a broker that is just being started. */
  async kill(): Promise<void> {
    await this.#spawning;
    this.#child?.kill('SIGKILL');
    await this.#exited;
    this.#child = undefined;
  }

  /** SIGTERM; resolves with the exit code, null if it had to be killed. */
  async stop(): Promise<number | null> {
    await this.#spawning;
    const child = this.#child;
    if (child === undefined) return null;
    child.kill('SIGTERM');
    const limit = new AbortController();
    await Promise.race([
      this.#exited,
      delay(STOP_LIMIT_MS, undefined, { signal: limit.signal }).catch(() => undefined),
    ]);
    limit.abort();
    if (child.exitCode === null) await this.kill();
    this.#child = undefined;
    return child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#claim[Symbol.asyncDispose]();
    await this.#clientClaim?.[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #walkaCommand(): Promise<[string, string[]]> {
    const file = join(this.directory, 'walka.properties');
    const { clientProtocol, args = [], program: main = join(root, 'src/main.ts') } = this.#options;
    // Of one listener, the flag says it; the settings may say what is advertised.
    const isAlone = clientProtocol === undefined && !this.#hasController;
    const listen = isAlone ? ['--listen', this.bootstrap] : [];
    const listeners = isAlone ? {} : this.#listeners;
    await writeFile(file, toProperties({ ...listeners, ...this.#settings }));
    return [process.execPath, [main, file, ...listen, '--data-dir', this.dataDirectory, ...args]];
  }

  get #kafkaProperties(): string {
    return join(this.directory, 'kafka.properties');
  }

  async #kafkaCommand(): Promise<[string, string[]]> {
    const options = this.#options.javaOptions ?? SMALL_JVM;
    return [
      'java',
      [
        ...options,
        ...(await this.#kafkaLogging()),
        '-cp',
        await kafkaClassPath(),
        'kafka.Kafka',
        this.#kafkaProperties,
      ],
    ];
  }

  async #kafkaLogging(): Promise<string[]> {
    const file = join(this.directory, 'log4j2.yaml');
    await writeFile(file, LOG4J);
    return [`-Dlog4j2.configurationFile=${file}`];
  }

  async #formatKafka(): Promise<void> {
    await mkdir(this.dataDirectory, { recursive: true });
    await writeFile(
      this.#kafkaProperties,
      toProperties({
        'process.roles': 'broker,controller',
        'controller.quorum.voters': `1@${this.controllerBootstrap}`,
        ...this.#listeners,
        'log.dirs': this.dataDirectory,
        ...this.#settings,
      }),
    );
    const tool = ['kafka.tools.StorageTool', 'format', '-t', '4L6g3nShT-eMCtK--X86sw', '-c', this.#kafkaProperties];
    const args = ['-XX:TieredStopAtLevel=1', ...(await this.#kafkaLogging()), '-cp', await kafkaClassPath(), ...tool];
    const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`kafka-storage format failed:\n${output}`);
  }
}
