/** DescribeConfigs, AlterConfigs, IncrementalAlterConfigs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeAlterConfigsRequest } from '../../protocol/generated/alter-configs-request.ts';
import { readAlterConfigsResponse } from '../../protocol/generated/alter-configs-response.ts';
import {
  type DescribeConfigsRequest,
  writeDescribeConfigsRequest,
} from '../../protocol/generated/describe-configs-request.ts';
import { readDescribeConfigsResponse } from '../../protocol/generated/describe-configs-response.ts';
import {
  type IncrementalAlterConfigsRequest,
  writeIncrementalAlterConfigsRequest,
} from '../../protocol/generated/incremental-alter-configs-request.ts';
import { readIncrementalAlterConfigsResponse } from '../../protocol/generated/incremental-alter-configs-response.ts';
import type { Input } from '../../protocol/input.ts';
import { alterConfigsHandler } from '../../src/handlers/alter-configs.ts';
import { describeConfigsHandler } from '../../src/handlers/describe-configs.ts';
import { incrementalAlterConfigsHandler } from '../../src/handlers/incremental-alter-configs.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { adminServices, call } from '../support/admin-services.ts';

const DESCRIBE = { api: describeConfigsHandler, write: writeDescribeConfigsRequest, read: readDescribeConfigsResponse };
const REPLACE = { api: alterConfigsHandler, write: writeAlterConfigsRequest, read: readAlterConfigsResponse };
const ALTER = {
  api: incrementalAlterConfigsHandler,
  write: writeIncrementalAlterConfigsRequest,
  read: readIncrementalAlterConfigsResponse,
};

const TOPIC = 2;
const BROKER = 4;
const BROKER_LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;
const SET = 0;
const REMOVE = 1;
const APPEND = 2;
const SUBTRACT = 3;

async function withTopic(settings: Record<string, string> = {}): Promise<BrokerServices> {
  const services = await adminServices(settings);
  const counts = { partitionCount: 1, replicationFactor: 1 };
  await services.metadata.createTopic({ name: 'a', ...counts, assignments: null, configs: new Map() });
  return services;
}

async function describeOne(
  services: BrokerServices,
  resourceType: number,
  resourceName: string,
  keys: string[] | null = null,
  options: Input<Omit<DescribeConfigsRequest, 'resources'>> = { includeSynonyms: true },
) {
  const resources = [{ resourceType, resourceName, configurationKeys: keys }];
  const { results } = await call(services, DESCRIBE, 4, { resources, ...options });
  const [result] = results;
  assert.ok(result !== undefined);
  return result;
}

type Change = [name: string, operation: number, value: string | null];

async function alter(
  services: BrokerServices,
  resourceType: number,
  resourceName: string,
  changes: Change[],
  validateOnly = false,
): Promise<number> {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }));
  const request: Input<IncrementalAlterConfigsRequest> = {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly,
  };
  const { responses } = await call(services, ALTER, 1, request);
  assert.equal(responses.length, 1);
  return responses[0]?.errorCode ?? -99;
}

function valueOf(services: BrokerServices, name: string): string | undefined {
  return services.metadata.topic('a')?.configs.get(name);
}

describe('lists of changes', () => {
  it('are not appended to with nothing, and are text for groups and client metrics, as in Kafka', async () => {
    const services = await withTopic();
    for (const value of ['', ' ', ',delete', ' , ']) {
      const nothing: Change[] = [['log.cleanup.policy', APPEND, value]];
      assert.equal(await alter(services, BROKER, '', nothing), ErrorCode.INVALID_REQUEST, value);
      assert.equal(await alter(services, TOPIC, 'a', [['cleanup.policy', APPEND, value]]), ErrorCode.INVALID_CONFIG);
    }
    assert.equal(await alter(services, BROKER, '', [['log.cleanup.policy', SUBTRACT, '']]), ErrorCode.NONE);
    assert.equal(await alter(services, CLIENT_METRICS, 'm', [['metrics', APPEND, 'a']]), ErrorCode.INVALID_CONFIG);
    const tags: Change[] = [['streams.rack.aware.assignment.tags', SUBTRACT, 'a']];
    assert.equal(await alter(services, GROUP, 'g', tags), ErrorCode.INVALID_CONFIG);
  });
});

describe('DescribeConfigs', () => {
  it('shows where a topic setting comes from, nearest first', async () => {
    const services = await withTopic({ 'log.retention.ms': '4000' });
    await alter(services, BROKER, '', [['log.retention.ms', SET, '3000']]);
    await alter(services, BROKER, '1', [['log.retention.ms', SET, '2000']]);
    const before = (await describeOne(services, TOPIC, 'a', ['retention.ms'])).configs[0];
    assert.deepEqual([before?.value, before?.configSource], ['2000', 2]);
    await alter(services, TOPIC, 'a', [['retention.ms', SET, '1000']]);
    const { configs } = await describeOne(services, TOPIC, 'a', ['retention.ms']);
    assert.equal(configs.length, 1);
    assert.deepEqual([configs[0]?.value, configs[0]?.configSource, configs[0]?.configType], ['1000', 1, 5]);
    assert.deepEqual(
      configs[0]?.synonyms.slice(0, 4).map(({ name, value, source }) => [name, value, source]),
      [
        ['retention.ms', '1000', 1],
        ['log.retention.ms', '2000', 2],
        ['log.retention.ms', '3000', 3],
        ['log.retention.ms', '4000', 4],
      ],
    );
  });

  it('answers in every version, with synonyms and documentation only where asked', async () => {
    const services = await withTopic();
    for (let version = 1; version <= 4; version++) {
      const resources = [{ resourceType: TOPIC, resourceName: 'a', configurationKeys: ['cleanup.policy', 'no.such'] }];
      const { results } = await call(services, DESCRIBE, version, { resources });
      const [config] = results[0]?.configs ?? [];
      assert.deepEqual([results[0]?.configs.length, config?.name, config?.value], [1, 'cleanup.policy', 'delete']);
      assert.deepEqual([config?.synonyms, config?.configSource], [[], 5]);
    }
    const options = { includeDocumentation: true };
    const { configs } = await describeOne(services, TOPIC, 'a', ['cleanup.policy'], options);
    assert.ok((configs[0]?.documentation?.length ?? 0) > 0);
  });

  it('describes this broker and the cluster-wide defaults', async () => {
    const services = await withTopic();
    await alter(services, BROKER, '', [['log.segment.bytes', SET, '2000000']]);
    const own = await describeOne(services, BROKER, '1', []);
    const byName = new Map(own.configs.map((config) => [config.name, config]));
    assert.equal(byName.get('log.segment.bytes')?.value, '2000000');
    assert.equal(byName.get('log.segment.bytes')?.configSource, 3);
    assert.equal(byName.get('log.segment.bytes')?.readOnly, false);
    assert.equal(byName.get('node.id')?.readOnly, true);
    const defaults = await describeOne(services, BROKER, '');
    assert.deepEqual(
      defaults.configs.map(({ name, value }) => [name, value]),
      [['log.segment.bytes', '2000000']],
    );
  });

  it('shows an internal setting only where it was set', async () => {
    const services = await withTopic();
    const before = await describeOne(services, TOPIC, 'a', ['internal.segment.bytes']);
    assert.deepEqual(before.configs, []);
    await alter(services, TOPIC, 'a', [['internal.segment.bytes', SET, '1000']]);
    const after = await describeOne(services, TOPIC, 'a', ['internal.segment.bytes']);
    assert.equal(after.configs[0]?.value, '1000');
  });

  it('describes groups and client-metrics subscriptions that nobody configured', async () => {
    const services = await adminServices();
    const group = await describeOne(services, GROUP, 'g', ['consumer.session.timeout.ms']);
    assert.deepEqual([group.configs[0]?.value, group.configs[0]?.configSource], ['45000', 5]);
    const metrics = await describeOne(services, CLIENT_METRICS, 'm', ['interval.ms']);
    assert.equal(metrics.configs[0]?.value, '300000');
  });

  it('shows the default below a setting of groups that brokers do not have', async () => {
    const services = await adminServices();
    await alter(services, GROUP, 'g', [['share.auto.offset.reset', SET, 'earliest']]);
    for (const [name, above] of [
      ['g', [['earliest', 8]]],
      ['other', []],
    ] as const) {
      const { configs } = await describeOne(services, GROUP, name, ['share.auto.offset.reset']);
      const values = configs[0]?.synonyms.map(({ value, source }) => [value, source]);
      assert.deepEqual(values, [...above, ['latest', 5]]);
    }
  });

  it('describes the log level', async () => {
    const { configs } = await describeOne(await adminServices(), BROKER_LOGGER, '1');
    assert.deepEqual(
      configs.map(({ name, value, configSource, documentation }) => [name, value, configSource, documentation]),
      [['root', 'INFO', 6, '']],
    );
  });

  it('refuses resources that are not there, each with its code', async () => {
    const services = await adminServices();
    const cases: [number, string, number][] = [
      [TOPIC, 'a', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [TOPIC, 'a b', ErrorCode.INVALID_TOPIC_EXCEPTION],
      [BROKER, '2', ErrorCode.INVALID_REQUEST],
      [BROKER, 'x', ErrorCode.INVALID_REQUEST],
      [BROKER_LOGGER, '', ErrorCode.INVALID_REQUEST],
      [BROKER_LOGGER, '2', ErrorCode.INVALID_REQUEST],
      [GROUP, '', ErrorCode.INVALID_REQUEST],
      [CLIENT_METRICS, '', ErrorCode.INVALID_REQUEST],
      [77, 'x', ErrorCode.INVALID_REQUEST],
    ];
    for (const [type, name, code] of cases) {
      const result = await describeOne(services, type, name);
      assert.deepEqual([result.errorCode, result.resourceType, result.resourceName], [code, type, name]);
      assert.notEqual(result.errorMessage, null);
    }
  });
});

describe('IncrementalAlterConfigs', () => {
  it('sets, deletes, appends and subtracts', async () => {
    const services = await withTopic();
    assert.equal(await alter(services, TOPIC, 'a', [['retention.ms', SET, '5']]), 0);
    assert.equal(valueOf(services, 'retention.ms'), '5');
    assert.equal(await alter(services, TOPIC, 'a', [['cleanup.policy', APPEND, 'compact']]), 0);
    assert.equal(valueOf(services, 'cleanup.policy'), 'delete,compact');
    assert.equal(await alter(services, TOPIC, 'a', [['cleanup.policy', APPEND, 'compact']]), 0);
    assert.equal(valueOf(services, 'cleanup.policy'), 'delete,compact');
    assert.equal(await alter(services, TOPIC, 'a', [['cleanup.policy', SUBTRACT, 'delete']]), 0);
    assert.equal(valueOf(services, 'cleanup.policy'), 'compact');
    assert.equal(await alter(services, TOPIC, 'a', [['retention.ms', REMOVE, null]]), 0);
    assert.equal(await alter(services, TOPIC, 'a', [['retention.ms', REMOVE, '']]), 0);
    assert.equal(valueOf(services, 'retention.ms'), undefined);
  });

  it('takes all changes of a resource or none', async () => {
    const services = await withTopic();
    const changes: Change[] = [
      ['retention.ms', SET, '5'],
      ['segment.ms', SET, 'soon'],
    ];
    assert.equal(await alter(services, TOPIC, 'a', changes), ErrorCode.INVALID_CONFIG);
    assert.equal(services.metadata.topic('a')?.configs.size, 0);
  });

  it('refuses what Kafka refuses', async () => {
    const services = await withTopic();
    const cases: [number, string, Change[], number][] = [
      [TOPIC, 'a', [['no.such', SET, '5']], ErrorCode.INVALID_CONFIG],
      [TOPIC, 'a', [['retention.ms', APPEND, '5']], ErrorCode.INVALID_CONFIG],
      [TOPIC, 'a', [['retention.ms', SUBTRACT, '5']], ErrorCode.INVALID_CONFIG],
      [TOPIC, 'a', [['retention.ms', SET, null]], ErrorCode.INVALID_REQUEST],
      [TOPIC, 'a', [['retention.ms', 9, '5']], ErrorCode.INVALID_REQUEST],
      [TOPIC, 'b', [['retention.ms', SET, '5']], ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [TOPIC, 'b', [['retention.ms', SET, 'x']], ErrorCode.INVALID_CONFIG],
      [TOPIC, '', [['retention.ms', SET, '5']], ErrorCode.INVALID_REQUEST],
      [BROKER, '2', [['log.retention.ms', SET, '5']], ErrorCode.INVALID_REQUEST],
      [BROKER, 'x', [['log.retention.ms', SET, '5']], ErrorCode.INVALID_REQUEST],
      [BROKER, '1', [['node.id', SET, '5']], ErrorCode.INVALID_REQUEST],
      [BROKER, '1', [['log.retention.ms', SET, 'x']], ErrorCode.INVALID_REQUEST],
      [BROKER, '1', [['log.retention.ms', APPEND, '5']], ErrorCode.INVALID_CONFIG],
      [BROKER, '1', [['ssl.truststore.location', SET, '/tmp/x']], ErrorCode.INVALID_REQUEST],
      [BROKER, '', [['listener.name.internal.ssl.keystore.location', SET, '/tmp/x']], ErrorCode.INVALID_REQUEST],
      [BROKER, '1', [['num.io.threads', SET, '100']], ErrorCode.INVALID_REQUEST],
      [BROKER, '', [['num.io.threads', SET, '1']], ErrorCode.INVALID_REQUEST],
      [BROKER, '1', [['log.cleaner.dedupe.buffer.size', SET, '1048576']], ErrorCode.INVALID_REQUEST],
      [GROUP, 'g', [['consumer.session.timeout.ms', SET, '1']], ErrorCode.INVALID_CONFIG],
      [GROUP, 'g', [['no.such', SET, '1']], ErrorCode.INVALID_CONFIG],
      [GROUP, '', [['consumer.session.timeout.ms', SET, '50000']], ErrorCode.INVALID_REQUEST],
      [CLIENT_METRICS, 'm', [['interval.ms', SET, '1']], ErrorCode.INVALID_REQUEST],
      [CLIENT_METRICS, '', [['interval.ms', SET, '1000']], ErrorCode.INVALID_REQUEST],
      [77, 'x', [['a', SET, '1']], ErrorCode.INVALID_REQUEST],
    ];
    for (const [type, name, changes, code] of cases) {
      assert.equal(await alter(services, type, name, changes), code, `${type} ${name} ${JSON.stringify(changes)}`);
    }
    const twice: Change[] = [
      ['retention.ms', SET, '5'],
      ['retention.ms', SET, '6'],
    ];
    assert.equal(await alter(services, TOPIC, 'a', twice), ErrorCode.INVALID_REQUEST);
  });

  it('refuses a resource that occurs twice, both times, and changes the others', async () => {
    const services = await withTopic();
    const resource = (resourceName: string) => ({
      resourceType: TOPIC,
      resourceName,
      configs: [{ name: 'retention.ms', configOperation: SET, value: '5' }],
    });
    const { responses } = await call(services, ALTER, 0, {
      resources: [resource('b'), resource('a'), resource('b')],
    });
    assert.deepEqual(
      responses.map(({ resourceName, errorCode }) => [resourceName, errorCode]),
      [
        ['b', ErrorCode.INVALID_REQUEST],
        ['a', ErrorCode.NONE],
        ['b', ErrorCode.INVALID_REQUEST],
      ],
    );
    assert.equal(valueOf(services, 'retention.ms'), '5');
  });

  it('changes nothing with validateOnly', async () => {
    const services = await withTopic();
    assert.equal(await alter(services, TOPIC, 'a', [['retention.ms', SET, '5']], true), 0);
    assert.equal(await alter(services, BROKER, '', [['log.retention.ms', SET, '5']], true), 0);
    assert.equal(await alter(services, BROKER_LOGGER, '1', [['root', SET, 'DEBUG']], true), 0);
    const bad = await alter(services, TOPIC, 'a', [['retention.ms', SET, 'x']], true);
    assert.equal(bad, ErrorCode.INVALID_CONFIG);
    assert.equal(valueOf(services, 'retention.ms'), undefined);
    assert.equal(services.config.dynamicDefaults.size, 0);
    assert.equal(services.logger.level, 'info');
  });

  it('puts broker settings in force at once', async () => {
    const services = await adminServices();
    assert.equal(await alter(services, BROKER, '1', [['log.retention.ms', SET, '77']]), 0);
    assert.equal(services.config.int('log.retention.ms'), 77);
    assert.equal(await alter(services, BROKER, '1', [['log.retention.ms', REMOVE, null]]), 0);
    assert.notEqual(services.config.text('log.retention.ms'), '77');
  });

  it('shows a log level by the word it was set by, as long as that holds', async () => {
    const services = await adminServices();
    const shown = async () => (await describeOne(services, BROKER_LOGGER, '1')).configs[0]?.value;
    assert.equal(await shown(), 'INFO');
    for (const level of ['FATAL', 'ERROR', 'TRACE', 'DEBUG']) {
      await alter(services, BROKER_LOGGER, '1', [['root', SET, level]]);
      assert.equal(await shown(), level);
    }
    services.logger.level = 'warn';
    assert.equal(await shown(), 'WARN');
  });

  it('changes the log level', async () => {
    const services = await adminServices();
    assert.equal(await alter(services, BROKER_LOGGER, '1', [['root', SET, 'WARN']]), 0);
    assert.equal(services.logger.level, 'warn');
    const cases: [string, Change, number][] = [
      ['2', ['root', SET, 'WARN'], ErrorCode.INVALID_REQUEST],
      ['1', ['root', SET, 'LOUD'], ErrorCode.INVALID_CONFIG],
      ['1', ['other', SET, 'WARN'], ErrorCode.INVALID_CONFIG],
      ['1', ['root', REMOVE, null], ErrorCode.INVALID_REQUEST],
      ['1', ['root', APPEND, 'WARN'], ErrorCode.INVALID_REQUEST],
      ['1', ['root', 9, 'WARN'], ErrorCode.INVALID_REQUEST],
    ];
    for (const [name, change, code] of cases) {
      assert.equal(await alter(services, BROKER_LOGGER, name, [change]), code);
    }
    assert.equal(services.logger.level, 'warn');
  });
});

describe('AlterConfigs', () => {
  it('replaces all configs of a resource', async () => {
    const services = await withTopic();
    await alter(services, TOPIC, 'a', [['retention.ms', SET, '5']]);
    for (const version of [0, 1, 2]) {
      const configs = [{ name: 'segment.ms', value: String(version + 1) }];
      const { responses } = await call(services, REPLACE, version, {
        resources: [{ resourceType: TOPIC, resourceName: 'a', configs }],
      });
      assert.equal(responses[0]?.errorCode, ErrorCode.NONE);
      assert.deepEqual([...(services.metadata.topic('a')?.configs ?? [])], [['segment.ms', String(version + 1)]]);
    }
  });

  it('refuses null values and log levels', async () => {
    const services = await withTopic();
    const { responses } = await call(services, REPLACE, 2, {
      resources: [
        { resourceType: TOPIC, resourceName: 'a', configs: [{ name: 'segment.ms', value: null }] },
        { resourceType: BROKER_LOGGER, resourceName: '1', configs: [{ name: 'root', value: 'WARN' }] },
      ],
    });
    assert.deepEqual(
      responses.map(({ errorCode }) => errorCode),
      [ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST],
    );
  });
});
