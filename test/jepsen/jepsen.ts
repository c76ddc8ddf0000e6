/**
 * One run: clients are at work with a broker that is killed, paused and restarted; then all is quiet, everything is read,
 * and the history is checked.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { BrokerProcess, type BrokerTarget, conformanceTarget } from '../support/broker-process.ts';
import { WireClient } from '../support/wire-client.ts';
import { type Anomaly, check } from './checker.ts';
import { type Client, type ClientOptions, HEARTBEAT_MS, SESSION_TIMEOUT_MS } from './clients/client.ts';
import { confluentClient } from './clients/confluent.ts';
import { javaClient } from './clients/java.ts';
import { kafkaJsClient } from './clients/kafkajs.ts';
import { isStable, readPartition } from './final-read.ts';
import { type History, ofKind, type ShareAcknowledgeOperation } from './history.ts';
import { torment } from './nemesis.ts';
import { createTopics, setTransactionVersion } from './prepare.ts';
import { RunState, type Topics } from './run-state.ts';
import { logWorkload } from './workloads/log.ts';
import { shareWorkload } from './workloads/share.ts';
import type { Workload } from './workloads/workload.ts';

export type ClientName = 'kafkajs' | 'confluent' | 'java';

const CLIENTS: Readonly<Record<ClientName, (options: ClientOptions) => Client>> = {
  kafkajs: kafkaJsClient,
  confluent: confluentClient,
  java: javaClient,
};

export type WorkloadName = 'log' | 'share';

const WORKLOADS: Readonly<Record<WorkloadName, Workload>> = { log: logWorkload, share: shareWorkload };

export interface JepsenOptions {
  readonly client: ClientName;
  readonly seed: number;
  readonly seconds: number;
  readonly workload?: WorkloadName;
  readonly target?: BrokerTarget;
  readonly groupProtocol?: 'classic' | 'consumer';
  /** The level of the feature transaction.version; default the broker's. */
  readonly transactionVersion?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface JepsenReport {
  readonly anomalies: readonly Anomaly[];
  /** Workers that did not get on again after the broker was left alone, transactions that never ended. */
  readonly stuck: readonly string[];
  readonly deeds: readonly string[];
  /** Operations by kind and outcome. */
  readonly counts: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly history: History;
  readonly brokerLog: string;
}

const TOPICS: Topics = { log: { name: 'log', partitions: 3 }, copies: { name: 'copies', partitions: 2 } };
/** For every worker to succeed once more, after the last deed. */
const RECOVERY_MS = 45_000;
/** For the broker to end the transactions that nobody ends. */
const STABLE_MS = 30_000;

/** Kafka leaves transactions that time out while it is starting without their markers, so there none may. */
const TRANSACTION_TIMEOUT_MS = { walka: 10_000, kafka: 60_000 };
/** Both brokers look for transactions that took too long every second, and both protocols of groups are as quick. */
const SETTINGS = {
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
  'group.min.session.timeout.ms': String(SESSION_TIMEOUT_MS),
  'group.consumer.min.session.timeout.ms': String(SESSION_TIMEOUT_MS),
  'group.consumer.session.timeout.ms': String(SESSION_TIMEOUT_MS),
  'group.consumer.min.heartbeat.interval.ms': String(HEARTBEAT_MS),
  'group.consumer.heartbeat.interval.ms': String(HEARTBEAT_MS),
  'group.consumer.assignment.interval.ms': '0',
};

/** Waits until everybody has succeeded since now; gives those who have not. */
async function recovered(run: RunState): Promise<string[]> {
  const from = run.now();
  const stuck = () => [...run.successes].filter(([, at]) => at < from).map(([worker]) => `${worker} is stuck`);
  while (stuck().length > 0 && run.now() < from + RECOVERY_MS) await delay(100);
  return stuck();
}

async function readAll(run: RunState, port: number): Promise<string[]> {
  const client = await WireClient.open(port);
  const hanging: string[] = [];
  for (const { name, partitions } of Object.values(TOPICS)) {
    for (let index = 0; index < partitions; index++) {
      if (!(await isStable(client, name, index, STABLE_MS))) hanging.push(`a transaction hangs in ${name}/${index}`);
      run.history.push(await readPartition(client, name, index));
    }
  }
  client.close();
  return hanging;
}

function countShared(counts: Record<string, number>, { acknowledgements }: ShareAcknowledgeOperation): void {
  for (const { type, isConfirmed } of acknowledgements) {
    const what = `${type} ${isConfirmed ? 'confirmed' : 'unknown'}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
}

function countsOf(history: History): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const operation of history) {
    const outcome = 'outcome' in operation ? ` ${operation.outcome}` : '';
    if (operation.kind === 'share-acknowledge') countShared(counts, operation);
    counts[`${operation.kind}${outcome}`] = (counts[`${operation.kind}${outcome}`] ?? 0) + 1;
    const records = operation.kind === 'final' ? operation.committed.length : 0;
    if (records > 0) counts['committed records'] = (counts['committed records'] ?? 0) + records;
  }
  return counts;
}

export async function jepsen(options: JepsenOptions): Promise<JepsenReport> {
  const { client: name, seed, seconds, groupProtocol = 'classic', settings = {} } = options;
  const random: Random = seededRandom(seed);
  const target = options.target ?? conformanceTarget;
  const workload = WORKLOADS[options.workload ?? 'log'];
  const given = { ...SETTINGS, ...workload.settings, ...settings };
  await using broker = await BrokerProcess.start({ target, settings: given });
  if (options.transactionVersion !== undefined) await setTransactionVersion(broker.port, options.transactionVersion);
  await createTopics(broker.port, TOPICS);
  const transactionTimeoutMs = TRANSACTION_TIMEOUT_MS[target];
  await using client = CLIENTS[name]({ bootstrap: broker.bootstrap, groupProtocol, transactionTimeoutMs });
  const run = new RunState(client, seededRandom(random.int(2 ** 32)), TOPICS);
  const work = await workload.start(run, broker.port);
  await torment(broker, random, performance.now() + seconds * 1000, (deed) => run.history.push(deed));
  const stuck = await recovered(run);
  run.phase = 'drain';
  await work.written;
  stuck.push(...(await readAll(run, broker.port)), ...(await work.drain()));
  return {
    anomalies: check(run.history),
    stuck,
    deeds: ofKind(run.history, 'deed').map(({ what }) => what),
    counts: countsOf(run.history),
    errors: Object.fromEntries([...run.errors].sort(([, a], [, b]) => b - a)),
    history: run.history,
    brokerLog: broker.log,
  };
}
