/** How long a stranger waits for a broker that crowds of clients keep busy. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey } from '../protocol/apis.ts';
import { requestFrame, WireClient } from '../test/support/wire-client.ts';
import { load } from './load-generator.ts';
import type { Figures, Sizes } from './measures.ts';
import type { RunningBroker } from './targets.ts';

const READERS = 200;
const READER_MEGABYTES = 50;
const FLOOD_CONNECTIONS = 50;
/** Long enough for everybody in a crowd to have begun. */
const CROWD_MS = 1000;
const VISIT_EVERY_MS = 20;

/** Connects, asks for the versions and the metadata of no topic, and leaves. Gives how long that took in ms. */
export async function visit(port: number): Promise<number> {
  const begin = performance.now();
  const client = await WireClient.open(port);
  client.send(requestFrame(ApiKey.ApiVersions, 0, 1));
  await client.next();
  client.send(requestFrame(ApiKey.Metadata, 1, 2, Buffer.from([0, 0, 0, 0])));
  await client.next();
  client.close();
  return performance.now() - begin;
}

async function longestVisit(port: number, seconds: number, crowd: readonly string[]): Promise<number> {
  const program = join(import.meta.dirname, 'load/crowd.ts');
  const child = spawn(process.execPath, [program, ...crowd], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  await delay(CROWD_MS);
  let longest = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await delay(VISIT_EVERY_MS)) {
    longest = Math.max(longest, await visit(port));
  }
  child.kill('SIGKILL');
  await exited;
  return longest;
}

export async function crowds({ bootstrap }: RunningBroker, sizes: Sizes, suffix: string): Promise<Figures> {
  const port = Number(bootstrap.split(':').at(-1));
  const topic = `crowds-${suffix}`;
  await load('create', bootstrap, topic, 1);
  await load('produce', bootstrap, topic, 1, READER_MEGABYTES * 1024, 1024, 'none');
  const readers = ['readers', String(port), topic, String(READERS), String(READER_MEGABYTES)];
  return {
    '200 slow readers, longest visit of a stranger, ms': await longestVisit(port, sizes.crowdSeconds, readers),
    'ApiVersions floods, longest visit of a stranger, ms': await longestVisit(port, sizes.crowdSeconds, [
      'flood',
      String(port),
      String(FLOOD_CONNECTIONS),
    ]),
  };
}
