/**
 * The controller's listener beside that of Apache Kafka 4.4.0, of a node that is broker and controller: which APIs it has,
 * what it answers to what is none of its business, what clients change by it; and with logins and an authorizer, each API by
 * who has one right, who has all but one, and who has none.
 *
 * What surprises there in Kafka 4.4.0:
 * - ApiVersions lists DescribeDelegationToken and DescribeUserScramCredentials, which get UNKNOWN_SERVER_ERROR, or, for all
 *   users, no answer at all. Walka answers both as at the broker.
 * - DeleteTopics and CreatePartitions with a timeout of 0 ms time out, of topics that are not there, too.
 * - It does not check the cluster and node that a client believes to talk to (ApiVersions v5), as brokers do.
 * - DescribeCluster needs ALTER on the cluster, and so does every client with bootstrap.controllers; a broker asks for nothing.
 * - DescribeCluster v0, which cannot say that it wants controllers, gets INVALID_REQUEST; later versions their own error.
 * - Settings of brokers are taken without a look at their values: `listeners=x` of a node that runs is stored. Walka refuses
 *   it as at the broker (findings/kafka-unchecked-settings.sh).
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ApiInfo, apiInfo, type ApiName } from '../../../protocol/apis.ts';
import { BrokerProcess, cacheDir, conformanceTarget } from '../../support/broker-process.ts';
import { requestFrame } from '../../support/wire-client.ts';
import { missing } from '../client-suite.ts';
import type { Ask } from './authorization/ask.ts';
import { CLUSTER_ASKS } from './authorization/cluster-asks.ts';
import { ADMIN, createAcls, matrixAcls, PASSWORD, PREFIX, settingsWith, USERS } from './authorization/rights.ts';
import { SecuredBroker } from './authorization/secured-broker.ts';
import { TOPIC_ASKS } from './authorization/topic-asks.ts';
import { createTopics, createWorld, inWords, PATIENT_SETTINGS, type World } from './authorization/world.ts';
import { ApiClient, type Body } from './api-client.ts';
import { differences } from './difference.ts';
import { Normaliser } from './normalise.ts';
import { Session } from './session.ts';

const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
/** What nodes say to each other; at a controller, Fetch reads the log of the metadata. */
const BETWEEN_NODES: readonly ApiInfo[] = [...apiInfo.values()].filter(
  ({ name, listeners }) => name === 'Fetch' || !listeners.includes('broker'),
);
const OF_BROKERS: readonly ApiInfo[] = [...apiInfo.values()].filter(
  ({ listeners }) => !listeners.includes('controller'),
);
const TARGETS = ['kafka', conformanceTarget] as const;

