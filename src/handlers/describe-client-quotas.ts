/**
 * DescribeClientQuotas (48), versions 0 and 1 (KIP-546): there are none, as quotas are not served yet; a filter that makes
 * no sense is refused as Kafka does. Tools ask for it beside other things of users.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type DescribeClientQuotasRequest,
  readDescribeClientQuotasRequest,
} from '../../protocol/generated/describe-client-quotas-request.ts';
import {
  type DescribeClientQuotasResponse,
  writeDescribeClientQuotasResponse,
} from '../../protocol/generated/describe-client-quotas-response.ts';
import type { Input } from '../../protocol/input.ts';
import { outcome } from './api-error.ts';
import { requireCluster } from './authorize.ts';
import { handler } from './types.ts';

const ENTITY_TYPES: ReadonlySet<string> = new Set(['user', 'client-id', 'ip']);
const MatchType = { EXACT: 0, DEFAULT: 1, ANY: 2 } as const;

type Component = DescribeClientQuotasRequest['components'][number];

export const describeClientQuotasHandler = handler<DescribeClientQuotasRequest, Input<DescribeClientQuotasResponse>>({
  apiKey: ApiKey.DescribeClientQuotas,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readDescribeClientQuotasRequest,
  writeResponse: writeDescribeClientQuotasResponse,
  async handle(context, { components }) {
    const fields = await outcome(() => {
      requireCluster(context, 'DESCRIBE_CONFIGS');
      checkFilter(components);
    }, context.services);
    return { ...fields, entries: fields.errorCode === ErrorCode.NONE ? [] : null };
  },
});

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

/** @throws KafkaError INVALID_REQUEST, UNSUPPORTED_VERSION for a type of entity that is none */
function checkFilter(components: readonly Component[]): void {
  const seen = new Set<string>();
  for (const component of components) {
    const { entityType } = component;
    if (entityType === '') throw invalid('Unexpected empty filter component entity type');
    if (!ENTITY_TYPES.has(entityType)) {
      throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, `Custom entity type '${entityType}' not supported`);
    }
    if (seen.has(entityType)) throw invalid(`Entity type ${entityType} cannot appear more than once in the filter`);
    seen.add(entityType);
    checkMatch(component);
  }
  if (seen.has('ip') && seen.size > 1) {
    throw invalid('Invalid entity filter component combination, IP filter component should not be used with others.');
  }
}

function checkMatch({ matchType, match }: Component): void {
  switch (matchType) {
    case MatchType.EXACT:
      if (match === null) throw invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.');
      return;
    case MatchType.DEFAULT:
      if (match !== null) throw invalid('Request specified MATCH_TYPE_DEFAULT, but also specified a match string.');
      return;
    case MatchType.ANY:
      if (match !== null) throw invalid('Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.');
      return;
    default:
      throw invalid(`Unknown match type ${matchType}`);
  }
}
