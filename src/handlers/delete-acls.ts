/**
 * DeleteAcls (31), versions 0 to 3 (KIP-140, KIP-290): deletes the ACLs that filters mean, and tells which those were. One
 * that several filters mean is told for each of them. UNKNOWN in a field closes the connection; a number past those
 * that are known is INVALID_REQUEST. Without an authorizer: SECURITY_DISABLED.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { type DeleteAclsRequest, readDeleteAclsRequest } from '../../protocol/generated/delete-acls-request.ts';
import { type DeleteAclsResponse, writeDeleteAclsResponse } from '../../protocol/generated/delete-acls-response.ts';
import type { Input } from '../../protocol/input.ts';
import type { Acl } from '../security/acls/acl.ts';
import { matches } from '../security/acls/acl-filter.ts';
import { filterOf, unknownPart, wireAcl, wirePattern } from './acl-codes.ts';
import { NO_ERROR, outcome } from './api-error.ts';
import { requireCluster } from './authorize.ts';
import { handler } from './types.ts';

export const deleteAclsHandler = handler<DeleteAclsRequest, Input<DeleteAclsResponse>>({
  apiKey: ApiKey.DeleteAcls,
  minVersion: 0,
  maxVersion: 3,
  readRequest: readDeleteAclsRequest,
  writeResponse: writeDeleteAclsResponse,
  async handle(context, request) {
    const filters = request.filters.map((wanted) => ({ filter: filterOf(wanted), wanted }));
    const { acls } = context.services;
    const all = [...(acls?.acls ?? [])];
    const filterResults = filters.map(async ({ filter, wanted }) => {
      let found: Acl[] = [];
      const fields = await outcome(async () => {
        requireCluster(context, 'ALTER');
        if (acls === null) throw new KafkaError(ErrorCode.SECURITY_DISABLED, 'No Authorizer is configured.');
        if (filter === null) throw new KafkaError(ErrorCode.INVALID_REQUEST, `Unknown ${unknownPart(wanted)}.`);
        found = all.filter((acl) => matches(filter, acl));
        await Promise.all(found.map((acl) => acls.delete(acl)));
      }, context.services);
      const matchingAcls = found.map((acl) => ({ ...NO_ERROR, ...wirePattern(acl), ...wireAcl(acl) }));
      return { ...fields, matchingAcls };
    });
    return { filterResults: await Promise.all(filterResults) };
  },
});
