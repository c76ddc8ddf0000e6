/**
 * Clients of Kafka 0.8 to 2.8 against the broker, and records from them to clients of today and back; see scenarios.md.
 * Apache Kafka 4.4 does not serve them any more.
 */
import { join } from 'node:path';
import { cacheDir, conformanceTarget } from '../support/broker-process.ts';
import { testExchange } from './client-exchange.ts';
import { KCAT, SARAMA } from './client-programs.ts';
import { type ClientProgram, testOldClient } from './client-suite.ts';
import { RUN_SCENARIOS, type Scenario } from './scenarios.ts';

/** Topics come from auto-creation. */
const settings = { 'num.partitions': '4', 'message.max.bytes': '4194304' };
const JAVA_RELEASES = ['0.9.0.1', '0.10.0.1', '0.10.2.2', '1.0.2', '2.0.1', '2.8.2'];

function javaProgram(release: string, main: string): Pick<ClientProgram, 'command' | 'args' | 'needs' | 'settings'> {
  const folder = join(cacheDir, 'old', release);
  const options = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return {
    command: 'java',
    args: [...options, '-cp', `${folder}/classes:${folder}/libs/*`, main],
    needs: { files: [join(folder, `classes/${main}.class`)], component: 'old' },
    settings,
  };
}

function javaClient(release: string): ClientProgram {
  const lacks: readonly [first: string, scenario: Scenario][] = [
    ['0.10.1', 'seek-by-time'],
    ['0.11', 'idempotent-produce'],
    ['2.1', 'compression-zstd'],
  ];
  const isOlder = (first: string): boolean => release.localeCompare(first, 'en', { numeric: true }) < 0;
  return {
    ...javaProgram(release, 'OldClientScenarios'),
    name: `kafka-clients ${release} (Java)`,
    unsupported: [
      'create-topics',
      'describe-and-delete',
      ...lacks.filter(([first]) => isOlder(first)).map(([, scenario]) => scenario),
    ],
  };
}

/** Kafka 0.8's, with one of its two producers. */
function oldestClient(producer: 'scala' | 'java'): ClientProgram {
  const { args, ...program } = javaProgram('0.8.2.2', 'OldestClientScenarios');
  return { ...program, name: `Kafka 0.8.2.2 (producer of ${producer})`, args: [...args, producer] };
}

/** All scenarios but these. */
function without(...scenarios: readonly Scenario[]): readonly Scenario[] {
  return RUN_SCENARIOS.filter((scenario) => !scenarios.includes(scenario));
}

/** librdkafka that does not ask for versions, and takes the broker for one of this release. */
function kcatAs(release: string): ClientProgram {
  const flags = `-X api.version.request=false -X broker.version.fallback=${release}`;
  return { ...KCAT, name: `kcat as of ${release}`, environment: { WALKA_KCAT_FLAGS: flags } };
}

function saramaAs(release: string): ClientProgram {
  return { ...SARAMA, name: `sarama as of ${release}`, environment: { WALKA_SARAMA_RELEASE: release } };
}

/** What Kafka 0.8 has without ZooKeeper. */
const OF_THE_OLDEST: readonly Scenario[] = [
  'keyed-and-headed-records',
  'compression-gzip',
  'compression-snappy',
  'compression-lz4',
  'several-partitions',
  'commit-and-resume',
  'empty-and-large-records',
  'before-kill',
];

if (conformanceTarget !== 'kafka') {
  for (const producer of ['scala', 'java'] as const) {
    testOldClient(oldestClient(producer), OF_THE_OLDEST);
    testExchange(oldestClient(producer));
  }
  for (const release of JAVA_RELEASES) testOldClient(javaClient(release), RUN_SCENARIOS);
  const noAdmin = ['create-topics', 'describe-and-delete'] as const;
  const ofOldFormats = ['keyed-and-headed-records', 'compression-zstd', 'idempotent-produce'] as const;
  for (const release of ['0.9.0.1', '0.10.0.1']) {
    testOldClient(kcatAs(release), without(...noAdmin, ...ofOldFormats, 'seek-by-time'));
  }
  testOldClient(saramaAs('0.10.2.0'), without(...ofOldFormats, 'describe-and-delete'));
  testOldClient(saramaAs('1.0.0'), without('compression-zstd', 'describe-and-delete'));
  testOldClient(saramaAs('2.0.0'), without('compression-zstd'));
  for (const release of JAVA_RELEASES) testExchange(javaClient(release));
}
