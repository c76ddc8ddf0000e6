/**
 * `walka/testing`: a broker for the tests of a file, by the hooks of whatever runs them; and one for all files of a run.
 */
import { ConfigError } from '../config/config-error.ts';
import type { Broker } from './broker.ts';
import type { StartBrokerOptions } from './options.ts';
import { startBroker } from './start.ts';

type Hook = (run: () => Promise<void>) => unknown;

/** The hooks of a runner of tests, by its own names: of vitest and jest, or of node:test. */
export interface TestHooks {
  readonly beforeAll?: Hook;
  readonly before?: Hook;
  readonly afterAll?: Hook;
  readonly after?: Hook;
  readonly beforeEach?: Hook;
}

export interface UseBrokerOptions extends StartBrokerOptions {
  /** True: each test finds the broker as it was when it was started (`broker.reset()`). Default false. */
  readonly resetBeforeEach?: boolean | undefined;
}

/** Where the broker of a whole run listens, for its test files. */
const ADDRESS = 'WALKA_BOOTSTRAP_SERVERS';
/** What a run has of its own; setup and teardown may be loaded apart. */
const GLOBAL = Symbol.for('walka.testing');

interface Run {
  [GLOBAL]?: Broker | undefined;
}

/** Those of jest and vitest where they are globals; else those of node:test. @throws ConfigError where jest or vitest has none */
function hooksHere(): TestHooks {
  const globals = globalThis as TestHooks;
  if (typeof globals.beforeAll === 'function') return globals;
  const { VITEST, JEST_WORKER_ID } = process.env;
  const runner = VITEST !== undefined ? 'vitest' : JEST_WORKER_ID !== undefined ? 'jest' : null;
  if (runner !== null) {
    throw new ConfigError(
      `useBroker: ${runner}'s hooks come second: useBroker(options, { beforeAll, afterAll, beforeEach })`,
    );
  }
  return process.getBuiltinModule('node:test') as unknown as TestHooks;
}

/**
 * A broker for the tests of this file: started before the first of them, closed after the last. Call it at the top of
 * the file; what it gives is the broker, and may be used in tests and in hooks that come later.
 *
 * @param hooks the runner's own, where they are no globals: `import { beforeAll, afterAll, beforeEach } from 'vitest'`
 * @throws ConfigError as startBroker, in the hook
 */
export function useBroker(options: UseBrokerOptions = {}, hooks: TestHooks = hooksHere()): Broker {
  const { resetBeforeEach = false, ...startOptions } = options;
  if (resetBeforeEach && (startOptions.from ?? startOptions.dataDir) !== undefined) {
    const what = 'the data that it began with would be gone before the first test';
    throw new ConfigError(`useBroker: resetBeforeEach goes without from and dataDir: ${what}`);
  }
  const start = hooks.beforeAll ?? hooks.before;
  const end = hooks.afterAll ?? hooks.after;
  if (start === undefined || end === undefined || (resetBeforeEach && hooks.beforeEach === undefined)) {
    throw new ConfigError('useBroker: needs hooks to start with, to end with and, to reset, before each test');
  }
  let broker: Broker | null = null;
  start(async () => {
    broker = await startBroker(startOptions);
  });
  end(async () => {
    await broker?.close();
    broker = null;
  });
  if (resetBeforeEach) hooks.beforeEach?.(async () => broker?.reset());
  return new Proxy({} as Broker, {
    get(_, name) {
      if (broker === null)
        throw new Error('The broker of this file is there within its tests, and in hooks after useBroker');
      const value: unknown = Reflect.get(broker, name, broker);
      return typeof value === 'function' ? (value.bind(broker) as unknown) : value;
    },
  });
}

/**
 * One broker for all files of a run: what it gives is the global setup of vitest, jest or node:test. Test files find its
 * address in `process.env.WALKA_BOOTSTRAP_SERVERS`; they run in other processes, so they have clients only.
 */
export function globalSetup(options: StartBrokerOptions = {}): () => Promise<() => Promise<void>> {
  return async () => {
    const broker = await startBroker(options);
    (globalThis as Run)[GLOBAL] = broker;
    process.env[ADDRESS] = broker.bootstrapServers;
    return globalTeardown;
  };
}

/** The global teardown beside `globalSetup`. Vitest needs none: it calls what the setup gave. */
export async function globalTeardown(): Promise<void> {
  const run = globalThis as Run;
  await run[GLOBAL]?.close();
  run[GLOBAL] = undefined;
}
