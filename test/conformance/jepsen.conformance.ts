/** A short run of test/jepsen/ with each client; `npm run test:jepsen` runs as long as it is told. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONFLUENT_NEEDS, CONFLUENT_SHARE_NEEDS } from '../jepsen/clients/confluent.ts';
import { JAVA_NEEDS } from '../jepsen/clients/java.ts';
import { conformanceTarget } from '../support/broker-process.ts';
import { missing } from './client-suite.ts';

const SECONDS = 30;
/** A slow machine may need more time for one restart than a fast one for all of them. */
const LIMIT_MS = 300_000;
const SEED = 7;

const RUNS: ReadonlyArray<{
  readonly client: string;
  /** Of its groups. */
  readonly protocol: 'classic' | 'consumer' | 'share';
  readonly needs: Parameters<typeof missing>[0] | null;
}> = [
  { client: 'kafkajs', protocol: 'classic', needs: null },
  { client: 'confluent', protocol: 'classic', needs: CONFLUENT_NEEDS },
  { client: 'confluent', protocol: 'consumer', needs: CONFLUENT_NEEDS },
  { client: 'java', protocol: 'classic', needs: JAVA_NEEDS },
  { client: 'java', protocol: 'consumer', needs: JAVA_NEEDS },
  { client: 'java', protocol: 'share', needs: JAVA_NEEDS },
  { client: 'confluent', protocol: 'share', needs: CONFLUENT_SHARE_NEEDS },
];

for (const { client, protocol, needs } of RUNS) {
  const skip = needs === null ? false : missing(needs);
  test(`${client} (${protocol} groups) finds no anomaly in ${conformanceTarget} while it is killed and paused`, {
    skip,
    timeout: LIMIT_MS,
  }, async () => {
    const options = [
      '--client',
      client,
      ...(protocol === 'share' ? ['--workload', 'share'] : ['--group-protocol', protocol]),
      '--seed',
      `${SEED}`,
      '--minutes',
      `${SECONDS / 60}`,
    ];
    const target = conformanceTarget === 'kafka' ? ['--kafka'] : [];
    // In a process of its own: clients that were given up keep theirs alive.
    const args = [join(import.meta.dirname, '../jepsen/run.ts'), ...options, ...target];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, `npm run test:jepsen -- ${options.join(' ')}\n${output.slice(-10_000)}`);
    assert.match(output, /"transaction committed":[1-9]/);
    if (protocol === 'share') assert.match(output, /"accept confirmed":[1-9]/);
  });
}
