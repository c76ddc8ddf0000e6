/** An ACL in Kafka's words, and the numbers these have on the wire. */
import type { Operation, ResourceType } from '../authorizer.ts';

export type PatternType = 'LITERAL' | 'PREFIXED';
export type Permission = 'DENY' | 'ALLOW';
/** What an ACL may be about: an operation, or all of them. */
export type AclOperation = Operation | 'ALL';

/** A resource, or all whose names begin so; of LITERAL, the name `*` is any. */
export interface ResourcePattern {
  readonly type: ResourceType;
  readonly patternType: PatternType;
  readonly name: string;
}

export interface Acl extends ResourcePattern {
  /** `User:alice`; `User:*` is everybody. */
  readonly principal: string;
  /** An address, in any form; a range of them (`10.0.0.0/8`); `*` is any. */
  readonly host: string;
  readonly operation: AclOperation;
  readonly permission: Permission;
}

/** A name that is any, of a literal pattern; any host. */
export const WILDCARD = '*';
export const ANYBODY = 'User:*';

/** Number and name, both ways. */
class Codes<Name extends string> {
  readonly #names: ReadonlyMap<number, Name>;
  readonly #codes: ReadonlyMap<string, number>;

  constructor(codes: Readonly<Record<Name, number>>) {
    const entries = Object.entries(codes) as Array<[Name, number]>;
    this.#codes = new Map(entries);
    this.#names = new Map(entries.map(([name, code]) => [code, name]));
  }

  nameOf(code: number): Name | undefined {
    return this.#names.get(code);
  }

  codeOf(name: Name): number {
    return this.#codes.get(name) as number;
  }
}

export const RESOURCE_TYPES = new Codes<ResourceType>({
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
});

export const OPERATIONS = new Codes<AclOperation>({
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
});

export const PERMISSIONS = new Codes<Permission>({ DENY: 2, ALLOW: 3 });

export const PATTERN_TYPES = new Codes<PatternType>({ LITERAL: 3, PREFIXED: 4 });

/** The same for equal ACLs only. */
export function aclKey({ type, patternType, name, principal, host, operation, permission }: Acl): string {
  return JSON.stringify([type, patternType, name, principal, host, operation, permission]);
}
