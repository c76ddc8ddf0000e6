/**
 * Transactions of many producers, zombies among them, on a broker that restarts under them, over a network that loses,
 * delays and repeats what they send. Whatever happens: a transaction is visible as a whole or not at all, epochs only
 * grow, nobody commits who was fenced before, and everything that was prepared ends.
 *
 * More seeds: WALKA_SEEDS=1000 node --test test/coordinator/transaction/simulation.test.ts
 * One of them: WALKA_SEED=17 node --test test/coordinator/transaction/simulation.test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadLog } from '../../../src/coordinator/load.ts';
import { transactionRecordCodec } from '../../../src/coordinator/transaction/records.ts';
import { UpgradeType } from '../../../src/metadata/feature-update.ts';
import { TRANSACTION_STATE_TOPIC } from '../../../src/metadata/topic-name.ts';
import { ask } from '../../support/handler-client.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';
import {
  PARTITIONS,
  SimulatedProducer,
  type SimulatedTransaction,
  type SimulationLog,
  TIMEOUT_MS,
  TOPIC,
} from '../../support/simulated-producer.ts';
import { OffsetFetch } from '../../support/admin-apis.ts';

const DEFAULT_SEEDS = 200;
const STEPS = 400;
const IDS = ['a', 'b', 'c'];
const SETTINGS = {
  'transaction.state.log.num.partitions': '2',
  'offsets.topic.num.partitions': '2',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
};

/** Values of each partition in order, of committed transactions only, as the log's own markers tell. */
async function committedValues(cluster: SimulatedCluster, partition: number): Promise<string[]> {
  const log = cluster.services.partitions.get(TOPIC, partition);
  assert.ok(log !== undefined);
  await log.ready();
  assert.equal(log.lastStableOffset, log.logEndOffset, `a transaction is still open in partition ${partition}`);
  const open = new Map<bigint, string[]>();
  const committed: string[] = [];
  await loadLog(log, {
    record: (_key, value, { producer }) => {
      const producerId = producer?.producerId ?? -1n;
      open.set(producerId, [...(open.get(producerId) ?? []), value?.toString() ?? '']);
    },
    marker: ({ producerId }, outcome) => {
      if (outcome === 'commit') committed.push(...(open.get(producerId) ?? []));
      open.delete(producerId);
    },
  });
  assert.equal(open.size, 0);
  return committed;
}

function checkWhole(transaction: SimulatedTransaction, committed: readonly (readonly string[])[]): boolean {
  const { label, acknowledged, outcome, asked } = transaction;
  const visible = committed.map((values) => values.filter((value) => value.startsWith(`${label} `)));
  const isVisible = visible.flat().length > 0;
  if (outcome === 'aborted' || asked !== 'commit') assert.ok(!isVisible, `${label} was aborted and is visible`);
  if (outcome === 'committed' || isVisible) {
    for (const [partition, values] of acknowledged) {
      assert.deepEqual(visible[partition], values, `${label} is torn in partition ${partition}`);
    }
  }
  return isVisible;
}

/** Every id has ended, and in its log (producer id, epoch) never goes back. */
async function checkIds(cluster: SimulatedCluster): Promise<void> {
  const codec = transactionRecordCodec(() => 2);
  for (const runner of cluster.services.transactions.runners()) {
    for (const { transactionalId, state } of runner.shard.env.transactions.values()) {
      assert.ok(['Empty', 'CompleteCommit', 'CompleteAbort'].includes(state), `${transactionalId} is ${state}`);
    }
    const newest = new Map<string, readonly [bigint, number]>();
    const log = cluster.services.partitions.get(TRANSACTION_STATE_TOPIC, runner.log.index);
    assert.ok(log !== undefined);
    await loadLog(log, {
      record: (key, value) => {
        const metadata = key === null ? null : codec.decode(key, value)?.metadata;
        if (metadata === null || metadata === undefined) return;
        const { transactionalId, producerId, producerEpoch } = metadata;
        const [formerId, formerEpoch] = newest.get(transactionalId) ?? [-1n, -1];
        const hasGrown = producerId > formerId || (producerId === formerId && producerEpoch >= formerEpoch);
        assert.ok(
          hasGrown,
          `${transactionalId} went from ${formerId}/${formerEpoch} to ${producerId}/${producerEpoch}`,
        );
        newest.set(transactionalId, [producerId, producerEpoch]);
      },
      marker: () => assert.fail('there is a marker in the log of transactions'),
    });
  }
}