describe('without an authorizer', () => {
  const brokers: BrokerProcess[] = [];
  before(async () => {
    if (skip !== false) return;
    const settings = { 'walka.min.client.version': '2.1' };
    for (const target of TARGETS) {
      const own = target === 'kafka' ? {} : { settings };
      brokers.push(await BrokerProcess.start({ target, controllerProtocol: 'PLAINTEXT', ...own }));
    }
  });
  after(async () => {
    for (const broker of brokers) await broker[Symbol.asyncDispose]();
  });

  /** What both answer, which must be the same. */
  async function same(ask: (broker: BrokerProcess) => Promise<unknown>): Promise<void> {
    const [theirs, ours] = await Promise.all(brokers.map(ask));
    assert.deepEqual(differences(ours, theirs), []);
  }

  /** Asked of the controller's listener: steps of a name and a request. */
  function transcript(run: (session: Session) => Promise<void>): Promise<void> {
    return same(async ({ controllerPort }) => {
      await using session = new Session(controllerPort, 'c');
      await run(session);
      return session.transcript;
    });
  }

  test('ApiVersions lists what Kafka does, but for what nodes say to each other', { skip }, async () => {
    const keys = new Set<number>(BETWEEN_NODES.map(({ key }) => key));
    for (const version of [0, 3, 4, 5]) {
      await same(async ({ controllerPort }) => {
        const client = await ApiClient.open(controllerPort);
        const names = version < 3 ? {} : { clientSoftwareName: 'a', clientSoftwareVersion: '1' };
        const nodes = version < 5 ? {} : { clusterId: 'another', nodeId: 9 };
        const answer: any = await client.call('ApiVersions', version, { ...names, ...nodes });
        client.close();
        const apiKeys = answer.apiKeys.filter(({ apiKey }: { apiKey: number }) => !keys.has(apiKey));
        const supportedFeatures = [...answer.supportedFeatures].sort((a, b) => (a.name < b.name ? -1 : 1));
        return { errorCode: answer.errorCode, apiKeys, supportedFeatures };
      });
    }
  });

  test('DescribeCluster is for the kind of listener that is asked', { skip }, async () => {
    for (const port of ['port', 'controllerPort'] as const) {
      await same(async (broker) => {
        await using session = new Session(broker[port], 'c');
        for (const endpointType of [0, 1, 2, 3, -1]) {
          const more = { endpointType, includeClusterAuthorizedOperations: true };
          for (const version of [1, 2])
            await session.call(`type ${endpointType} v${version}`, 'DescribeCluster', version, more);
        }
        await session.call('v0', 'DescribeCluster', 0);
        return session.transcript;
      });
    }
  });

  test('what only brokers serve, or nobody, closes the connection', { skip }, async () => {
    await transcript(async (session) => {
      for (const { name, minVersion, maxVersion } of OF_BROKERS) {
        for (const version of new Set([minVersion, maxVersion]))
          await session.call(`${name} v${version}`, name, version);
      }
      for (const [key, version] of [
        [999, 0],
        [-1, 0],
        [19, 8],
        [60, 3],
      ] as const) {
        await session.raw(`API ${key} v${version}`, requestFrame(key, version, 1));
      }
    });
  });

  test('topics, settings, quotas and users are changed by it', { skip }, async () => {
    await transcript(async (session) => {
      const topic = { name: 't', numPartitions: 1, replicationFactor: 1 };
      const listeners = [{ name: 'CONTROLLER', host: 'a', port: 1 }];
      const calls: ReadonlyArray<readonly [ApiName, number, Body]> = [
        [
          'CreateTopics',
          6,
          {
            topics: [
              { ...topic, numPartitions: 0 },
              { ...topic, name: 'no name' },
            ],
          },
        ],
        ['DeleteTopics', 5, { topicNames: ['none'], timeoutMs: 30_000 }],
        ['CreatePartitions', 3, { topics: [{ name: 'none', count: 3 }], timeoutMs: 30_000 }],
        ['ElectLeaders', 2, { electionType: 0, topicPartitions: [{ topic: 'none', partitions: [0] }] }],
        ['ListPartitionReassignments', 0, { topics: null }],
        ['IncrementalAlterConfigs', 1, change(4, '1', 'log.cleaner.threads', '2')],
        ['IncrementalAlterConfigs', 1, change(4, '1', 'log.cleaner.threads', '2', 1)],
        ['IncrementalAlterConfigs', 1, change(32, 'g', 'consumer.session.timeout.ms', '50000')],
        ['IncrementalAlterConfigs', 1, change(32, 'g', 'consumer.session.timeout.ms', '50000', 1)],
        ['IncrementalAlterConfigs', 1, change(2, 'none', 'retention.ms', '1')],
        ['AlterUserScramCredentials', 0, { deletions: [{ name: 'a', mechanism: 1 }] }],
        ['UnregisterBroker', 0, { brokerId: 77 }],
        ['UnregisterController', 0, { controllerId: 77 }],
        ['CreateDelegationToken', 3, {}],
        ['AddRaftVoter', 1, { clusterId: null, voterId: 2, voterDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAQ', listeners }],
      ];
      for (const [api, version, body] of calls)
        await session.call(`${api} ${JSON.stringify(body)}`, api, version, body);
    });
  });
});

function change(resourceType: number, resourceName: string, name: string, value: string, configOperation = 0): Body {
  return { resources: [{ resourceType, resourceName, configs: [{ name, configOperation, value }] }] };
}

/** Asked of controllers where DescribeCluster means them; those that Kafka lists and does not serve are left out. */
const UNSERVED: ReadonlySet<string> = new Set(['DescribeDelegationToken', 'DescribeUserScramCredentials']);
const CONTROLLERS: Ask = {
  api: 'DescribeCluster',
  from: 1,
  body: () => ({ includeClusterAuthorizedOperations: true, endpointType: 2 }),
};
const ASKS: readonly Ask[] = [...TOPIC_ASKS, ...CLUSTER_ASKS].flatMap((ask) => {
  if (ask.api === 'DescribeCluster') return [CONTROLLERS];
  const isServed = apiInfo.get(keyOf(ask.api))?.listeners.includes('controller') === true && ask.api !== 'Fetch';
  return isServed && !UNSERVED.has(ask.api) ? [ask] : [];
});

function keyOf(name: ApiName): number {
  return [...apiInfo.values()].find((api) => api.name === name)?.key ?? -1;
}

describe('with logins and an authorizer', () => {
  interface Side {
    readonly broker: SecuredBroker;
    readonly world: World;
  }
  const sides: Side[] = [];
  before(async () => {
    if (skip !== false) return;
    const settings = settingsWith(USERS.map(({ name }) => name));
    const jaas = settings['listener.name.client.plain.sasl.jaas.config'] ?? '';
    const own = `username="${ADMIN}" password="${PASSWORD}"`;
    for (const target of TARGETS) {
      const more = {
        'listener.name.controller.plain.sasl.jaas.config': jaas.replace(/ required /, ` required ${own} `),
        'sasl.mechanism.controller.protocol': 'PLAIN',
        'delegation.token.secret.key': 'not much of a secret',
      };
      const broker = await SecuredBroker.start(target, { ...settings, ...PATIENT_SETTINGS, ...more }, 'controller');
      const admin = await broker.admin;
      await createAcls(admin, 'of the matrix', matrixAcls());
      sides.push({ broker, world: await createWorld(admin) });
    }
  });
  after(async () => {
    for (const { broker } of sides) await broker[Symbol.asyncDispose]();
  });

  /** What each user is answered, by what the user may do. */
  async function answers(
    { broker, world }: Side,
    ask: Ask,
    version: number,
    mark: string,
  ): Promise<[string, unknown][]> {
    const ownOf = (index: number): string => `${PREFIX}${mark}-${version}-${index}`;
    if (ask.needs === 'topic')
      await createTopics(
        await broker.admin,
        USERS.map((_, index) => ownOf(index)),
      );
    return Promise.all(
      USERS.map(async ({ name, rights }, index) => {
        const answer = await broker.ask(name, ask.api, version, ask.body(world, ownOf(index), version));
        const counted = ask.only?.(answer) ?? answer;
        return [rights, await new Normaliser().normalise(inWords(counted, world, ownOf(index)))] as [string, unknown];
      }),
    );
  }

  ASKS.forEach((ask, index) => {
    const { maxVersion = 0 } = apiInfo.get(keyOf(ask.api)) ?? {};
    const version = Math.min(ask.to ?? Infinity, maxVersion);
    const title = `${ask.api}${ask.about === undefined ? '' : ` ${ask.about}`}`;
    test(`${title} is answered by rights as Kafka does`, { skip, timeout: 300_000 }, async () => {
      const [theirs = [], ours = []] = await Promise.all(sides.map((side) => answers(side, ask, version, `c${index}`)));
      const differing = ours.flatMap(([rights, answer], user) =>
        differences(answer, theirs[user]?.[1])
          .filter((place) => !/[eE]rrorMessage: /.test(place))
          .map((place) => `${place} for ${rights}`),
      );
      assert.deepEqual(differing, []);
    });
  });
});
