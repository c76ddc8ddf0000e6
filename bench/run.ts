/**
 * The benchmark: `npm run bench -- [options]` compares Walka as it is built with Apache Kafka 4.4.0 and any other broker,
 * in one run on the same cores, with clients in processes of their own, and prints a table.
 *
 *   --rounds N            median of N rounds (default 3)
 *   --target name=H:P     a broker that runs already; may be repeated
 *   --without-kafka       leave Kafka out
 *   --override k=v        a setting for Walka; may be repeated
 *   --records N           records of 1 KiB in each throughput measure (default 1,000,000)
 *   --quick               one short round: does it run?
 *   --only PART           start, memory, throughput, large-requests, round-trip, open-loop, franz-round-trip,
 *                         franz-open-loop, transactions, offset-commits, joins, rolling-restart, share, idle-members or connections;
 *                         may be repeated
 *   --directory DIR       where the brokers keep their data (default the system's folder for temporary files)
 *   --json FILE           the medians as JSON
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { joins, offsetCommits, rollingRestart, shareConsumption, transactions } from './coordinators.ts';
import { crowds } from './crowds.ts';
import { idleMembers } from './idle-members.ts';
import { largeRequests } from './large-requests.ts';
import { buildLoadGenerators } from './load-generator.ts';
import * as measure from './measures.ts';
import { describeMachine } from './process-stats.ts';
import { Results } from './report.ts';
import { external, kafka, type RunningBroker, type Target, walka } from './targets.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    target: { type: 'string', multiple: true, default: [] },
    'without-kafka': { type: 'boolean', default: false },
    override: { type: 'string', multiple: true, default: [] },
    records: { type: 'string', default: '1000000' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
  },
});

const rounds = options.quick ? 1 : Number(options.rounds);
const sizes: measure.Sizes = options.quick
  ? {
      records: 100_000,
      roundTrips: 500,
      openLoopSeconds: 2,
      largeSeconds: 1,
      crowdSeconds: 1,
      transactionSeconds: 2,
      members: 10,
      shareRecords: 20_000,
      memoryGb: 0,
      idleConnections: 500,
      groups: 5,
      idleSeconds: 5,
      pagesIn: null,
    }
  : {
      records: Number(options.records),
      roundTrips: 5000,
      openLoopSeconds: 10,
      largeSeconds: 2,
      crowdSeconds: 5,
      transactionSeconds: 10,
      members: 100,
      shareRecords: 500_000,
      memoryGb: 5,
      idleConnections: 10_000,
      groups: 100,
      idleSeconds: 30,
      pagesIn: options.directory,
    };

const overrides = Object.fromEntries(
  options.override.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
);

function targets(): Target[] {
  const rival = options['without-kafka'] ? undefined : kafka(options.directory);
  if (rival === undefined && !options['without-kafka']) {
    process.stderr.write('*** Kafka is left out: test/conformance/install.sh kafka brings it (Java, Maven) ***\n');
  }
  return [
    walka(options.directory, overrides),
    ...(rival === undefined ? [] : [rival]),
    ...options.target.map(external),
  ];
}

type Part = (broker: RunningBroker, suffix: string, isLast: boolean) => Promise<measure.Figures>;

const nothing = (): Promise<measure.Figures> => Promise.resolve({});

const parts: ReadonlyArray<readonly [string, Part]> = [
  ['start', (broker) => measure.startTime(broker)],
  ['memory', (broker) => measure.idleMemory(broker)],
  // First, as it also warms up what follows.
  ['throughput', (broker, suffix) => measure.throughput(broker, sizes, suffix)],
  ['crowds', (broker, suffix) => crowds(broker, sizes, suffix)],
  ['large-requests', (broker, suffix) => largeRequests(broker, sizes, suffix)],
  ['round-trip', (broker, suffix) => measure.roundTrip(broker, sizes, suffix)],
  ['open-loop', (broker, suffix) => measure.openLoop(broker, sizes, suffix)],
  ['franz-round-trip', (broker, suffix) => measure.franzRoundTrip(broker, sizes, suffix)],
  ['franz-open-loop', (broker, suffix) => measure.franzOpenLoop(broker, sizes, suffix)],
  ['transactions', (broker, suffix) => transactions(broker, sizes, suffix)],
  ['offset-commits', (broker, suffix) => offsetCommits(broker, sizes, suffix)],
  ['joins', (broker, suffix) => joins(broker, sizes, suffix)],
  ['rolling-restart', (broker, suffix) => rollingRestart(broker, sizes, suffix)],
  ['share', (broker, suffix) => shareConsumption(broker, sizes, suffix)],
  // Once is enough for these.
  ['idle-members', (broker, _, isLast) => (isLast ? idleMembers(broker, sizes) : nothing())],
  ['memory', (broker, _, isLast) => (isLast ? measure.loadedMemory(broker, sizes) : nothing())],
  ['connections', (broker, _, isLast) => (isLast ? measure.idleConnections(broker, sizes) : nothing())],
];

async function runRound(target: Target, round: number, results: Results): Promise<void> {
  await using broker = await target.start();
  for (const [name, part] of parts) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    const figures = await part(broker, `${process.pid}-${round}`, round === rounds);
    results.add(target.name, figures);
    for (const [figure, value] of Object.entries(figures)) {
      process.stderr.write(`round ${round}, ${target.name}: ${figure}: ${value.toFixed(3)}\n`);
    }
  }
}

buildLoadGenerators();
const all = targets();
const results = new Results(all.map(({ name }) => name));
for (let round = 1; round <= rounds; round++) {
  // Every other round in the other order, so that none always comes first.
  for (const target of round % 2 === 1 ? all : all.toReversed()) {
    await runRound(target, round, results);
  }
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results.medians(), null, 2)}\n`);
process.stdout.write(
  `\n${describeMachine()}\n` +
    `Median of ${rounds} round(s), librdkafka with acks=all on the same machine. Durability: Walka ` +
    `\`${overrides['walka.durability'] ?? 'os'}\`; Kafka as it comes, without fsync.\n\n` +
    `${results.toMarkdown()}\n`,
);