/** What the id's group has committed is of its last transaction with offsets that is visible. */
async function checkOffsets(
  cluster: SimulatedCluster,
  transactionalId: string,
  visible: readonly SimulatedTransaction[],
): Promise<void> {
  const groups = [{ groupId: transactionalId, memberId: null, memberEpoch: -1, topics: null }];
  const { groups: answers } = await ask(cluster.services, OffsetFetch, 9, { groups, requireStable: true });
  const stored = answers[0]?.topics[0]?.partitions[0];
  assert.equal(stored?.errorCode ?? 0, 0, 'an offset is still pending');
  const offsets = visible.flatMap(({ offset }) => (offset === null ? [] : [offset]));
  const last = offsets.at(-1) ?? -1;
  assert.ok((stored?.committedOffset ?? -1) >= last, `group ${transactionalId} is behind its last transaction`);
}

interface Simulation {
  readonly cluster: SimulatedCluster;
  readonly log: SimulationLog;
  readonly producers: SimulatedProducer[];
  readonly failures: unknown[];
}

async function prepare(seed: number): Promise<Simulation> {
  const cluster = await SimulatedCluster.open(seed, SETTINGS);
  const topic = {
    name: TOPIC,
    partitionCount: PARTITIONS,
    replicationFactor: 1,
    assignments: null,
    configs: new Map(),
  };
  await cluster.services.metadata.createTopic(topic);
  // A quarter of the clusters has not been upgraded: aborts that nobody asked for fence in another way there.
  const older = new Map([['transaction.version', { level: 1, upgradeType: UpgradeType.SAFE_DOWNGRADE }]]);
  if (seed % 4 === 0) await cluster.services.features.update(older, false);
  await cluster.services.groups.ensureReady('a');
  await cluster.services.transactions.ensureReady('a');
  return { cluster, log: { transactions: [], newest: new Map(), nextOffset: 1 }, producers: [], failures: [] };
}

function begin({ cluster, log, producers, failures }: Simulation, isNew: boolean, transactions: number): void {
  const id = IDS[cluster.random.int(IDS.length)] ?? 'a';
  const producer = new SimulatedProducer(cluster, log, `p${producers.length}`, id, isNew);
  producers.push(producer);
  producer.run(transactions).catch((error: unknown) => failures.push(error));
}

/** Lets everything end, restarts, and looks at what is there then. */
async function check({ cluster, log, producers, failures }: Simulation): Promise<void> {
  const isDone = (): boolean => producers.every((producer) => producer.isDone);
  await cluster.calm(isDone, 4 * TIMEOUT_MS);
  if (failures.length > 0) throw failures[0];
  assert.ok(isDone(), 'a producer never got its answer');
  await cluster.restart();
  await cluster.calm(isDone, TIMEOUT_MS);
  await checkIds(cluster);
  const committed: string[][] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    committed.push(await committedValues(cluster, partition));
  }
  for (const values of committed) assert.equal(new Set(values).size, values.length, 'a record is there twice');
  const visible = log.transactions.filter((transaction) => checkWhole(transaction, committed));
  for (const id of IDS) {
    await checkOffsets(
      cluster,
      id,
      visible.filter(({ transactionalId }) => transactionalId === id),
    );
  }
  await cluster.close();
}

async function simulate(seed: number): Promise<void> {
  const simulation = await prepare(seed);
  const { cluster } = simulation;
  const { random } = cluster;
  for (let step = 0; step < STEPS; step++) {
    if (step < 3 || cluster.chance(25)) begin(simulation, random.int(3) > 0, 1 + random.int(8));
    await cluster.step();
  }
  await check(simulation);
}

for (const isNew of [true, false]) {
  const client = isNew ? 'a newer' : 'an older';
  test(`a broker that goes down after any append of ${client} client's transactions ends them at its next start`, async () => {
    let appends = Infinity;
    for (let crashAfter = 0; crashAfter <= appends; crashAfter++) {
      const simulation = await prepare(13);
      const { cluster, producers } = simulation;
      begin(simulation, isNew, 3);
      const isDone = (): boolean => producers.every((producer) => producer.isDone);
      appends = await cluster.crawl(isDone, crashAfter);
      await check(simulation);
    }
    assert.ok(appends > 15, `there were ${appends} appends`);
  });
}

const { WALKA_SEED, WALKA_SEEDS } = process.env;
const seeds =
  WALKA_SEED === undefined
    ? Array.from({ length: Number(WALKA_SEEDS ?? DEFAULT_SEEDS) }, (_, i) => i + 1)
    : [Number(WALKA_SEED)];

for (const seed of seeds) {
  test(`transactions are whole, whatever happens (WALKA_SEED=${seed})`, () => simulate(seed));
}
