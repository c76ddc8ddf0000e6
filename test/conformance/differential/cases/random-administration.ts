/** Random but repeatable walks over topics and settings; only the controller is asked, so nothing is seen too early. */
import { type Random, seededRandom } from '../../../../src/base/random.ts';
import type { Case, Session } from '../session.ts';

const STEPS = 120;
const NONE = 'AAAAAAAAAAAAAAAAAAAAAA';
const TOPIC = 2;

type Setting = readonly [name: string, value: string | null];

const SETTINGS: readonly Setting[] = [
  ['retention.ms', '1000'],
  ['retention.ms', '-2'],
  ['retention.ms', null],
  ['cleanup.policy', 'compact'],
  ['cleanup.policy', 'compact,delete'],
  ['cleanup.policy', 'shrink'],
  ['cleanup.policy', ''],
  ['segment.bytes', '2000000'],
  ['segment.bytes', '5'],
  ['min.compaction.lag.ms', '20'],
  ['max.compaction.lag.ms', '10'],
  ['max.compaction.lag.ms', '30'],
  ['local.retention.ms', '2000'],
  ['leader.replication.throttled.replicas', '0:1'],
  ['leader.replication.throttled.replicas', '*'],
  ['compression.type', 'gzip'],
  ['compression.type', 'zip'],
  ['no.such', '1'],
];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.int(list.length)] as T;
}

function some(random: Random, most: number): Setting[] {
  return Array.from({ length: random.int(most + 1) }, () => pick(random, SETTINGS));
}

/** A topic to create, mostly right. */
function topicOf(random: Random, name: string): object {
  const configs = random.int(3) === 0 ? some(random, 2).map(([key, value]) => ({ name: key, value })) : [];
  if (random.int(4) > 0) {
    return {
      name,
      numPartitions: pick(random, [1, 2, 3, -1, 0, 1]),
      replicationFactor: pick(random, [1, 1, -1, 1, 2, 0]),
      configs,
    };
  }
  const assignments = Array.from({ length: 1 + random.int(3) }, (_, index) => ({
    partitionIndex: random.int(8) === 0 ? random.int(3) : index,
    brokerIds: pick(random, [[1], [1], [1], [], [1, 1], [2], [-1]]),
  }));
  const count = random.int(6) === 0 ? 1 : -1;
  return { name, numPartitions: count, replicationFactor: -1, assignments, configs };
}

async function administer(session: Session, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const names = ['a.b', 'a_b', 'c', 'd'].map((suffix) => session.name(suffix));
  const ids = new Map<string, string>();
  for (let step = 0; step < STEPS; step++) {
    const name = pick(random, names);
    const validateOnly = random.int(6) === 0;
    const dice = random.int(10);
    if (dice < 4) {
      const topics = [topicOf(random, name)];
      const answer = await session.call(`${step}: create`, 'CreateTopics', 7, {
        topics,
        timeoutMs: 10_000,
        validateOnly,
      });
      const [created] = answer.topics;
      if (created.errorCode === 0 && !validateOnly) ids.set(name, created.topicId);
    } else if (dice < 7) {
      const topics = [name, pick(random, names)].map((grown) => ({
        name: grown,
        count: random.int(8) - 1,
        assignments: random.int(3) === 0 ? [{ brokerIds: pick(random, [[1], [1], [], [2]]) }] : null,
      }));
      await session.call(`${step}: grow`, 'CreatePartitions', 3, { topics, timeoutMs: 10_000, validateOnly });
    } else {
      const topics = [random.int(2) === 0 ? { name, topicId: NONE } : { name: null, topicId: ids.get(name) ?? NONE }];
      await session.call(`${step}: delete`, 'DeleteTopics', 6, { topics, timeoutMs: 10_000 });
    }
  }
}

async function set(session: Session, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const { name } = await session.createTopic('t');
  for (let step = 0; step < STEPS; step++) {
    const changes = some(random, 3);
    const validateOnly = random.int(5) === 0;
    if (random.int(6) === 0) {
      const configs = changes.map(([key, value]) => ({ name: key, value }));
      const resources = [{ resourceType: TOPIC, resourceName: name, configs }];
      await session.call(`${step}: replace`, 'AlterConfigs', 2, { resources, validateOnly });
      continue;
    }
    const configs = changes.map(([key, value]) => {
      const configOperation = pick(random, [0, 0, 1, 2, 3]);
      return { name: key, configOperation, value: value === '' && configOperation === 2 ? 'delete' : value };
    });
    const resources = [{ resourceType: TOPIC, resourceName: name, configs }];
    await session.call(`${step}: change`, 'IncrementalAlterConfigs', 1, { resources, validateOnly });
  }
  await session.createTopic('marker');
  await session.call('at the end', 'DescribeConfigs', 4, {
    resources: [{ resourceType: TOPIC, resourceName: name, configurationKeys: null }],
    includeSynonyms: true,
  });
}

export const randomAdministrationCases: readonly Case[] = [
  ...[1, 2, 3].map((seed) => ({
    name: `topics come and go at random ${seed}`,
    run: (session: Session) => administer(session, seed),
  })),
  ...[1, 2, 3].map((seed) => ({
    name: `settings change at random ${seed}`,
    run: (session: Session) => set(session, seed),
  })),
];
