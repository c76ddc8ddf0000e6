/** A broker that is killed while rights, users, quotas and tokens change: what was acknowledged is there, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { eventually } from '../conformance/node/scenario-runner.ts';
import { ADMIN, aclFilter, settingsWith } from '../conformance/differential/authorization/rights.ts';
import type { ApiName } from '../../protocol/apis.ts';
import type { Body } from '../conformance/differential/api-client.ts';
import { SecuredBroker } from '../conformance/differential/authorization/secured-broker.ts';

const KILLS = Number(process.env['WALKA_KILLS'] ?? 5);
/** Changes that are acknowledged in a life, at most; then it goes on for so long. */
const MAX_CHANGES = 40;
const MAX_REST_MS = 20;
const NAMES = 8;
const SALT = Buffer.from('salt of a user');

/** What answers say, of all that are asked for here. */
interface Item {
  readonly errorCode: number;
  readonly resourceName: string;
  readonly user: string;
  readonly credentialInfos: readonly { readonly iterations: number }[];
  readonly entity: readonly { readonly entityName: string }[];
  readonly values: readonly { readonly value: number }[];
  readonly principalName: string;
  readonly hmac: Buffer;
}
type Told = Readonly<Record<'results' | 'filterResults' | 'entries' | 'tokens' | 'resources', readonly Item[]>> & Item;

async function ask(broker: SecuredBroker, ...[api, version, body]: [ApiName, number, Body]): Promise<Told> {
  return (await broker.ask(ADMIN, api, version, body)) as unknown as Told;
}

function codeOf(items: readonly Item[]): number | undefined {
  return items[0]?.errorCode;
}

type Value = string | null;

/** One kind of what is kept: how it is made what it shall be, and what it is. Null: it is not there. */
interface Kind {
  readonly name: string;
  readonly values: readonly Value[];
  /** Resolves with the error code. */
  set(broker: SecuredBroker, item: string, value: Value): Promise<number | undefined>;
  read(broker: SecuredBroker): Promise<ReadonlyMap<string, Value>>;
}

function acl(item: string) {
  return {
    principal: 'User:somebody',
    host: '*',
    operation: 3,
    permissionType: 3,
    resourceType: 2,
    resourceName: item,
  };
}

const ACLS: Kind = {
  name: 'acls',
  values: ['allowed', null],
  async set(broker, item, value) {
    const one = acl(item);
    if (value !== null) {
      const creations = [{ ...one, resourcePatternType: 3 }];
      return codeOf((await ask(broker, 'CreateAcls', 3, { creations })).results);
    }
    const filter = {
      ...aclFilter(one.principal),
      resourceTypeFilter: 2,
      resourceNameFilter: item,
      patternTypeFilter: 3,
    };
    return codeOf((await ask(broker, 'DeleteAcls', 3, { filters: [filter] })).filterResults);
  },
  async read(broker) {
    const answer = await ask(broker, 'DescribeAcls', 3, aclFilter());
    return new Map(answer.resources.map(({ resourceName }) => [resourceName, 'allowed']));
  },
};

const USERS: Kind = {
  name: 'users',
  values: ['4096', '5000', null],
  async set(broker, name, value) {
    const upsertion = { name, mechanism: 1, iterations: Number(value), salt: SALT, saltedPassword: SALT };
    const body =
      value === null
        ? { deletions: [{ name, mechanism: 1 }], upsertions: [] }
        : { deletions: [], upsertions: [upsertion] };
    return codeOf((await ask(broker, 'AlterUserScramCredentials', 0, body)).results);
  },
  async read(broker) {
    const { results } = await ask(broker, 'DescribeUserScramCredentials', 0, { users: null });
    return new Map(results.map(({ user, credentialInfos }) => [user, String(credentialInfos[0]?.iterations)]));
  },
};

