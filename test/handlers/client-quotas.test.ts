/** AlterClientQuotas and DescribeClientQuotas as Apache Kafka 4.4.0 was seen to take and to refuse what is asked. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { AlterClientQuotasRequest } from '../../protocol/generated/alter-client-quotas-request.ts';
import {
  type DescribeClientQuotasRequest,
  writeDescribeClientQuotasRequest,
} from '../../protocol/generated/describe-client-quotas-request.ts';
import { readDescribeClientQuotasResponse } from '../../protocol/generated/describe-client-quotas-response.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { ask } from '../support/handler-client.ts';
import { openTestServices } from '../support/test-services.ts';
import { AlterClientQuotas } from '../support/config-apis.ts';

type Component = DescribeClientQuotasRequest['components'][number];
type Entry = AlterClientQuotasRequest['entries'][number];
type Parts = Readonly<Record<string, string | null>>;

const describeApi = {
  apiKey: ApiKey.DescribeClientQuotas,
  write: writeDescribeClientQuotasRequest,
  read: readDescribeClientQuotasResponse,
};

/** An entry that sets quotas; null removes one. */
function entry(parts: Parts, quotas: ReadonlyArray<readonly [string, number | null]>): Entry {
  return {
    entity: Object.entries(parts).map(([entityType, entityName]) => ({ entityType, entityName })),
    ops: quotas.map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  };
}

/** Error codes and messages, by entry of the answer. */
async function alter(services: BrokerServices, entries: readonly Entry[], validateOnly = false, version = 1) {
  const answer = await ask(services, AlterClientQuotas, version, { entries, validateOnly });
  return answer.entries.map(({ errorCode, errorMessage }) => [errorCode, errorMessage] as const);
}

