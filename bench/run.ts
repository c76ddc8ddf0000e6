/**
 * `npm run bench`: Walka beside Apache Kafka (where Java and its jars are there) and beside any broker that runs.
 *
 *   --target name=host:port[@pid]   a broker that runs already; may be repeated
 *   --without-kafka                 do not start Kafka
 *   --rounds N                      default 3; the table has medians
 *   --records N                     records of 1 KiB a bulk run, default 1,000,000
 *   --seconds N                     open-loop load, default 10
 *   --only TEXT                     measurements whose title contains it (consuming needs producing)
 *
 * Clients run in processes of their own, on the same cores as the brokers. Walka acknowledges after the write to the
 * operating system (durability `os`), as Kafka does.
 */
import { parseArgs } from 'node:util';
import { type Contender, hasKafka, runningContender, startContenders } from './contender.ts';
import { buildLoadGenerator } from './load-generator.ts';
import { type Measurement, measurements } from './measurements.ts';
import { machine, type Result, table } from './report.ts';

const { values: flags } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: [] },
    'without-kafka': { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    records: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
  },
});

async function measure(contender: Contender, chosen: readonly Measurement[], round: number): Promise<Result[]> {
  const settings = { program, records: Number(flags.records), seconds: Number(flags.seconds) };
  const results: Result[] = [];
  for (const measurement of chosen) {
    const figures = await measurement.run(contender, settings, round);
    const shown = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    console.error(`round ${round}, ${contender.name}, ${measurement.title}: ${shown.join(', ')}`);
    results.push({ measurement: measurement.title, broker: contender.name, rounds: [figures] });
  }
  return results;
}

const program = await buildLoadGenerator();
const names = ['walka', ...(flags['without-kafka'] ? [] : ['kafka'])];
if (names.includes('kafka') && !hasKafka()) {
  console.error('*** Kafka is not measured: it needs Java and `test/conformance/install.sh kafka` ***');
  names.pop();
}
const chosen = measurements.filter(({ title }) => title.includes(flags.only));
const all: Result[] = [];
for (let round = 1; round <= Number(flags.rounds); round++) {
  // Fresh brokers every round, one at a time: an idle neighbour still costs its share of the caches.
  for (const name of names) {
    await using started = new AsyncDisposableStack();
    for (const contender of await startContenders([name], {})) {
      started.use(contender);
      all.push(...(await measure(contender, chosen, round)));
    }
  }
  for (const text of flags.target) all.push(...(await measure(runningContender(text), chosen, round)));
}
const merged = [...Map.groupBy(all, ({ measurement, broker }) => `${measurement}\n${broker}`).values()].map(
  (group) => ({
    measurement: group[0]?.measurement ?? '',
    broker: group[0]?.broker ?? '',
    rounds: group.flatMap(({ rounds }) => rounds),
  }),
);
console.log(`${table(merged)}\n\nMedian of ${flags.rounds} rounds; durability os; ${machine()}.`);
