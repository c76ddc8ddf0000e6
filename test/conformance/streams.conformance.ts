/**
 * Kafka Streams 4.3.1 counts words as a streams group (KIP-1071): instances join and leave, the broker is killed and
 * started again meanwhile. Exactly once, each count is written once.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { BrokerProcess, cacheDir } from '../support/broker-process.ts';
import { missing } from './client-suite.ts';

const LIMIT_MS = 900_000;
const classes = join(cacheDir, 'streams/classes');
const java = [
  '-Xmx384m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-cp',
  `${classes}:${join(cacheDir, 'streams/libs')}/*`,
];
const skip = missing({ files: [join(classes, 'WordCount.class')], component: 'streams' });

for (const guarantee of ['at_least_once', 'exactly_once_v2']) {
  test(`Kafka Streams counts words ${guarantee}`, { skip, timeout: LIMIT_MS }, async () => {
    await using broker = await BrokerProcess.start();
    const args = ['WordCount', broker.bootstrap, guarantee, broker.directory];
    const child = spawn('java', [...java, ...args], { stdio: 'pipe' });
    let noise = '';
    child.stderr.on('data', (chunk: Buffer) => (noise = (noise + chunk.toString()).slice(-8192)));
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async (): Promise<string> => {
        const { value, done } = await lines.next();
        assert.ok(done !== true, `the program ended early:\n${noise}`);
        return value;
      };
      assert.equal(await next(), 'one instance: counted');
      // While it waits for the line, and the members for their next heartbeat.
      await broker.kill();
      await broker.restart();
      child.stdin.write('\n');
      assert.equal(await next(), 'two instances: counted');
      child.stdin.write('\n');
      await delay(300);
      await broker.kill();
      await broker.restart();
      assert.equal(await next(), 'across a restart: counted');
      child.stdin.write('\n');
      assert.equal(await next(), 'one instance left: counted');
    } finally {
      child.kill('SIGKILL');
    }
  });
}
