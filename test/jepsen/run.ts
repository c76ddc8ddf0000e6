/**
 * `npm run test:jepsen -- [options]`: runs against a broker that is killed, paused and restarted, and checks their
 * histories.
 *
 *   --minutes N           how long each client runs (default 1)
 *   --seed N              of the deeds and the work (default from the clock); repeats the schedule, not its timing
 *   --workload NAME       log (default) or share: what is written is read by a share group
 *   --client NAME         kafkajs, confluent or java; may be repeated (default all that can do the workload)
 *   --group-protocol P    classic (default) or consumer
 *   --transaction-version N   level of the feature transaction.version (default 2, the newest)
 *   --kafka               against Apache Kafka 4.4.0: is it the program or the broker?
 *   --override k=v        a setting of the broker; may be repeated
 *   --history FILE        where the history goes as JSON (default: to the temporary files, when something is wrong)
 *   --check FILE          only checks a history that was written before
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptOptions } from '../../bench/script-options.ts';
import { check } from './checker.ts';
import type { History } from './history.ts';
import { type ClientName, jepsen, type JepsenReport, type WorkloadName } from './jepsen.ts';

const values = scriptOptions(import.meta.filename, {
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    workload: { type: 'string', default: 'log' },
    client: { type: 'string', multiple: true },
    'group-protocol': { type: 'string', default: 'classic' },
    'transaction-version': { type: 'string' },
    kafka: { type: 'boolean', default: false },
    override: { type: 'string', multiple: true, default: [] },
    history: { type: 'string' },
    check: { type: 'string' },
  },
});

const CLIENTS_OF: Readonly<Record<WorkloadName, readonly ClientName[]>> = {
  log: ['kafkajs', 'confluent', 'java'],
  share: ['confluent', 'java'],
};

function print(client: string, seed: number, report: JepsenReport): boolean {
  const { anomalies, stuck, deeds, counts, errors, history, brokerLog } = report;
  console.log(`${client}, seed ${seed}: ${JSON.stringify(counts)}\n  the broker: ${deeds.join(', ')}`);
  for (const [error, count] of Object.entries(errors).slice(0, 12)) console.log(`  ${count} × ${error}`);
  for (const { kind, detail } of anomalies) console.log(`  ANOMALY ${kind}: ${detail}`);
  for (const what of stuck) console.log(`  STUCK ${what}`);
  const isClean = anomalies.length === 0 && stuck.length === 0;
  const file = values.history ?? (isClean ? undefined : join(tmpdir(), `jepsen-${client}-${seed}.json`));
  if (file !== undefined) {
    writeFileSync(file, JSON.stringify(history));
    console.log(`  history: ${file}`);
  }
  if (!isClean) console.log(brokerLog.slice(-4000));
  return isClean;
}

function checkFile(file: string): boolean {
  const anomalies = check(JSON.parse(readFileSync(file, 'utf8')) as History);
  for (const { kind, detail } of anomalies) console.log(`ANOMALY ${kind}: ${detail}`);
  return anomalies.length === 0;
}

async function runAll(): Promise<boolean> {
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const settings = Object.fromEntries(values.override.map((text) => text.split(/=(.*)/s).slice(0, 2)));
  const level = values['transaction-version'];
  let isClean = true;
  const workload: WorkloadName = values.workload === 'share' ? 'share' : 'log';
  for (const client of (values.client as ClientName[] | undefined) ?? CLIENTS_OF[workload]) {
    const report = await jepsen({
      client,
      seed,
      seconds: Number(values.minutes) * 60,
      workload,
      target: values.kafka ? 'kafka' : 'walka',
      groupProtocol: values['group-protocol'] === 'consumer' ? 'consumer' : 'classic',
      ...(level === undefined ? {} : { transactionVersion: Number(level) }),
      settings,
    });
    isClean = print(client, seed, report) && isClean;
  }
  return isClean;
}

const isClean = values.check === undefined ? await runAll() : checkFile(values.check);
// Clients that were given up may still hold connections.
process.exit(isClean ? 0 : 1);
