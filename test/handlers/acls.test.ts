/** CreateAcls, DescribeAcls and DeleteAcls, as Apache Kafka 4.4.0 was seen to answer them. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { type CreateAclsRequest, writeCreateAclsRequest } from '../../protocol/generated/create-acls-request.ts';
import { readCreateAclsResponse } from '../../protocol/generated/create-acls-response.ts';
import { type DeleteAclsRequest, writeDeleteAclsRequest } from '../../protocol/generated/delete-acls-request.ts';
import { readDeleteAclsResponse } from '../../protocol/generated/delete-acls-response.ts';
import { writeDescribeAclsRequest } from '../../protocol/generated/describe-acls-request.ts';
import { readDescribeAclsResponse } from '../../protocol/generated/describe-acls-response.ts';
import { type BrokerServices, CloseConnection } from '../../src/handlers/types.ts';
import { AclAuthorizer } from '../../src/security/acls/acl-authorizer.ts';
import { readAcls, StoredAcls } from '../../src/security/acls/stored-acls.ts';
import { userPrincipal } from '../../src/security/principal.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { ask } from '../support/handler-client.ts';
import { openTestServices, type TestServices } from '../support/test-services.ts';

const CreateAcls = { apiKey: ApiKey.CreateAcls, write: writeCreateAclsRequest, read: readCreateAclsResponse };
const DeleteAcls = { apiKey: ApiKey.DeleteAcls, write: writeDeleteAclsRequest, read: readDeleteAclsResponse };
const DescribeAcls = { apiKey: ApiKey.DescribeAcls, write: writeDescribeAclsRequest, read: readDescribeAclsResponse };

type Creation = CreateAclsRequest['creations'][number];
type Filter = DeleteAclsRequest['filters'][number];

const [TOPIC, CLUSTER, USER] = [2, 4, 7];
const [ANY, MATCH, LITERAL, PREFIXED] = [1, 2, 3, 4];
const [ALL, READ, WRITE] = [2, 3, 4];
const [DENY, ALLOW] = [2, 3];

const creation: Creation = {
  resourceType: TOPIC,
  resourceName: 'orders',
  resourcePatternType: LITERAL,
  principal: 'User:alice',
  host: '*',
  operation: READ,
  permissionType: ALLOW,
};
const anything: Filter = {
  resourceTypeFilter: ANY,
  resourceNameFilter: null,
  patternTypeFilter: ANY,
  principalFilter: null,
  hostFilter: null,
  operation: ANY,
  permissionType: ANY,
};

const opened: TestServices[] = [];
afterEach(async () => {
  for (const services of opened.splice(0)) await services[Symbol.asyncDispose]();
});

/** Services with an authorizer to which who asks is a super user. */
async function open(catalog = new MemoryCatalog()): Promise<BrokerServices & { readonly authorizer: AclAuthorizer }> {
  const { services } = await track(catalog);
  const options = { superUsers: new Set(['User:ANONYMOUS']), allowsWithoutAcl: false };
  const authorizer = new AclAuthorizer(options, readAcls(services.metadata));
  return { ...services, authorizer, acls: new StoredAcls(services.metadata, authorizer) };
}

async function track(catalog = new MemoryCatalog()): Promise<TestServices> {
  const services = await openTestServices({ catalog });
  opened.push(services);
  return services;
}

async function create(services: BrokerServices, ...fields: ReadonlyArray<Partial<Creation>>) {
  const creations = fields.map((some) => ({ ...creation, ...some }));
  return (await ask(services, CreateAcls, 3, { creations })).results;
}

async function found(services: BrokerServices, filter: Partial<Filter> = {}): Promise<string[]> {
  const { errorCode, errorMessage, resources } = await ask(services, DescribeAcls, 3, { ...anything, ...filter });
  assert.deepEqual([errorCode, errorMessage], [ErrorCode.NONE, '']);
  return resources.flatMap(({ resourceName, patternType, acls }) =>
    acls.map(({ principal, operation }) => `${patternType} ${resourceName} ${principal} ${operation}`),
  );
}

test('many ACLs of one resource are stored together, and deleted together', async () => {
  const { services, catalog } = await track();
  const authorizer = new AclAuthorizer({ superUsers: new Set(['User:ANONYMOUS']), allowsWithoutAcl: false });
  const own = { ...services, authorizer, acls: new StoredAcls(services.metadata, authorizer) };
  let writes = 0;
  const setConfigs = catalog.setConfigs.bind(catalog);
  catalog.setConfigs = (...args) => {
    writes += 1;
    return setConfigs(...args);
  };
  const many = Array.from({ length: 1000 }, (_, i) => ({ principal: `User:u${i}` }));
  assert.ok((await create(own, ...many)).every(({ errorCode }) => errorCode === 0));
  assert.deepEqual([writes, [...readAcls(services.metadata)].length, [...authorizer.acls].length], [1, 1000, 1000]);
  await ask(own, DeleteAcls, 3, { filters: [anything] });
  assert.deepEqual([writes, [...readAcls(services.metadata)].length, [...authorizer.acls].length], [2, 0, 0]);
});

