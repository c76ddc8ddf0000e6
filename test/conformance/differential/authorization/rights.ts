/** Whoever has one right, whoever has all but one, and who has none: the users of the authorization matrix, and their ACLs. */
import type { ApiClient, Body } from '../api-client.ts';

/** Codes of the wire. */
export const ResourceType = {
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
} as const;
const PatternType = { LITERAL: 3, PREFIXED: 4 } as const;
const Permission = { DENY: 2, ALLOW: 3 } as const;
export const Operation = {
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
} as const;

type Type = keyof typeof ResourceType;
type OperationName = keyof typeof Operation;

/** All that the matrix asks for begins so; rights are for the prefix. */
export const PREFIX = 'x-';
/** What everybody may describe, read and configure. */
export const OPEN_TOPIC = 'y-topic';
export const CLUSTER = 'kafka-cluster';
export const ADMIN = 'admin';
/** Of everybody: these brokers have no secrets. */
export const PASSWORD = 'secret';
const OPERATIONS: Readonly<Record<Type, readonly OperationName[]>> = {
  TOPIC: ['READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'ALL'],
  GROUP: ['READ', 'DELETE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'ALL'],
  TRANSACTIONAL_ID: ['WRITE', 'DESCRIBE', 'TWO_PHASE_COMMIT', 'ALL'],
  USER: ['CREATE_TOKENS', 'DESCRIBE_TOKENS', 'ALL'],
  DELEGATION_TOKEN: ['DESCRIBE', 'ALL'],
  CLUSTER: [
    'CREATE',
    'CLUSTER_ACTION',
    'DESCRIBE',
    'DESCRIBE_CONFIGS',
    'ALTER',
    'ALTER_CONFIGS',
    'IDEMPOTENT_WRITE',
    'ALL',
  ],
};
const NAMES: Partial<Readonly<Record<Type, string>>> = { CLUSTER, DELEGATION_TOKEN: '*' };
const TYPES = Object.keys(OPERATIONS) as Type[];
const OPEN: readonly OperationName[] = ['READ', 'ALTER', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'];

/** A user of the matrix. */
export interface User {
  readonly name: string;
  /** What the user may do, in words. */
  readonly rights: string;
  readonly acls: readonly Body[];
}

function acl(user: string, permissionType: number, type: Type, operation: OperationName, only?: string): Body {
  const name = only ?? NAMES[type];
  return {
    resourceType: ResourceType[type],
    resourceName: name ?? `${type === 'USER' ? 'User:' : ''}${PREFIX}`,
    resourcePatternType: name === undefined ? PatternType.PREFIXED : PatternType.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: Operation[operation],
    permissionType,
  };
}

function everything(user: string): Body[] {
  return TYPES.map((type) => acl(user, Permission.ALLOW, type, 'ALL'));
}

/** Of one right: who has it alone, and who has all but it. */
function usersOf(type: Type, operation: OperationName): User[] {
  const only = `only-${type}-${operation}`.toLowerCase();
  const allBut = `all-but-${type}-${operation}`.toLowerCase();
  return [
    { name: only, rights: `only ${operation} on ${type}`, acls: [acl(only, Permission.ALLOW, type, operation)] },
    {
      name: allBut,
      rights: `all but ${operation} on ${type}`,
      acls: [...everything(allBut), acl(allBut, Permission.DENY, type, operation)],
    },
  ];
}

export const USERS: readonly User[] = [
  { name: 'none', rights: 'none', acls: [] },
  {
    name: 'describes',
    rights: 'DESCRIBE on everything',
    acls: TYPES.map((type) => acl('describes', Permission.ALLOW, type, 'DESCRIBE')),
  },
  { name: 'all', rights: 'all', acls: everything('all') },
  ...TYPES.flatMap((type) => OPERATIONS[type].flatMap((operation) => usersOf(type, operation))),
];

/** The settings of a broker with these users, whose administrator nobody stops. */
export function settingsWith(users: readonly string[]): Readonly<Record<string, string>> {
  const names = [ADMIN, ...users];
  const jaas = names.map((name) => `user_${name}="${PASSWORD}"`).join(' ');
  return {
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.client.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${jaas};`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:${ADMIN};User:ANONYMOUS`,
  };
}

const SENTINEL_USER = 'sentinel';
const ANY = 1;

/** A filter that finds all ACLs, or those of a principal. */
export function aclFilter(principalFilter: string | null = null): Body {
  const types = { resourceTypeFilter: ANY, patternTypeFilter: ANY, operation: ANY, permissionType: ANY };
  return { ...types, resourceNameFilter: null, principalFilter, hostFilter: null };
}

/** Creates ACLs and waits until the last of them counts: Kafka answers a while before that, and keeps their order. */
export async function createAcls(admin: ApiClient, sentinel: string, acls: readonly Body[]): Promise<void> {
  const last = acl(SENTINEL_USER, Permission.ALLOW, 'TRANSACTIONAL_ID', 'DESCRIBE', sentinel);
  const answer: any = await admin.call('CreateAcls', 3, { creations: [...acls, last] });
  const failed = answer.results?.filter(({ errorCode }: { errorCode: number }) => errorCode !== 0);
  if (failed?.length !== 0) throw new Error(`ACLs were refused: ${JSON.stringify(failed ?? answer)}`);
  for (;;) {
    const seen: any = await admin.call('DescribeAcls', 3, aclFilter(`User:${SENTINEL_USER}`));
    if (seen.resources.some(({ resourceName }: { resourceName: string }) => resourceName === sentinel)) return;
  }
}

/** All ACLs of the matrix. */
export function matrixAcls(): Body[] {
  const open = OPEN.map((operation) => ({ ...acl('*', Permission.ALLOW, 'TOPIC', operation, OPEN_TOPIC) }));
  return [...USERS.flatMap(({ acls }) => acls), ...open];
}
