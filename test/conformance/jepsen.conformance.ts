/** A short run of test/jepsen/ with each client; `npm run test:jepsen` runs as long as it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformanceTarget } from '../support/broker-process.ts';
import { CONFLUENT_NEEDS } from '../jepsen/clients/confluent.ts';
import { JAVA_NEEDS } from '../jepsen/clients/java.ts';
import { type ClientName, jepsen } from '../jepsen/jepsen.ts';
import { missing } from './client-suite.ts';

const SECONDS = 30;
/** A slow machine may need more time between two deeds than a fast one for all of them. */
const LIMIT_MS = 300_000;
const SEED = 7;

const CLIENTS: ReadonlyArray<readonly [ClientName, Parameters<typeof missing>[0] | null]> = [
  ['kafkajs', null],
  ['confluent', CONFLUENT_NEEDS],
  ['java', JAVA_NEEDS],
];

for (const [client, needs] of CLIENTS) {
  const skip = needs === null ? false : missing(needs);
  test(`${client} finds no anomaly in ${conformanceTarget} while it is killed, paused and restarted`, {
    skip,
    timeout: LIMIT_MS,
  }, async () => {
    const { anomalies, stuck, counts, errors, brokerLog } = await jepsen({ client, seed: SEED, seconds: SECONDS });
    const again = `npm run test:jepsen -- --client ${client} --seed ${SEED} --minutes ${SECONDS / 60}`;
    const told = `${again}\n${JSON.stringify({ counts, errors }, null, 2)}\n${brokerLog.slice(-4000)}`;
    assert.deepEqual({ anomalies, stuck }, { anomalies: [], stuck: [] }, told);
    assert((counts['transaction committed'] ?? 0) > 0, told);
  });
}