test('changes of one ACL that are asked for at once count in their order', async () => {
  const { services } = await track();
  const authorizer = new AclAuthorizer({ superUsers: new Set(), allowsWithoutAcl: false });
  const acls = new StoredAcls(services.metadata, authorizer);
  const acl = { type: 'TOPIC', patternType: 'LITERAL', name: 'a', principal: 'User:a', host: '*' } as const;
  const whole = { ...acl, operation: 'READ', permission: 'ALLOW' } as const;
  await Promise.all([acls.create(whole), acls.delete(whole), acls.create(whole)]);
  assert.deepEqual([[...acls.acls], [...readAcls(services.metadata)]], [[whole], [whole]]);
  await Promise.all([acls.delete(whole), acls.create(whole), acls.delete(whole)]);
  assert.deepEqual([[...acls.acls], [...readAcls(services.metadata)]], [[], []]);
});

describe('an ACL that is created', () => {
  test('may be of a principal with nothing before or behind its colon', async () => {
    const services = await open();
    for (const principal of [':x', ':', 'User:']) {
      assert.deepEqual(await create(services, { principal }), [{ errorCode: 0, errorMessage: '' }]);
    }
  });

  test('counts at once, is described, and is there after a restart', async () => {
    const catalog = new MemoryCatalog();
    const services = await open(catalog);
    const alice = { principal: userPrincipal('alice'), host: '10.0.0.1' };
    assert.equal(services.authorizer.allows(alice, 'READ', 'TOPIC', 'orders'), false);
    assert.deepEqual(await create(services, {}), [{ errorCode: 0, errorMessage: '' }]);
    assert.equal(services.authorizer.allows(alice, 'READ', 'TOPIC', 'orders'), true);
    assert.deepEqual(await found(services), ['3 orders User:alice 3']);
    const restarted = await open(catalog);
    assert.equal(restarted.authorizer.allows(alice, 'READ', 'TOPIC', 'orders'), true);
  });

  test('twice is one', async () => {
    const services = await open();
    await create(services, {}, {});
    assert.equal((await found(services)).length, 1);
  });

  const odd: ReadonlyArray<Partial<Creation>> = [
    { resourceType: 3, operation: WRITE },
    { resourceType: USER, resourceName: 'bob' },
    { resourceType: CLUSTER, resourceName: 'kafka-cluster', resourcePatternType: PREFIXED },
    { resourceName: '*', resourcePatternType: PREFIXED },
    { resourceName: 'no topic/name' },
    { principal: 'User:' },
    { principal: 'Group:g' },
    { principal: 'user:bob' },
    { host: '10.0.0.0/8' },
    { operation: 15 },
  ];
  for (const fields of odd) {
    test(`may be odd: ${JSON.stringify(fields)}`, async () => {
      const services = await open();
      assert.deepEqual(await create(services, fields), [{ errorCode: 0, errorMessage: '' }]);
      assert.equal((await found(services)).length, 1);
    });
  }

  const wrong: ReadonlyArray<readonly [Partial<Creation>, string]> = [
    [{ resourceName: '' }, 'Invalid empty resource name'],
    [{ host: '' }, 'Host pattern cannot be null or empty'],
    [{ operation: 16 }, 'Invalid operation UNKNOWN'],
    [{ resourceType: 8 }, 'Invalid resourceType UNKNOWN'],
    [{ resourceType: CLUSTER, resourceName: '*' }, 'The only valid name for the CLUSTER resource is kafka-cluster'],
    [
      { resourceType: CLUSTER, resourceName: 'kafka', resourcePatternType: PREFIXED },
      'The only valid name for the CLUSTER resource is kafka-cluster',
    ],
    [
      { principal: 'bob' },
      'Could not parse principal from `bob` (no colon is present separating the principal type from the principal name)',
    ],
  ];
  for (const [fields, errorMessage] of wrong) {
    test(`is refused alone with "${errorMessage}": ${JSON.stringify(fields)}`, async () => {
      const services = await open();
      const results = await create(services, fields, {});
      assert.deepEqual(results, [
        { errorCode: ErrorCode.INVALID_REQUEST, errorMessage },
        { errorCode: 0, errorMessage: '' },
      ]);
      assert.equal((await found(services)).length, 1);
    });
  }

  for (const fields of [
    { operation: ANY },
    { resourceType: ANY },
    { permissionType: ANY },
    { resourcePatternType: ANY },
    { resourcePatternType: MATCH },
  ]) {
    test(`is refused with all of its request where it is a filter: ${JSON.stringify(fields)}`, async () => {
      const services = await open();
      const refused = { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: null };
      assert.deepEqual(await create(services, {}, fields), [refused, refused]);
      assert.deepEqual(await found(services), []);
    });
  }
});

