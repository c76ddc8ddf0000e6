/**
 * Does the broker stay as it is? First 5 GB as fast as it goes, then a steady load of everything for some minutes.
 * Fails when memory after the 5 GB is above its bound, or when anything grows steadily.
 *
 *   node bench/soak/soak.ts [--minutes 10] [--gigabytes 5] [--megabytes-per-second 20] [--port 19092] [--main FILE]
 *
 * Starts `dist/main.cjs`, built anew when it is older than the sources, unless --main says otherwise.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { builtProgram } from '../built-program.ts';
import { scriptOptions } from '../script-options.ts';
import { answersApiVersions } from '../../test/support/broker-process.ts';
import { Load, PARTITIONS } from './load.ts';

const MIB = 1024 * 1024;
const MAX_LOADED_RSS_BYTES = 250_000_000;
/** Growth in ten minutes that may be noise, by what is measured. */
const NOISE = { rss: 25 * MIB, heapUsed: 10 * MIB, external: 25 * MIB, descriptors: 10 } as const;
const PRODUCERS = 8;
const SAMPLE_MS = 1000;

const flags = scriptOptions(import.meta.filename, {
  options: {
    minutes: { type: 'string', default: '10' },
    gigabytes: { type: 'string', default: '5' },
    'megabytes-per-second': { type: 'string', default: '20' },
    port: { type: 'string', default: '19092' },
    main: { type: 'string' },
  },
});

const port = Number(flags.port);
const metricsPort = port + 1;

interface Sample {
  readonly atMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly descriptors: number;
}

function resident(pid: number): number {
  const kilobytes = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+) kB/)?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

async function sample(pid: number): Promise<Sample> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const figure = (name: string): number => Number(text.match(new RegExp(`^${name} (\\S+)`, 'm'))?.[1] ?? Number.NaN);
  return {
    atMs: performance.now(),
    rss: resident(pid),
    heapUsed: figure('nodejs_heap_size_used_bytes'),
    external: figure('nodejs_external_memory_bytes'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** Least-squares slope per ten minutes. */
function growth(samples: readonly Sample[], what: keyof typeof NOISE): number {
  const n = samples.length;
  const meanX = samples.reduce((sum, { atMs }) => sum + atMs, 0) / n;
  const meanY = samples.reduce((sum, each) => sum + each[what], 0) / n;
  let above = 0;
  let below = 0;
  for (const each of samples) {
    above += (each.atMs - meanX) * (each[what] - meanY);
    below += (each.atMs - meanX) ** 2;
  }
  return (above / below) * 600_000;
}

function start(directory: string): ChildProcess {
  const data = ['--data-dir', join(directory, 'data'), '--listen', `127.0.0.1:${port}`];
  const metrics = ['--metrics-port', String(metricsPort), '--override', 'log.retention.check.interval.ms=1000'];
  return spawn(process.execPath, [flags.main ?? builtProgram(), ...data, ...metrics], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const show = (what: string, bytes: number): void => console.log(`${what}: ${(bytes / 1e6).toFixed(1)} MB`);

async function run(pid: number): Promise<boolean> {
  let isWell = true;
  await delay(3000);
  show('resident when idle', resident(pid));

  const flood = new Load(port);
  await flood.createTopic();
  const readers = Array.from({ length: PARTITIONS }, (_, partition) => flood.read([partition]));
  const bytes = (Number(flags.gigabytes) * 1e9) / PRODUCERS;
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: PRODUCERS }, (_, number) => flood.produce(number, 0, bytes)));
  const seconds = (performance.now() - startedMs) / 1000;
  flood.stop();
  await Promise.all(readers);
  console.log(`${flood.producedBytes / 1e9} GB produced, ${flood.readBytes / 1e9} GB read in ${seconds.toFixed(1)} s`);
  show('resident after it', resident(pid));
  isWell &&= resident(pid) < MAX_LOADED_RSS_BYTES;

  const load = new Load(port);
  const rate = (Number(flags['megabytes-per-second']) * 1e6) / PRODUCERS;
  const actors = [
    ...Array.from({ length: PRODUCERS }, (_, number) => load.produce(number, rate)),
    load.read([0, 1, 2]),
    load.read([3, 4, 5, 6, 7]),
    load.read([0]),
    load.visit(20),
    load.churn(200),
  ];
  const samples: Sample[] = [];
  const endMs = performance.now() + Number(flags.minutes) * 60_000;
  while (performance.now() < endMs) {
    samples.push(await sample(pid));
    await delay(SAMPLE_MS);
  }
  load.stop();
  await Promise.all(actors);
  const { commits, connections, topicChanges } = load;
  console.log(`steady: ${JSON.stringify({ samples: samples.length, commits, connections, topicChanges })}`);
  // The first third is warm-up.
  const settled = samples.slice(Math.floor(samples.length / 3));
  for (const what of ['rss', 'heapUsed', 'external', 'descriptors'] as const) {
    const grown = growth(settled, what);
    const grows = grown > NOISE[what];
    const [first, last] = [settled[0], settled.at(-1)];
    const shown = what === 'descriptors' ? grown.toFixed(1) : `${(grown / 1e6).toFixed(1)} MB`;
    console.log(`${what}: ${first?.[what]} → ${last?.[what]}, ${shown} in ten minutes${grows ? ': GROWS' : ''}`);
    isWell &&= !grows;
  }
  return isWell;
}

const directory = mkdtempSync(join(tmpdir(), 'walka-soak-'));
const broker = start(directory);
try {
  while (!(await answersApiVersions(port))) await delay(20);
  process.exitCode = (await run(broker.pid as number)) ? 0 : 1;
} finally {
  const exited = once(broker, 'exit');
  broker.kill('SIGTERM');
  await exited;
  rmSync(directory, { recursive: true, force: true });
}
