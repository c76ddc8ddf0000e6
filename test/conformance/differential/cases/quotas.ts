/** Quotas as they are defined and described; what they do is compared in quotas.conformance.ts. */
import type { Case, Session } from '../session.ts';

type Parts = Readonly<Record<string, string | null>>;
type Quotas = ReadonlyArray<readonly [key: string, value: number | null]>;

function entry(parts: Parts, quotas: Quotas): object {
  return {
    entity: Object.entries(parts).map(([entityType, entityName]) => ({ entityType, entityName })),
    ops: quotas.map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  };
}

const BYTES = 'producer_byte_rate';
const CONNECTIONS = 'connection_creation_rate';

/** Each by itself, as Kafka answers several in an order of its own. */
const CHANGES: ReadonlyArray<readonly [step: string, parts: (own: string) => Parts, quotas: Quotas]> = [
  ['bytes', (own) => ({ user: own }), [[BYTES, 1_000_000]]],
  ['a percentage with a fraction', (own) => ({ user: own }), [['request_percentage', 0.01]]],
  ['a client of a user', (own) => ({ 'client-id': own, user: own }), [['controller_mutation_rate', 1.5]]],
  ['a user by default of a client', (own) => ({ 'client-id': own, user: null }), [[BYTES, 2 ** 53]]],
  ['a name like the default', () => ({ user: '<default>' }), [[BYTES, 1_000_000]]],
  ['a name with odd characters', (own) => ({ user: `${own} ü%/,` }), [[BYTES, 1_000_000]]],
  ['no change at all', (own) => ({ user: own }), []],
  ['the removal of what is not there', (own) => ({ user: `${own}-none` }), [['nonsense', null]]],
  ['an unknown key', (own) => ({ user: own }), [['nonsense', 1]]],
  ['a key of addresses', (own) => ({ user: own }), [[CONNECTIONS, 1]]],
  ['a key of clients', () => ({ ip: '10.99.0.1' }), [[BYTES, 1]]],
  ['an unknown type', (own) => ({ group: own }), [[BYTES, 1]]],
  ['no entity', () => ({}), [[BYTES, 1]]],
  ['an empty user', () => ({ user: '' }), [[BYTES, 1]]],
  ['an empty client id', () => ({ 'client-id': '' }), [[BYTES, 1]]],
  ['zero', (own) => ({ user: own }), [[BYTES, 0]]],
  ['less than zero', (own) => ({ user: own }), [['request_percentage', -1]]],
  ['a fraction of bytes', (own) => ({ user: own }), [[BYTES, 1.5]]],
  ['nearly a whole number', (own) => ({ user: `${own}-whole` }), [[BYTES, 1.000_000_1]]],
  ['no number', (own) => ({ user: own }), [[BYTES, Number.NaN]]],
  ['infinity', (own) => ({ user: own }), [['request_percentage', Infinity]]],
  ['too many bytes', (own) => ({ user: own }), [[BYTES, 1e30]]],
  ['as many as a long', (own) => ({ user: `${own}-long` }), [[BYTES, 2 ** 63]]],
  ['an address', () => ({ ip: '10.99.0.1' }), [[CONNECTIONS, 1000]]],
  ['an IPv6 address', () => ({ ip: '2001:db8::1' }), [[CONNECTIONS, 1000]]],
  ['too many connections', () => ({ ip: '10.99.0.1' }), [[CONNECTIONS, 2 ** 31]]],
  ['a fraction of connections', () => ({ ip: '10.99.0.1' }), [[CONNECTIONS, 1.5]]],
  ['a network', () => ({ ip: '10.0.0.0/8' }), [[CONNECTIONS, 1]]],
  [
    'a key twice',
    (own) => ({ user: own }),
    [
      [BYTES, 1],
      [BYTES, 2],
    ],
  ],
  [
    'good and bad',
    (own) => ({ user: `${own}-mixed` }),
    [
      [BYTES, 5],
      ['nonsense', 1],
    ],
  ],
];

async function alter(session: Session, step: string, entries: readonly object[], validateOnly = false): Promise<void> {
  await session.call(step, 'AlterClientQuotas', 1, { entries, validateOnly });
}

const component = (entityType: string, matchType: number, match: string | null = null): object => ({
  entityType,
  matchType,
  match,
});

async function filters(session: Session, user: string): Promise<void> {
  const any = component('user', 2);
  for (const [step, components, strict] of [
    ['a user', [component('user', 0, user)], true],
    ['a client of a user', [component('user', 0, user), component('client-id', 2)], true],
    ['nobody', [component('user', 0, 'nobody')], false],
    ['nothing, strictly', [], true],
    ['an address', [component('ip', 0, '10.99.0.1')], true],
    ['an unknown type', [component('group', 2)], false],
    ['an empty type', [component('', 2)], false],
    ['a type twice', [any, component('user', 1)], false],
    ['an unknown match', [component('user', 3)], false],
    ['an exact match of nothing', [component('user', 0)], false],
    ['a default with a name', [component('user', 1, 'x')], false],
    ['any with a name', [component('user', 2, 'x')], false],
    ['an address of a user', [component('ip', 2), any], false],
  ] as const) {
    await session.call(`describing ${step}`, 'DescribeClientQuotas', 1, { components, strict });
  }
}

export const quotaCases: readonly Case[] = [
  {
    name: 'quotas are defined, refused and described',
    async run(session) {
      const own = session.name('user');
      for (const [step, parts, quotas] of CHANGES) await alter(session, step, [entry(parts(own), quotas)]);
      await alter(session, 'only validated', [entry({ user: `${own}-not` }, [[BYTES, 1]])], true);
      const twice = [entry({ user: `${own}-d` }, [[BYTES, 1000]]), entry({ user: `${own}-d` }, [[BYTES, 2000]])];
      await alter(session, 'an entity twice', twice);
      // Kafka answers a change before its own metadata has it.
      for (;;) {
        const components = [component('user', 0, `${own}-d`)];
        const answer = await session.quietly('DescribeClientQuotas', 1, { components, strict: true });
        if (answer.entries.length > 0) break;
      }
      await session.call('of an entity twice', 'DescribeClientQuotas', 1, {
        components: [component('user', 0, `${own}-d`)],
        strict: true,
      });
      await filters(session, own);
      for (const [, parts, quotas] of CHANGES) {
        const removed = quotas.map(([key]) => [key, null] as const);
        await session.quietly('AlterClientQuotas', 1, { entries: [entry(parts(own), removed)], validateOnly: false });
      }
    },
  },
];
