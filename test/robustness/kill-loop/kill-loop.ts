/**
 * Kills a broker again and again while it is under load, and starts it on the same directory and port. At the end, and
 * in part after every start: what was acknowledged, or shown to a reader, is there at the same offset; no gap, nothing
 * twice; records of idempotent producers once and in order; committed offsets, topics, log starts as acknowledged.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../../src/base/random.ts';
import { CreateTopics } from '../../support/admin-apis.ts';
import { BrokerProcess } from '../../support/broker-process.ts';
import { WireClient } from '../../support/wire-client.ts';
import { Model } from './model.ts';
import { Committer, RecordDeleter, TailReader, TopicChurner, verify } from './others.ts';
import { World, type Topic } from './world.ts';
import { Writer } from './writers.ts';

export interface KillLoopOptions {
  readonly kills: number;
  readonly seed: number;
  /** Of the broker. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of the topic whose old data goes by size. */
  readonly maxValueBytes?: number;
  /** Longest life in ms. */
  readonly maxLifeMs?: number;
  /** Goes on until segments were published, up to ten times the kills: on a busy machine a life may be too short for it. */
  readonly mustMerge?: boolean;
}

export interface KillLoopReport {
  readonly problems: readonly string[];
  readonly kills: number;
  readonly batches: number;
  readonly commits: number;
  readonly topicChanges: number;
  readonly records: number;
  /** Publications of segments that the end of the log tells of. */
  readonly merges: number;
  readonly log: string;
}

const TOPICS: readonly Topic[] = [
  { name: 'orders', partitions: 3, configs: {} },
  { name: 'payments', partitions: 1, configs: {} },
  { name: 'clicks', partitions: 2, configs: { 'flush.messages': '1' } },
  // Small virtual segments, so that retention has something to drop all the time.
  { name: 'recent', partitions: 1, configs: { 'retention.bytes': '100000', 'segment.bytes': '1048576' } },
  { name: 'brief', partitions: 2, configs: {} },
];

/** One start in so many is killed before it is done. */
const STARTS_KILLED = 4;

export async function killLoop(options: KillLoopOptions): Promise<KillLoopReport> {
  const { kills, seed, settings = {}, maxValueBytes = 300, maxLifeMs = 600, mustMerge = false } = options;
  const random = seededRandom(seed);
  const model = new Model();
  await using broker = await BrokerProcess.start({ target: 'walka', settings });
  const world = new World(broker.port, model, random, TOPICS);
  await createTopics(broker.port);
  model.partition('recent', 0).allowedStart = Number.POSITIVE_INFINITY;
  const writers = [0, 1, 2, 3].map((number) => new Writer(world, number, number % 2 === 0, maxValueBytes));
  const committers = ['group-a', 'group-b'].map((groupId) => new Committer(world, groupId));
  const churners = ['comes', 'goes'].map((name) => new TopicChurner(world, name));
  const actors = [...writers, ...committers, ...churners, new RecordDeleter(world), new TailReader(world)];
  const running = Promise.all(actors.map((actor) => actor.run()));
  world.up();
  const merges = (): number => broker.log.split('segments-published').length - 1;
  const isEnough = (): boolean => done >= kills && (!mustMerge || merges() > 0 || done >= 10 * kills);
  let done = 0;
  while (!isEnough() && model.problems.length === 0) {
    await delay(20 + random.int(maxLifeMs));
    world.down();
    await broker.kill();
    done += 1;
    if (random.int(STARTS_KILLED) === 0) {
      const starting = broker.restart().catch(() => undefined);
      await delay(50 + random.int(300));
      await broker.kill();
      await starting;
      done += 1;
    }
    await broker.restart();
    const client = await WireClient.open(broker.port);
    const verifying = verify(world, client, false);
    if (random.int(2) === 0) await verifying;
    world.up();
    await verifying;
    client.close();
  }
  world.end();
  await running;
  if (model.problems.length === 0) await verifyAtTheEnd(world, writers, committers);
  return {
    problems: model.problems,
    kills: done,
    batches: model.acknowledgedBatches,
    commits: model.acknowledgedCommits,
    topicChanges: model.acknowledgedTopicChanges,
    records: [...model.partitions.values()].reduce((sum, { knownEnd }) => sum + knownEnd, 0),
    merges: merges(),
    log: broker.log,
  };
}

async function verifyAtTheEnd(
  world: World,
  writers: readonly Writer[],
  committers: readonly Committer[],
): Promise<void> {
  const client = await WireClient.open(world.port);
  await verify(world, client, true);
  for (const committer of committers) await committer.check(client);
  for (const writer of writers) writer.check();
  client.close();
}

async function createTopics(port: number): Promise<void> {
  const client = await WireClient.open(port);
  const topics = TOPICS.map(({ name, partitions, configs }) => ({
    name,
    numPartitions: partitions,
    replicationFactor: 1,
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }));
  const answer = await client.call(CreateTopics, 6, { topics, timeoutMs: 5000 });
  const failed = answer.topics.find(({ errorCode }) => errorCode !== 0);
  if (failed !== undefined) throw new Error(`${failed.name}: error ${failed.errorCode}`);
  client.close();
}
