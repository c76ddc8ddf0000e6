/** ListConfigResources. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeListConfigResourcesRequest } from '../../protocol/generated/list-config-resources-request.ts';
import { readListConfigResourcesResponse } from '../../protocol/generated/list-config-resources-response.ts';
import { listConfigResourcesHandler } from '../../src/handlers/list-config-resources.ts';
import { ConfigResourceType } from '../../src/metadata/types.ts';
import { adminServices, call } from '../support/admin-services.ts';

const LIST = {
  api: listConfigResourcesHandler,
  write: writeListConfigResourcesRequest,
  read: readListConfigResourcesResponse,
};
const { GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC } = ConfigResourceType;

async function withResources() {
  const services = await adminServices();
  const { metadata } = services;
  const topic = { partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map() };
  await metadata.createTopic({ ...topic, name: 't' });
  const set = (name: string, value: string) => () => new Map([[name, value]]);
  await metadata.alterDynamicConfigs(GROUP, 'g2', set('share.auto.offset.reset', 'earliest'));
  await metadata.alterDynamicConfigs(GROUP, 'g1', set('share.auto.offset.reset', 'earliest'));
  await metadata.alterDynamicConfigs(CLIENT_METRICS, 's', set('interval.ms', '1000'));
  await metadata.alterDynamicConfigs(BROKER, '', set('log.retention.ms', '1000000'));
  return services;
}

async function list(version: number, resourceTypes?: number[]) {
  const answer = await call(await withResources(), LIST, version, resourceTypes === undefined ? {} : { resourceTypes });
  return [
    answer.errorCode,
    answer.configResources.map(({ resourceName, resourceType }) => [resourceType, resourceName]),
  ];
}

test('no types are all types', async () => {
  const all = [
    [GROUP, 'g1'],
    [GROUP, 'g2'],
    [CLIENT_METRICS, 's'],
    [BROKER_LOGGER, '1'],
    [BROKER, '1'],
    [TOPIC, 't'],
  ];
  assert.deepEqual(await list(1), [ErrorCode.NONE, all]);
  assert.deepEqual(await list(1, [TOPIC, BROKER, GROUP, CLIENT_METRICS, BROKER_LOGGER]), [ErrorCode.NONE, all]);
});

test('only the types asked for are listed, once', async () => {
  assert.deepEqual(await list(1, [BROKER, BROKER]), [ErrorCode.NONE, [[BROKER, '1']]]);
  assert.deepEqual(await list(1, [TOPIC]), [ErrorCode.NONE, [[TOPIC, 't']]]);
});

test('version 0 lists client-metrics subscriptions', async () => {
  assert.deepEqual(await list(0), [ErrorCode.NONE, [[CLIENT_METRICS, 's']]]);
});

test('a type that is not known refuses the request', async () => {
  for (const type of [0, 1, 3, 64]) assert.deepEqual(await list(1, [GROUP, type]), [ErrorCode.UNSUPPORTED_VERSION, []]);
});
