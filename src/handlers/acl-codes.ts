/** Between the numbers that the APIs about ACLs have and the words of src/security. */
import {
  type Acl,
  type AclOperation,
  OPERATIONS,
  PATTERN_TYPES,
  PERMISSIONS,
  type PatternType,
  type Permission,
  RESOURCE_TYPES,
} from '../security/acls/acl.ts';
import type { AclFilter } from '../security/acls/acl-filter.ts';
import type { ResourceType } from '../security/authorizer.ts';
import { CloseConnection } from './types.ts';

const UNKNOWN = 0;
export const ANY = 1;
export const MATCH = 2;

/** As DescribeAcls and DeleteAcls send it. */
export interface WireFilter {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

/** As the answers have it. */
export interface WireAcl {
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

/** As in Kafka, 0 cannot be read. @throws CloseConnection */
export function refuseZero(...codes: readonly number[]): void {
  if (codes.includes(UNKNOWN)) throw new CloseConnection('an ACL with a field that is UNKNOWN');
}

interface Codes<Name> {
  nameOf(code: number): Name | undefined;
}

/** Undefined is any; null is what no ACL has. */
function wanted<Name>(code: number, codes: Codes<Name>): Name | undefined | null {
  return code === ANY ? undefined : (codes.nameOf(code) ?? null);
}

/** Null for a filter that finds nothing. @throws CloseConnection */
export function filterOf(filter: WireFilter): AclFilter | null {
  const { resourceTypeFilter, patternTypeFilter, operation, permissionType } = filter;
  refuseZero(resourceTypeFilter, patternTypeFilter, operation, permissionType);
  const type = wanted<ResourceType>(resourceTypeFilter, RESOURCE_TYPES);
  const patternType = patternOf(patternTypeFilter);
  const operationName = wanted<AclOperation>(operation, OPERATIONS);
  const permission = wanted<Permission>(permissionType, PERMISSIONS);
  if (type === null || patternType === null || operationName === null || permission === null) return null;
  return {
    type,
    patternType,
    name: filter.resourceNameFilter ?? undefined,
    principal: filter.principalFilter ?? undefined,
    host: filter.hostFilter ?? undefined,
    operation: operationName,
    permission,
  };
}

/** In Kafka's words, what of a filter that finds nothing is not known. */
export function unknownPart({ resourceTypeFilter, patternTypeFilter }: WireFilter): 'entryFilter' | 'patternFilter' {
  const isKnown = wanted(resourceTypeFilter, RESOURCE_TYPES) !== null && patternOf(patternTypeFilter) !== null;
  return isKnown ? 'entryFilter' : 'patternFilter';
}

function patternOf(code: number): PatternType | 'ANY' | 'MATCH' | null {
  if (code === ANY) return 'ANY';
  return code === MATCH ? 'MATCH' : (PATTERN_TYPES.nameOf(code) ?? null);
}

export function wireAcl({ principal, host, operation, permission }: Acl): WireAcl {
  return {
    principal,
    host,
    operation: OPERATIONS.codeOf(operation),
    permissionType: PERMISSIONS.codeOf(permission),
  };
}

export function wirePattern({ type, name, patternType }: Acl): {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
} {
  return {
    resourceType: RESOURCE_TYPES.codeOf(type),
    resourceName: name,
    patternType: PATTERN_TYPES.codeOf(patternType),
  };
}