/** `part=name,…: key=value,…` of each entity found, sorted. */
async function find(services: BrokerServices, components: readonly Component[] = [], strict = false) {
  const answer = await ask(services, describeApi, 1, { components, strict });
  assert.equal(answer.errorCode, ErrorCode.NONE);
  return answer.entries
    ?.map(({ entity, values }) => {
      const parts = entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`).sort();
      return `${parts.join()}: ${values.map(({ key, value }) => `${key}=${value}`).join()}`;
    })
    .sort();
}

const BYTES = 'producer_byte_rate';
const user: Component = { entityType: 'user', matchType: 0, match: 'alice' };
const ip: Component = { entityType: 'ip', matchType: 2, match: null };

describe('a filter', () => {
  const CASES: ReadonlyArray<readonly [readonly Component[], number]> = [
    [[], ErrorCode.NONE],
    [[user], ErrorCode.NONE],
    [[user, { entityType: 'client-id', matchType: 1, match: null }], ErrorCode.NONE],
    [[ip], ErrorCode.NONE],
    [[{ ...user, entityType: 'group' }], ErrorCode.UNSUPPORTED_VERSION],
    [[{ ...user, entityType: '' }], ErrorCode.INVALID_REQUEST],
    [[user, user], ErrorCode.INVALID_REQUEST],
    [[{ ...user, match: null }], ErrorCode.INVALID_REQUEST],
    [[{ ...user, matchType: 1 }], ErrorCode.INVALID_REQUEST],
    [[{ ...user, matchType: 2 }], ErrorCode.INVALID_REQUEST],
    [[{ ...user, matchType: 3 }], ErrorCode.INVALID_REQUEST],
    [[user, ip], ErrorCode.INVALID_REQUEST],
  ];

  test('that makes sense finds nothing where nothing is, another is refused', async () => {
    await using opened = await openTestServices();
    for (const [components, errorCode] of CASES) {
      const answer = await ask(opened.services, describeApi, 1, { components, strict: false });
      const entries = errorCode === ErrorCode.NONE ? [] : null;
      assert.deepEqual([answer.errorCode, answer.entries], [errorCode, entries], JSON.stringify(components));
    }
  });

  test('finds entities that have what it names, and when it is strict nothing else', async () => {
    await using opened = await openTestServices();
    const { services } = opened;
    const parts: readonly Parts[] = [
      { user: 'alice' },
      { user: null },
      { user: 'alice', 'client-id': 'app' },
      { user: 'alice', 'client-id': null },
      { 'client-id': 'app' },
    ];
    await alter(
      services,
      parts.map((some) => entry(some, [[BYTES, 1]])),
    );
    const named = async (components: readonly Component[], strict: boolean) =>
      (await find(services, components, strict))?.map((line) => line.split(':')[0]);
    const any = (entityType: string): Component => ({ entityType, matchType: 2, match: null });
    assert.deepEqual(await named([user], false), [
      'client-id=app,user=alice',
      'client-id=null,user=alice',
      'user=alice',
    ]);
    assert.deepEqual(await named([user], true), ['user=alice']);
    assert.deepEqual(await named([any('user')], true), ['user=alice', 'user=null']);
    assert.deepEqual(await named([{ entityType: 'user', matchType: 1, match: null }], false), ['user=null']);
    assert.deepEqual(await named([user, any('client-id')], true), [
      'client-id=app,user=alice',
      'client-id=null,user=alice',
    ]);
    assert.equal((await named([], false))?.length, 5);
    assert.deepEqual(await named([], true), []);
  });
});

describe('a change', () => {
  test('is kept, and another start finds it', async () => {
    await using opened = await openTestServices();
    const odd = 'ü%/, <default>';
    assert.deepEqual(
      await alter(opened.services, [
        entry({ user: odd }, [
          [BYTES, 1000],
          ['request_percentage', 0.01],
        ]),
      ]),
      [[0, null]],
    );
    await using again = await openTestServices({ catalog: opened.catalog });
    assert.deepEqual(await find(again.services), [`user=${odd}: ${BYTES}=1000,request_percentage=0.01`]);
    await alter(again.services, [
      entry({ user: odd }, [
        [BYTES, null],
        ['nonsense', null],
      ]),
    ]);
    assert.deepEqual(await find(again.services), [`user=${odd}: request_percentage=0.01`]);
    await alter(again.services, [entry({ user: odd }, [['request_percentage', null]])]);
    assert.deepEqual(await find(again.services), []);
  });

  const REFUSED: ReadonlyArray<readonly [what: string, Parts, string, number, message: string]> = [
    ['an unknown key', { user: 'u' }, 'foo', 1, 'Invalid configuration key foo'],
    [
      'a key of addresses',
      { user: 'u' },
      'connection_creation_rate',
      1,
      'Invalid configuration key connection_creation_rate',
    ],
    ['a key of clients', { ip: '10.0.0.1' }, BYTES, 1, `Invalid configuration key ${BYTES}`],
    ['an unknown type', { group: 'u' }, BYTES, 1, 'Unhandled client quota entity type: group'],
    ['no entity', {}, BYTES, 1, 'Invalid empty client quota entity'],
    ['an empty name', { 'client-id': '' }, BYTES, 1, 'Empty client-id not supported'],
    ['zero', { user: 'u' }, BYTES, 0, `Quota ${BYTES} must be greater than 0`],
    ['less', { user: 'u' }, 'request_percentage', -1, 'Quota request_percentage must be greater than 0'],
    ['a fraction', { user: 'u' }, BYTES, 1.5, `${BYTES} cannot be a fractional value.`],
    ['no number', { user: 'u' }, BYTES, Number.NaN, `Quota ${BYTES} must be a finite number`],
    ['infinity', { user: 'u' }, 'request_percentage', Infinity, 'Quota request_percentage must be a finite number'],
    ['too much', { user: 'u' }, BYTES, 1e30, `Proposed value for ${BYTES} is too large for a LONG.`],
    [
      'too many connections',
      { ip: '10.0.0.1' },
      'connection_creation_rate',
      2 ** 31,
      'Proposed value for connection_creation_rate is too large for an INT.',
    ],
    [
      'a network',
      { ip: '10.0.0.0/8' },
      'connection_creation_rate',
      1,
      '10.0.0.0/8 is not a valid IP or resolvable host.',
    ],
    [
      'an address of a user',
      { ip: '10.0.0.1', user: 'u' },
      BYTES,
      1,
      'Invalid quota entity combination, IP entity should not be combined with User or ClientId',
    ],
  ];

  for (const [what, parts, key, value, message] of REFUSED) {
    test(`for ${what} is refused, and so is all of its entry`, async () => {
      await using opened = await openTestServices();
      const other = parts['ip'] === undefined ? BYTES : 'connection_creation_rate';
      const quotas = key === other ? [[key, value] as const] : [[other, 5] as const, [key, value] as const];
      assert.deepEqual(await alter(opened.services, [entry(parts, quotas)]), [[ErrorCode.INVALID_REQUEST, message]]);
      assert.deepEqual(await find(opened.services), []);
    });
  }

  test('of fractions, large percentages and hosts is taken, also none at all', async () => {
    await using opened = await openTestServices();
    const entries = [
      entry({ user: 'a', 'client-id': null }, [
        ['request_percentage', 100_000],
        ['controller_mutation_rate', 0.5],
      ]),
      entry({ user: 'b' }, [[BYTES, 2 ** 63]]),
      entry({ ip: 'localhost' }, [['connection_creation_rate', 5]]),
      entry({ ip: null }, [['connection_creation_rate', 5]]),
      entry({ user: 'c' }, []),
    ];
    assert.deepEqual(
      await alter(opened.services, entries),
      Array.from({ length: 5 }, () => [0, null]),
    );
    assert.equal((await find(opened.services))?.length, 4);
  });

  test('that is only to be validated is not made', async () => {
    await using opened = await openTestServices();
    assert.deepEqual(await alter(opened.services, [entry({ user: 'a' }, [[BYTES, 5]])], true, 0), [[0, null]]);
    assert.deepEqual(await find(opened.services), []);
  });

  test('that names an entity twice is refused, but the first is made; one that names a key twice is not', async () => {
    await using opened = await openTestServices();
    const refused = [[ErrorCode.INVALID_REQUEST, 'Ignoring duplicate entity ClientQuotaEntity(entries={user=d})']];
    const twice = [entry({ user: 'd' }, [[BYTES, 1000]]), entry({ user: 'd' }, [[BYTES, 2000]])];
    assert.deepEqual(await alter(opened.services, twice), refused);
    assert.deepEqual(await find(opened.services), [`user=d: ${BYTES}=1000`]);
    const same: Entry = entry({ user: 'd' }, [
      [BYTES, 3000],
      [BYTES, 3000],
    ]);
    assert.deepEqual(await alter(opened.services, [same]), refused);
    assert.deepEqual(await find(opened.services), [`user=d: ${BYTES}=1000`]);
  });

  test('of an entity with two names is for the last', async () => {
    await using opened = await openTestServices();
    const { ops } = entry({}, [[BYTES, 5]]);
    const entity = ['first', 'last'].map((entityName) => ({ entityType: 'user', entityName }));
    assert.deepEqual(await alter(opened.services, [{ entity, ops }]), [[0, null]]);
    assert.deepEqual(await find(opened.services), [`user=last: ${BYTES}=5`]);
  });
});