describe('a filter', () => {
  test('finds what is about a name, what is called so, and what somebody may do', async () => {
    const services = await open();
    await create(services, {}, { resourceName: '*' }, { resourceName: 'ord', resourcePatternType: PREFIXED });
    await create(services, { operation: ALL, principal: 'User:*' });
    const named = { resourceNameFilter: 'orders' };
    assert.deepEqual(await found(services, { ...named, patternTypeFilter: MATCH, operation: READ }), [
      '3 orders User:alice 3',
      '3 * User:alice 3',
      '4 ord User:alice 3',
    ]);
    assert.deepEqual(await found(services, { ...named, patternTypeFilter: LITERAL, operation: ALL }), [
      '3 orders User:* 2',
    ]);
    assert.deepEqual(await found(services, { principalFilter: 'alice' }), []);
    for (const fields of [{ operation: 99 }, { resourceTypeFilter: 99 }, { permissionType: 99 }]) {
      assert.deepEqual(await found(services, fields), [], JSON.stringify(fields));
    }
  });

  test('deletes what it finds and tells it, for each filter that does', async () => {
    const services = await open();
    await create(services, {}, { operation: WRITE, permissionType: DENY });
    const filters = [anything, { ...anything, operation: WRITE }, { ...anything, resourceNameFilter: 'none' }];
    const { filterResults } = await ask(services, DeleteAcls, 3, { filters });
    assert.deepEqual(
      filterResults.map(({ errorCode, matchingAcls }) => [errorCode, matchingAcls.map(({ operation }) => operation)]),
      [
        [0, [READ, WRITE]],
        [0, [WRITE]],
        [0, []],
      ],
    );
    assert.deepEqual(await found(services), []);
  });

  test('of DeleteAcls with a number past those that are known is refused alone', async () => {
    const services = await open();
    const unknown = [{ operation: 99 }, { permissionType: 99 }, { resourceTypeFilter: 99 }, { patternTypeFilter: 99 }];
    const filters = [...unknown, {}].map((fields) => ({ ...anything, ...fields }));
    const { filterResults } = await ask(services, DeleteAcls, 3, { filters });
    assert.deepEqual(
      filterResults.map(({ errorCode, errorMessage }) => [errorCode, errorMessage]),
      [
        [ErrorCode.INVALID_REQUEST, 'Unknown entryFilter.'],
        [ErrorCode.INVALID_REQUEST, 'Unknown entryFilter.'],
        [ErrorCode.INVALID_REQUEST, 'Unknown patternFilter.'],
        [ErrorCode.INVALID_REQUEST, 'Unknown patternFilter.'],
        [ErrorCode.NONE, null],
      ],
    );
  });

  test('closes the connection with UNKNOWN in a field', async () => {
    const services = await open();
    for (const field of ['resourceTypeFilter', 'patternTypeFilter', 'operation', 'permissionType']) {
      const filter = { ...anything, [field]: 0 };
      await assert.rejects(async () => ask(services, DescribeAcls, 3, filter), CloseConnection);
      await assert.rejects(async () => ask(services, DeleteAcls, 3, { filters: [filter] }), CloseConnection);
    }
    await assert.rejects(async () => create(services, { operation: 0 }), CloseConnection);
  });
});

test('without an authorizer every one says that security is off', async () => {
  const { services } = await track();
  const code = ErrorCode.SECURITY_DISABLED;
  const none = 'No Authorizer is configured.';
  assert.deepEqual(await create(services, {}), [{ errorCode: code, errorMessage: none }]);
  const { filterResults } = await ask(services, DeleteAcls, 3, { filters: [anything] });
  assert.deepEqual(filterResults, [{ errorCode: code, errorMessage: none, matchingAcls: [] }]);
  const described = await ask(services, DescribeAcls, 3, anything);
  assert.deepEqual([described.errorCode, described.errorMessage], [code, 'No Authorizer is configured on the broker']);
});

test('who may not alter the cluster creates and deletes nothing, who may not describe it sees nothing', async () => {
  const services = await open();
  await create(services, {});
  const nobody = new AclAuthorizer({ superUsers: new Set(), allowsWithoutAcl: false });
  const denied = { ...services, authorizer: nobody };
  const code = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
  assert.equal((await create(denied, { operation: WRITE }))[0]?.errorCode, code);
  const { filterResults } = await ask(denied, DeleteAcls, 3, { filters: [anything] });
  assert.deepEqual([filterResults[0]?.errorCode, filterResults[0]?.matchingAcls], [code, []]);
  const described = await ask(denied, DescribeAcls, 3, anything);
  assert.deepEqual([described.errorCode, described.resources], [code, []]);
  assert.deepEqual(await found(services), ['3 orders User:alice 3']);
});
