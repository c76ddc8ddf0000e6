/**
 * DescribeAcls (29), versions 0 to 3 (KIP-140, KIP-290): the ACLs that a filter means, by what they are about. UNKNOWN in a
 * field closes the connection; a number past those that are known finds nothing. Without an authorizer:
 * SECURITY_DISABLED.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { type DescribeAclsRequest, readDescribeAclsRequest } from '../../protocol/generated/describe-acls-request.ts';
import {
  type DescribeAclsResponse,
  writeDescribeAclsResponse,
} from '../../protocol/generated/describe-acls-response.ts';
import type { Input } from '../../protocol/input.ts';
import { matches } from '../security/acls/acl-filter.ts';
import { filterOf, type WireAcl, wireAcl, wirePattern } from './acl-codes.ts';
import { outcome } from './api-error.ts';
import { requireCluster } from './authorize.ts';
import { Slices } from './slices.ts';
import { handler, type RequestContext } from './types.ts';

type Response = Input<DescribeAclsResponse>;
type Resource = ReturnType<typeof wirePattern> & { readonly acls: WireAcl[] };

/** ACLs looked at in one turn of the event loop. */
const ACLS_PER_SLICE = 20_000;

export const describeAclsHandler = handler<DescribeAclsRequest, Response>({
  apiKey: ApiKey.DescribeAcls,
  minVersion: 0,
  maxVersion: 3,
  readRequest: readDescribeAclsRequest,
  writeResponse: writeDescribeAclsResponse,
  async handle(context, request) {
    const filter = filterOf(request);
    let resources: Resource[] = [];
    const fields = await outcome(async () => {
      requireCluster(context, 'DESCRIBE');
      const { acls } = context.services;
      if (acls === null) {
        throw new KafkaError(ErrorCode.SECURITY_DISABLED, 'No Authorizer is configured on the broker');
      }
      if (filter !== null) resources = await find(context, filter);
    }, context.services);
    return { ...fields, errorMessage: fields.errorMessage ?? '', resources };
  },
});

async function find(
  { services }: RequestContext,
  filter: NonNullable<ReturnType<typeof filterOf>>,
): Promise<Resource[]> {
  const resources = new Map<string, Resource>();
  const slices = new Slices(ACLS_PER_SLICE);
  for (const acl of services.acls?.acls ?? []) {
    const pause = slices.spend(1);
    if (pause !== null) await pause;
    if (!matches(filter, acl)) continue;
    const key = `${acl.type} ${acl.patternType} ${acl.name}`;
    const resource = resources.get(key) ?? { ...wirePattern(acl), acls: [] };
    resources.set(key, resource);
    resource.acls.push(wireAcl(acl));
  }
  return [...resources.values()];
}
