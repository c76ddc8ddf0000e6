/**
 * CreateAcls (30), versions 0 to 3 (KIP-140, KIP-290): makes ACLs. Each entry succeeds or fails on its own; what is odd and
 * harmless is taken, as in Kafka: operations that a type does not have, names that no resource has, duplicates.
 *
 * - UNKNOWN in a field closes the connection; ANY and MATCH, which are for filters, fail every entry of the request.
 * - Without an authorizer: SECURITY_DISABLED.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { type CreateAclsRequest, readCreateAclsRequest } from '../../protocol/generated/create-acls-request.ts';
import { type CreateAclsResponse, writeCreateAclsResponse } from '../../protocol/generated/create-acls-response.ts';
import type { Input } from '../../protocol/input.ts';
import { type Acl, OPERATIONS, PATTERN_TYPES, PERMISSIONS, RESOURCE_TYPES } from '../security/acls/acl.ts';
import { isRange, rangeError } from '../security/acls/acl-host.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import { ANY, MATCH, refuseZero } from './acl-codes.ts';
import { outcome } from './api-error.ts';
import { requireCluster } from './authorize.ts';
import { handler } from './types.ts';

type Creation = CreateAclsRequest['creations'][number];

export const createAclsHandler = handler<CreateAclsRequest, Input<CreateAclsResponse>>({
  apiKey: ApiKey.CreateAcls,
  minVersion: 0,
  maxVersion: 3,
  readRequest: readCreateAclsRequest,
  writeResponse: writeCreateAclsResponse,
  async handle(context, { creations }) {
    for (const { resourceType, resourcePatternType, operation, permissionType } of creations) {
      refuseZero(resourceType, resourcePatternType, operation, permissionType);
    }
    const hasFilter = creations.some(isFilter);
    const results = creations.map(async (creation) => {
      const fields = await outcome(async () => {
        const { acls } = context.services;
        requireCluster(context, 'ALTER');
        if (acls === null) throw new KafkaError(ErrorCode.SECURITY_DISABLED, 'No Authorizer is configured.');
        if (hasFilter) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR);
        await acls.create(aclOf(creation));
      }, context.services);
      return fields.errorCode === ErrorCode.NONE ? { ...fields, errorMessage: '' } : fields;
    });
    return { results: await Promise.all(results) };
  },
});

function isFilter({ resourceType, resourcePatternType, operation, permissionType }: Creation): boolean {
  return [resourceType, resourcePatternType, operation, permissionType].includes(ANY) || resourcePatternType === MATCH;
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

/** @throws KafkaError INVALID_REQUEST */
function aclOf(creation: Creation): Acl {
  const { resourceName: name, principal, host } = creation;
  const type = RESOURCE_TYPES.nameOf(creation.resourceType);
  const patternType = PATTERN_TYPES.nameOf(creation.resourcePatternType);
  const operation = OPERATIONS.nameOf(creation.operation);
  const permission = PERMISSIONS.nameOf(creation.permissionType);
  if (type === undefined) throw invalid('Invalid resourceType UNKNOWN');
  if (patternType === undefined) throw invalid('Invalid patternType UNKNOWN');
  if (operation === undefined) throw invalid('Invalid operation UNKNOWN');
  if (permission === undefined) throw invalid('Invalid permissionType UNKNOWN');
  if (name === '') throw invalid('Invalid empty resource name');
  if (host === '') throw invalid('Host pattern cannot be null or empty');
  const wrongRange = isRange(host) ? rangeError(host) : null;
  if (wrongRange !== null) throw invalid(wrongRange);
  if (type === 'CLUSTER' && name !== CLUSTER_NAME) {
    throw invalid(`The only valid name for the CLUSTER resource is ${CLUSTER_NAME}`);
  }
  // As in Kafka, there may be nothing before the colon, nor behind it.
  if (!principal.includes(':')) {
    const why = 'no colon is present separating the principal type from the principal name';
    throw invalid(`Could not parse principal from \`${principal}\` (${why})`);
  }
  return { type, patternType, name, principal, host, operation, permission };
}
