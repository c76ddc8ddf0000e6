/**
 * The authorizer beside that of Apache Kafka 4.4.0: every API, asked by who has one right, by who has all but one, by who
 * may describe alone and by who may nothing, about topics, groups, transactional ids and the cluster. The answers must be
 * the same: which error, what is left out, what is named. What is absent is asked for as well, since it must not be told
 * from what may not be seen.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApiKey } from '../../../protocol/apis.ts';
import { cacheDir, conformanceTarget } from '../../support/broker-process.ts';
import { missing } from '../client-suite.ts';
import type { Ask } from './authorization/ask.ts';
import { CLUSTER_ASKS } from './authorization/cluster-asks.ts';
import { GROUP_ASKS } from './authorization/group-asks.ts';
import { RANDOM_USERS, randomAcls, rightsOf } from './authorization/random-acls.ts';
import { aclFilter, createAcls, matrixAcls, PREFIX, settingsWith, USERS } from './authorization/rights.ts';
import { SecuredBroker } from './authorization/secured-broker.ts';
import { TOPIC_ASKS } from './authorization/topic-asks.ts';
import {
  createGroups,
  createTopics,
  createWorld,
  inWords,
  PATIENT_SETTINGS,
  type World,
} from './authorization/world.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { differences } from './difference.ts';
import { Normaliser } from './normalise.ts';

const ASKS: readonly Ask[] = [...TOPIC_ASKS, ...GROUP_ASKS, ...CLUSTER_ASKS];
const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
const only = process.env['WALKA_DIFFERENTIAL_ONLY'];

const settings = {
  ...settingsWith([...USERS.map(({ name }) => name), ...RANDOM_USERS]),
  ...PATIENT_SETTINGS,
  'delegation.token.secret.key': 'not much of a secret',
  'auto.create.topics.enable': 'true',
  'log.retention.ms': '-1',
};

interface Side {
  readonly broker: SecuredBroker;
  readonly world: World;
}
let kafka: Side;
let walka: Side;
const brokers: SecuredBroker[] = [];

async function open(target: 'walka' | 'kafka'): Promise<Side> {
  const broker = await SecuredBroker.start(target, settings);
  brokers.push(broker);
  const admin = await broker.admin;
  await createAcls(admin, 'of the matrix', matrixAcls());
  return { broker, world: await createWorld(admin) };
}

before(async () => {
  if (skip !== false) return;
  kafka = await open('kafka');
  walka = await open(conformanceTarget);
});

after(async () => {
  for (const broker of brokers) await broker[Symbol.asyncDispose]();
});

/** Where the two differ on purpose, by API. */
const DEVIATIONS: ReadonlyArray<{ readonly api: RegExp; readonly place: RegExp; readonly reason: string }> = [
  {
    api: /./,
    place: /[eE]rrorMessage: Walka "a message", Kafka (null|"")$/,
    reason: 'Walka says what is wrong also where Kafka is silent',
  },
  {
    api: /^(UpdateFeatures|(Describe|Create|Delete)Acls|Alter(UserScramCredentials|ClientQuotas)|Unregister\w+|\w+RaftVoter)$/,
    place: /errorMessage: Walka (null|""), Kafka "a message"$/,
    reason: "Kafka's text is the request, written out",
  },
  {
    api: /^DescribeUserScramCredentials$/,
    place: /^results\[0\]: Walka nothing, Kafka {"user":"","errorCode":31,/,
    reason: 'the request is refused as a whole; Kafka adds a refusal of a user without a name',
  },
  {
    api: /^AlterShareGroupOffsets$/,
    place: /^responses\[(topicName=x-topic|topic=id of x-topic)\]: .*"errorCode":29,/,
    reason: 'Kafka tells who may not know of a topic its id, and so that it is there',
  },
];

const found = new Set<(typeof DEVIATIONS)[number]>();

function isDeviation(api: string, place: string): boolean {
  const matching = DEVIATIONS.filter((one) => one.api.test(api) && one.place.test(place));
  for (const one of matching) found.add(one);
  return matching.length > 0;
}

/** The oldest and the newest version of both brokers in which the request can be made. */
async function versionsOf({ api, from = 0, to = Infinity }: Ask): Promise<number[]> {
  const both = await Promise.all([kafka, walka].map(({ broker }) => broker.versions()));
  const served = both.map((versions) => versions.get(ApiKey[api]));
  if (served.some((one) => one === undefined)) return [];
  const first = Math.max(from, ...served.map((one) => one?.minVersion ?? 0));
  const last = Math.min(to, ...served.map((one) => one?.maxVersion ?? 0));
  return [...new Set([first, last])].filter((version) => version >= first && version <= last);
}

/** What each user is answered, by what the user may do. */
async function answers(
  { broker, world }: Side,
  ask: Ask,
  version: number,
  mark: string,
): Promise<Map<string, unknown>> {
  const ownOf = (index: number): string => `${PREFIX}${mark}-${version}-${index}`;
  const names = USERS.map((_, index) => ownOf(index));
  if (ask.needs === 'topic') await createTopics(await broker.admin, names);
  if (ask.needs === 'group') await createGroups(await broker.admin, names);
  const entries = USERS.map(async ({ name, rights }, index) => {
    const answer = await broker.ask(name, ask.api, version, ask.body(world, ownOf(index), version));
    const counted = ask.only?.(answer) ?? answer;
    return [rights, await new Normaliser().normalise(inWords(counted, world, ownOf(index)))] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Differing places that have no reason, with whose answers differ there. */
function report(api: string, ours: ReadonlyMap<string, unknown>, theirs: ReadonlyMap<string, unknown>): string[] {
  const places = new Map<string, string[]>();
  for (const [rights, answer] of ours) {
    for (const place of differences(answer, theirs.get(rights))) {
      if (!isDeviation(api, place)) places.set(place, [...(places.get(place) ?? []), rights]);
    }
  }
  return [...places].map(([place, who]) => `${place}\n    for ${who.join('; ')}`);
}

ASKS.forEach((ask, index) => {
  const title = `${ask.api}${ask.about === undefined ? '' : ` ${ask.about}`}`;
  if (only !== undefined && !new RegExp(only).test(title)) return;
  test(`${title} is answered by rights as Kafka does`, { skip, timeout: 300_000 }, async (t) => {
    for (const version of await versionsOf(ask)) {
      await t.test(`version ${version}`, async () => {
        const mark = `a${index}`;
        const [theirs, ours] = await Promise.all([kafka, walka].map((side) => answers(side, ask, version, mark)));
        const differing = report(ask.api, ours as Map<string, unknown>, theirs as Map<string, unknown>);
        assert.equal(differing.length, 0, `\n  ${differing.join('\n  ')}`);
      });
    }
  });
});

const ROUNDS = 40;

test('random ACLs come to the same rights', { skip, timeout: 300_000 }, async () => {
  const sides = [kafka, walka];
  for (let round = 1; round <= ROUNDS; round++) {
    const prefix = `r${round}`;
    const told = sides.map(async ({ broker, world }) => {
      const admin = await broker.admin;
      await admin.call('DeleteAcls', 3, { filters: [aclFilter()] });
      await createAcls(admin, prefix, randomAcls(seededRandom(round), prefix));
      return new Normaliser().normalise(inWords(await rightsOf(broker, prefix), world, prefix));
    });
    const [theirs, ours] = await Promise.all(told);
    const differing = differences(ours, theirs).filter((place) => !isDeviation('random', place));
    assert.equal(differing.length, 0, `round ${round}\n  ${differing.join('\n  ')}`);
  }
});

/** Who asks for these needs no right, or is another broker. */
const ASKED_BY_ANYBODY: ReadonlySet<string> = new Set(['ApiVersions', 'SaslHandshake', 'SaslAuthenticate']);

test('every API that both brokers serve is asked', { skip: skip || only !== undefined }, async () => {
  const [theirs, ours] = await Promise.all([kafka, walka].map(({ broker }) => broker.versions()));
  const asked = new Set<string>(ASKS.map(({ api }) => api));
  const names = Object.entries(ApiKey).flatMap(([name, key]) => (ours?.has(key) && theirs?.has(key) ? [name] : []));
  assert.deepEqual(
    names.filter((name) => !asked.has(name) && !ASKED_BY_ANYBODY.has(name)),
    [],
  );
});

test('every deviation is one still', { skip: skip || only !== undefined || conformanceTarget === 'kafka' }, () => {
  assert.deepEqual(
    DEVIATIONS.filter((one) => !found.has(one)),
    [],
  );
});
