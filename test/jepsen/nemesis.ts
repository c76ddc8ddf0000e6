/** Kills, pauses and restarts the broker; what it does when follows from the seed. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/base/random.ts';
import type { BrokerProcess } from '../support/broker-process.ts';
import type { Deed } from './history.ts';

/** Shorter than the clients' timeouts: with a request given up and sent again, Kafka itself may end the next transaction. */
const MAX_PAUSE_MS = 3000;
const MAX_ABSENCE_MS = 1500;
/** Between two deeds: sometimes long enough for groups to come together again, sometimes not. */
const SHORT_QUIET_MS = 2000;
const LONG_QUIET_MS = 10_000;
const MIN_QUIET_MS = 500;

async function pauseFor(broker: BrokerProcess, ms: number): Promise<void> {
  process.kill(broker.pid, 'SIGSTOP');
  try {
    await delay(ms);
  } finally {
    process.kill(broker.pid, 'SIGCONT');
  }
}

const DEEDS: ReadonlyArray<readonly [string, (broker: BrokerProcess, random: Random) => Promise<void>]> = [
  [
    'kill',
    async (broker) => {
      await broker.kill();
      await broker.restart();
    },
  ],
  [
    'kill, restart later',
    async (broker, random) => {
      await broker.kill();
      await delay(random.int(MAX_ABSENCE_MS));
      await broker.restart();
    },
  ],
  ['pause', (broker, random) => pauseFor(broker, 100 + random.int(MAX_PAUSE_MS))],
  [
    'pause, kill',
    async (broker, random) => {
      process.kill(broker.pid, 'SIGSTOP');
      await delay(random.int(MAX_PAUSE_MS));
      await broker.kill();
      await broker.restart();
    },
  ],
  [
    'stop',
    async (broker) => {
      await broker.stop();
      await broker.restart();
    },
  ],
];

/**
 * Resolves when the broker is up after the last deed.
 *
 * @param untilMs a time of performance.now(): nothing is begun after it
 * @param note told of each deed once it is done
 */
export async function torment(
  broker: BrokerProcess,
  random: Random,
  untilMs: number,
  note: (deed: Deed) => void,
): Promise<void> {
  for (;;) {
    const quietMs = MIN_QUIET_MS + random.int(random.int(2) === 0 ? SHORT_QUIET_MS : LONG_QUIET_MS);
    if (performance.now() + quietMs > untilMs) return;
    await delay(quietMs);
    const [what, deed] = DEEDS[random.int(DEEDS.length)] as (typeof DEEDS)[number];
    const invokedAt = performance.now();
    await deed(broker, random);
    note({ kind: 'deed', what, invokedAt, completedAt: performance.now() });
  }
}
