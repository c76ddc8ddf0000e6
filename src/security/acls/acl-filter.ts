/** Which ACLs DescribeAcls and DeleteAcls mean (KIP-140, KIP-290). */
import type { ResourceType } from '../authorizer.ts';
import { type Acl, type AclOperation, type PatternType, type Permission, WILDCARD } from './acl.ts';

/** Undefined is any. */
export interface AclFilter {
  readonly type?: ResourceType | undefined;
  readonly name?: string | undefined;
  /** ANY: of both kinds, with exactly this name. MATCH: those about a resource of this name. */
  readonly patternType: PatternType | 'ANY' | 'MATCH';
  readonly principal?: string | undefined;
  readonly host?: string | undefined;
  /** ALL is the operation ALL, not any. */
  readonly operation?: AclOperation | undefined;
  readonly permission?: Permission | undefined;
}

function isNamed({ patternType, name }: AclFilter, acl: Acl): boolean {
  const isOfKind = patternType === 'ANY' || patternType === 'MATCH' || patternType === acl.patternType;
  if (!isOfKind || name === undefined) return isOfKind;
  if (patternType !== 'MATCH') return acl.name === name;
  if (acl.patternType === 'PREFIXED') return name.startsWith(acl.name);
  return acl.name === name || acl.name === WILDCARD;
}

function isIn<T>(wanted: T | undefined, value: T): boolean {
  return wanted === undefined || wanted === value;
}

export function matches(filter: AclFilter, acl: Acl): boolean {
  return (
    isIn(filter.type, acl.type) &&
    isNamed(filter, acl) &&
    isIn(filter.principal, acl.principal) &&
    isIn(filter.host, acl.host) &&
    isIn(filter.operation, acl.operation) &&
    isIn(filter.permission, acl.permission)
  );
}
