/**
 * `npm run bench`: the built Walka beside Apache Kafka 4.4 (where Java and its jars are there) and beside any broker that
 * runs already.
 *
 *   --target name=host:port   a broker that runs already; may be repeated
 *   --without-kafka           do not start Kafka
 *   --rounds N                default 3; the table has medians
 *   --records N               records of 1 KiB in each throughput measure, default 2,000,000
 *   --seconds N               open-loop load, default 10
 *   --memory-gb N             data before the memory is taken, default 5; 0 leaves it out
 *   --connections N           idle connections, default 10,000; 0 leaves them out
 *   --set key=value           a setting for Walka; may be repeated
 *
 * Every round starts fresh brokers, one after the other; clients run in processes of their own on the same cores.
 * Walka acknowledges after the write to the operating system (durability `os`), as Kafka does.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as measures from './measures.ts';
import { describeMachine } from './process-stats.ts';
import { table } from './report.ts';
import { external, kafka, type Target, walka } from './targets.ts';

const { values: flags } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: [] },
    'without-kafka': { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    records: { type: 'string', default: '2000000' },
    seconds: { type: 'string', default: '10' },
    'memory-gb': { type: 'string', default: '5' },
    connections: { type: 'string', default: '10000' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const sizes: measures.Sizes = {
  records: Number(flags.records),
  roundTrips: 5000,
  openLoopSeconds: Number(flags.seconds),
  memoryGb: Number(flags['memory-gb']),
  idleConnections: Number(flags.connections),
};

/** All measures on one fresh broker. Memory after much data comes before what would grow it in other ways. */
async function measure(target: Target, suffix: string): Promise<measures.Figures> {
  await using broker = await target.start();
  const figures: measures.Figures = {};
  const add = (more: measures.Figures): void => {
    Object.assign(figures, more);
    for (const [name, value] of Object.entries(more)) console.error(`${target.name}: ${name}: ${value.toFixed(2)}`);
  };
  add(await measures.startTime(broker));
  add(await measures.idleMemory(broker));
  add(await measures.roundTrip(broker, sizes, suffix));
  add(await measures.openLoop(broker, sizes, suffix));
  add(await measures.throughput(broker, sizes, suffix));
  add(await measures.loadedMemory(broker, sizes));
  return figures;
}

/** On a broker of its own, so that nothing else is in its memory. */
async function measureIdleConnections(target: Target): Promise<measures.Figures> {
  await using broker = await target.start();
  return measures.idleConnections(broker, sizes);
}

function targets(directory: string): Target[] {
  const settings = Object.fromEntries(flags.set.map((text) => text.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const found: Target[] = [walka(directory, settings)];
  if (!flags['without-kafka']) {
    const rival = hasJava() ? kafka(directory) : undefined;
    if (rival === undefined)
      console.error('*** Kafka is not measured: no Java, or run test/conformance/install.sh kafka');
    else found.push(rival);
  }
  return [...found, ...flags.target.map(external)];
}

function hasJava(): boolean {
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const directory = await mkdtemp(join(tmpdir(), 'walka-bench-'));
const rounds = new Map<string, measures.Figures[]>();
try {
  for (let round = 1; round <= Number(flags.rounds); round++) {
    for (const target of targets(directory)) {
      console.error(`-- round ${round}: ${target.name}`);
      const figures = await measure(target, `${round}-${process.pid}`);
      if (round === 1) Object.assign(figures, await measureIdleConnections(target));
      rounds.set(target.name, [...(rounds.get(target.name) ?? []), figures]);
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
console.log(`${table(rounds)}\n\nMedian of ${flags.rounds} rounds; durability \`os\`; ${describeMachine()}.`);