const QUOTAS: Kind = {
  name: 'quotas',
  values: ['1000', '2000', null],
  async set(broker, entityName, value) {
    const ops = [{ key: 'producer_byte_rate', value: Number(value ?? 0), remove: value === null }];
    const entries = [{ entity: [{ entityType: 'user', entityName }], ops }];
    return codeOf((await ask(broker, 'AlterClientQuotas', 1, { entries })).entries);
  },
  async read(broker) {
    const components = [{ entityType: 'user', matchType: 2, match: null }];
    const answer = await ask(broker, 'DescribeClientQuotas', 1, { components, strict: false });
    return new Map(answer.entries.map(({ entity, values }) => [entity[0]?.entityName ?? '', String(values[0]?.value)]));
  },
};

/** By their owners, each of whom has one at most. */
const TOKENS: Kind = {
  name: 'tokens',
  values: ['there', null],
  async set(broker, ownerPrincipalName, value) {
    const { tokens } = await ask(broker, 'DescribeDelegationToken', 3, {
      owners: [{ principalType: 'User', principalName: ownerPrincipalName }],
    });
    if (tokens.length > 0 === (value !== null)) return 0;
    if (value !== null) {
      const owner = { ownerPrincipalType: 'User', ownerPrincipalName };
      const renewers = [{ principalType: 'User', principalName: ADMIN }];
      const body = { ...owner, renewers, maxLifetimeMs: -1 };
      return (await ask(broker, 'CreateDelegationToken', 3, body)).errorCode;
    }
    const expiry = { hmac: tokens[0]?.hmac, expiryTimePeriodMs: -1 };
    return (await ask(broker, 'ExpireDelegationToken', 2, expiry)).errorCode;
  },
  async read(broker) {
    const { tokens } = await ask(broker, 'DescribeDelegationToken', 3, { owners: null });
    return new Map(tokens.map(({ principalName }) => [principalName, 'there']));
  },
};

const KINDS = [ACLS, USERS, QUOTAS, TOKENS];
/** Of a user who is not there, which may be deleted nevertheless. */
const NOTHING_TO_DELETE = 91;

/** What is known: what each item is, or may be if the answer never came. */
class Model {
  readonly #items = new Map<string, Set<Value>>();
  acknowledged = 0;

  /** Changes things until the broker is gone. */
  async change(broker: SecuredBroker, kind: Kind, random: Random): Promise<void> {
    for (;;) {
      const item = `${kind.name}-${random.int(NAMES)}`;
      const value = kind.values[random.int(kind.values.length)] as Value;
      const possible = this.#items.get(item) ?? new Set([null]);
      this.#items.set(item, new Set([...possible, value]));
      const code = await kind.set(broker, item, value).catch(() => null);
      if (code === null || code === undefined) return;
      assert.ok(code === 0 || code === NOTHING_TO_DELETE, `${item}: error ${code}`);
      this.#items.set(item, new Set([value]));
      this.acknowledged += 1;
    }
  }

  async check(broker: SecuredBroker): Promise<void> {
    for (const kind of KINDS) {
      const found = await kind.read(broker);
      for (const item of found.keys()) assert.ok(this.#items.has(item), `nobody made ${item}`);
      for (const [item, possible] of this.#items) {
        if (!item.startsWith(kind.name)) continue;
        const value = found.get(item) ?? null;
        assert.ok(possible.has(value), `${item} is ${value}, not ${[...possible].join(' or ')}`);
        this.#items.set(item, new Set([value]));
      }
    }
  }
}

test('kill -9 while rights, users, quotas and tokens change loses none of them', { timeout: 240_000 }, async () => {
  const random = seededRandom(7);
  const model = new Model();
  const settings = { ...settingsWith([]), 'delegation.token.secret.key': 'a key' };
  await using broker = await SecuredBroker.start('walka', settings);
  for (let kill = 0; kill < KILLS; kill++) {
    const changes = KINDS.map((kind) => model.change(broker, kind, random));
    const enough = model.acknowledged + 1 + random.int(MAX_CHANGES);
    await eventually('changes', () => (model.acknowledged >= enough ? true : undefined));
    await delay(random.int(MAX_REST_MS));
    await broker.kill();
    await Promise.all(changes);
    await broker.restart();
    await model.check(broker);
  }
});
