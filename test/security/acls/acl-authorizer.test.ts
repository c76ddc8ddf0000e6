/** Rights as Apache Kafka 4.4.0 was seen to combine them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import type { Acl } from '../../../src/security/acls/acl.ts';
import { AclAuthorizer } from '../../../src/security/acls/acl-authorizer.ts';
import type { Operation, ResourceType } from '../../../src/security/authorizer.ts';
import { userPrincipal } from '../../../src/security/principal.ts';

function acl(fields: Partial<Acl> = {}): Acl {
  return {
    type: 'TOPIC',
    patternType: 'LITERAL',
    name: 'orders',
    principal: 'User:alice',
    host: '*',
    operation: 'READ',
    permission: 'ALLOW',
    ...fields,
  };
}

function authorizer(acls: readonly Acl[], allowsWithoutAcl = false): AclAuthorizer {
  return new AclAuthorizer({ superUsers: new Set(['User:admin']), allowsWithoutAcl }, acls);
}

const alice = { principal: userPrincipal('alice'), host: '10.0.0.1' };
const may = (of: AclAuthorizer, operation: Operation, name = 'orders', who = alice): boolean =>
  of.allows(who, operation, 'TOPIC', name);

const OPERATIONS: readonly Operation[] = [
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
];

describe('what is allowed', () => {
  test('from a range of addresses is denied from no other, and what is denied from one is allowed from others', () => {
    const near = authorizer([acl({ host: '10.0.0.0/24' })]);
    const far = authorizer([acl(), acl({ host: '10.0.0.0/24', permission: 'DENY' })]);
    for (const [host, isNear] of [
      ['10.0.0.1', true],
      ['10.0.1.1', false],
    ] as const) {
      assert.equal(may(near, 'READ', 'orders', { ...alice, host }), isNear);
      assert.equal(may(far, 'READ', 'orders', { ...alice, host }), !isNear);
    }
  });

  test('is nothing without an ACL, and everything to a super user', () => {
    const of = authorizer([acl({ principal: 'User:admin', operation: 'ALL', permission: 'DENY' })]);
    for (const operation of OPERATIONS) {
      assert.equal(may(of, operation), false);
      assert.equal(may(of, operation, 'orders', { ...alice, principal: userPrincipal('admin') }), true);
    }
  });

  const implied: ReadonlyArray<readonly [Acl['operation'], readonly Operation[]]> = [
    ['READ', ['READ', 'DESCRIBE']],
    ['WRITE', ['WRITE', 'DESCRIBE']],
    ['DELETE', ['DELETE', 'DESCRIBE']],
    ['ALTER', ['ALTER', 'DESCRIBE']],
    ['ALTER_CONFIGS', ['DESCRIBE_CONFIGS', 'ALTER_CONFIGS']],
    ['CREATE', ['CREATE']],
    ['DESCRIBE', ['DESCRIBE']],
    ['DESCRIBE_CONFIGS', ['DESCRIBE_CONFIGS']],
    ['ALL', OPERATIONS],
  ];
  for (const [operation, allowed] of implied) {
    test(`${operation} allows ${allowed.join(' and ')}, and nothing else`, () => {
      const of = authorizer([acl({ operation })]);
      assert.deepEqual(
        OPERATIONS.filter((asked) => may(of, asked)),
        allowed,
      );
    });
  }

  test('is for the user, the address and the resource that the ACL names', () => {
    const of = authorizer([acl({ host: '10.0.0.1' })]);
    assert.equal(may(of, 'READ'), true);
    assert.equal(may(of, 'READ', 'orders', { ...alice, host: '10.0.0.2' }), false);
    assert.equal(may(of, 'READ', 'orders', { ...alice, principal: userPrincipal('bob') }), false);
    assert.equal(may(of, 'READ', 'order'), false);
    assert.equal(of.allows(alice, 'READ', 'GROUP', 'orders'), false);
  });

  test('is for everybody as User:*, for any topic as *, and for a beginning of its name', () => {
    assert.equal(may(authorizer([acl({ principal: 'User:*' })]), 'READ'), true);
    assert.equal(may(authorizer([acl({ name: '*' })]), 'READ', 'any'), true);
    const prefixed = authorizer([acl({ patternType: 'PREFIXED', name: 'ord' })]);
    assert.deepEqual(
      ['or', 'ord', 'orders', 'xord'].map((name) => may(prefixed, 'READ', name)),
      [false, true, true, false],
    );
  });
});

describe('what is denied', () => {
  test('is only what the ACL says, whatever is implied when it is allowed', () => {
    const all = acl({ operation: 'ALL' });
    const noRead = authorizer([all, acl({ permission: 'DENY' })]);
    assert.deepEqual([may(noRead, 'READ'), may(noRead, 'DESCRIBE')], [false, true]);
    const noDescribe = authorizer([acl(), acl({ operation: 'DESCRIBE', permission: 'DENY' })]);
    assert.deepEqual([may(noDescribe, 'READ'), may(noDescribe, 'DESCRIBE')], [true, false]);
    const nothing = authorizer([all, acl({ operation: 'ALL', permission: 'DENY' })]);
    assert.deepEqual(
      OPERATIONS.filter((asked) => may(nothing, asked)),
      [],
    );
  });

  for (const pattern of [{ name: '*' }, { patternType: 'PREFIXED' as const, name: 'o' }]) {
    test(`on ${pattern.name} beats what is allowed on the name itself`, () => {
      assert.equal(may(authorizer([acl(), acl({ ...pattern, permission: 'DENY' })]), 'READ'), false);
    });
  }

  for (const [host, from] of [
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80:0:0:0:0:0:0:1', 'fe80::1%eth0'],
    ['fe80::/64', 'fe80::1%eth0'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
  ] as const) {
    test(`to ${host} is denied to ${from}`, () => {
      const of = authorizer([acl(), acl({ operation: 'ALL', host, permission: 'DENY' })]);
      const who = { ...alice, host: from };
      assert.deepEqual([may(of, 'READ', 'orders', who), of.allowsAny(who, 'READ', 'TOPIC')], [false, false]);
      assert.deepEqual(new Set([...of.acls].map((one) => one.host)), new Set(['*', host]));
    });
  }

  test('to another address is not denied', () => {
    assert.equal(may(authorizer([acl(), acl({ host: '10.9.9.9', permission: 'DENY' })]), 'READ'), true);
  });
});

describe('with allow.everyone.if.no.acl.found', () => {
  test('a resource is open until an ACL is about it, whoever that is for', () => {
    const of = authorizer([acl({ principal: 'User:bob' })], true);
    assert.equal(may(of, 'WRITE', 'payments'), true);
    assert.equal(may(of, 'READ', 'orders'), false);
    for (const pattern of [{ name: '*' }, { patternType: 'PREFIXED' as const, name: 'pay' }]) {
      assert.equal(may(authorizer([acl({ principal: 'User:bob', ...pattern })], true), 'READ', 'payments'), false);
    }
  });
});

test('a change counts at once', () => {
  const of = authorizer([]);
  assert.equal(may(of, 'READ'), false);
  of.change([acl()], []);
  assert.equal(may(of, 'READ'), true);
  of.change([], [acl()]);
  assert.equal(may(of, 'READ'), false);
  assert.deepEqual([...of.acls], []);
});

describe('some resource of a type', () => {
  const some = (acls: readonly Acl[], allowsWithoutAcl = false): boolean =>
    authorizer(acls, allowsWithoutAcl).allowsAny(alice, 'READ', 'TOPIC');

  test('is allowed by an ACL of any kind', () => {
    assert.equal(some([]), false);
    assert.equal(some([], true), true);
    for (const pattern of [{}, { name: '*' }, { patternType: 'PREFIXED' as const }]) {
      assert.equal(some([acl(pattern)]), true);
    }
    assert.equal(some([acl({ principal: 'User:bob' })]), false);
    assert.equal(some([acl({ operation: 'WRITE' })]), false);
  });

  test('is not where every such ACL is denied as a whole', () => {
    const deny = (fields: Partial<Acl>): Acl => acl({ ...fields, permission: 'DENY' });
    assert.equal(some([acl(), deny({})]), false);
    assert.equal(some([acl(), deny({ name: '*' })]), false);
    assert.equal(some([acl(), deny({ patternType: 'PREFIXED', name: 'ord' })]), false);
    assert.equal(some([acl({ patternType: 'PREFIXED' }), deny({ patternType: 'PREFIXED', name: 'ord' })]), false);
    assert.equal(some([acl({ patternType: 'PREFIXED' }), deny({})]), true);
    assert.equal(some([acl({ name: '*' }), deny({})]), true);
    assert.equal(some([acl({ name: '*' }), deny({ name: '*' })]), false);
  });
});

test('decisions are those of a list that is walked from end to end', () => {
  const random = seededRandom(11);
  const pick = <T>(items: readonly T[]): T => items[random.int(items.length)] as T;
  const names = ['a', 'ab', 'abc', 'b', '*'];
  for (let round = 0; round < 300; round++) {
    const acls = Array.from({ length: 6 }, () =>
      acl({
        patternType: pick(['LITERAL', 'PREFIXED']),
        name: pick(names),
        principal: pick(['User:alice', 'User:bob', 'User:*']),
        host: pick(['*', '10.0.0.1', '10.0.0.2']),
        operation: pick(['READ', 'DESCRIBE', 'ALL']),
        permission: pick(['ALLOW', 'ALLOW', 'DENY']),
      }),
    );
    const of = authorizer(acls);
    for (const name of ['a', 'ab', 'abcd', 'b', 'c']) {
      for (const operation of ['READ', 'DESCRIBE', 'WRITE'] as const) {
        assert.equal(
          may(of, operation, name),
          byList(acls, operation, name),
          JSON.stringify({ acls, operation, name }),
        );
      }
    }
  }
});

function byList(acls: readonly Acl[], operation: Operation, name: string): boolean {
  const mine = acls.filter(
    (one) =>
      ['User:alice', 'User:*'].includes(one.principal) &&
      ['10.0.0.1', '*'].includes(one.host) &&
      (one.patternType === 'PREFIXED' ? name.startsWith(one.name) : ['*', name].includes(one.name)),
  );
  const says = (one: Acl): boolean => one.operation === operation || one.operation === 'ALL';
  if (mine.some((one) => one.permission === 'DENY' && says(one))) return false;
  const implies = (one: Acl): boolean => operation === 'DESCRIBE' && one.operation === 'READ';
  return mine.some((one) => one.permission === 'ALLOW' && (says(one) || implies(one)));
}

test('the type of a resource keeps ACLs apart', () => {
  const types: readonly ResourceType[] = ['TOPIC', 'GROUP', 'CLUSTER', 'TRANSACTIONAL_ID', 'DELEGATION_TOKEN', 'USER'];
  for (const type of types) {
    const of = authorizer([acl({ type })]);
    assert.deepEqual(
      types.filter((asked) => of.allows(alice, 'READ', asked, 'orders')),
      [type],
    );
  }
});
