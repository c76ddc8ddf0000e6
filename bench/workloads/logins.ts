/** Storms of clients that have to say who they are, and the first of them after a start. */
import { setTimeout as delay } from 'node:timers/promises';
import { loginOptions, visit } from '../load/own/logins.ts';
import { withCpu } from '../measuring.ts';
import { addUser, type SecuredBroker, startSecured, USER } from '../secured.ts';
import type { Bench, Workload } from '../workload.ts';

const AT_ONCE = 8;
const LOOK_EVERY_MS = 2;
/** About what two starts take, and the load's. */
const OVERHEAD_S = 10;

async function storm(bench: Bench): Promise<void> {
  const { broker, generators, sizes, signal } = bench;
  const load = { ...USER, atOnce: AT_ONCE, seconds: sizes.loginSeconds };
  const run = (): ReturnType<typeof generators.own.logins> => generators.own.logins(broker.bootstrap, load, signal);
  // So that no broker is measured while its virtual machine still compiles.
  await run();
  const { result, cpuS } = await withCpu(bench, run);
  const name = 'TLS 1.3 and SCRAM-SHA-256';
  bench.note(name, 'connections/s', 'higher', result.connections / result.seconds);
  bench.note(name, 'connections per broker CPU-s', 'higher', result.connections / cpuS);
}

/** From the start of the program to an answer that only who logged in is given. */
async function firstAnswer(bench: Bench, { bootstrap, caFile, process }: SecuredBroker): Promise<void> {
  const options = loginOptions(caFile, USER);
  const isAnswered = (): Promise<boolean> =>
    visit(bootstrap, options).then(
      () => true,
      () => false,
    );
  // Its own code is warm, and the user is there.
  if (!(await isAnswered())) throw new Error('the user cannot log in');
  await process.stop();
  const began = performance.now();
  const restarted = process.restart();
  while (!(await isAnswered())) await delay(LOOK_EVERY_MS, undefined, { signal: bench.signal });
  bench.note('start to the first answer over SASL_SSL', 'ms', 'lower', performance.now() - began);
  await restarted;
}

export const logins: Workload = {
  name: 'logins',
  title: 'Connections with TLS and SCRAM',
  about:
    `Clients that connect with a whole handshake of TLS 1.3 (P-256), log in by SCRAM-SHA-256 (4,096 iterations), ask once ` +
    `and leave, ${AT_ONCE} at once, after as many that do not count; and how long after the start of the program the ` +
    'first of them has its answer.',
  isLocal: true,
  isThorough: true,
  seconds: ({ loginSeconds }) => 2 * loginSeconds + OVERHEAD_S,
  async run(bench) {
    await using broker = await startSecured(bench, 'SASL_SSL');
    if (broker === null) return bench.leaveOut('logins', 'this run did not start the broker');
    const secured = { ...bench, broker };
    await addUser(secured);
    await storm(secured);
    await firstAnswer(secured, broker);
  },
};
