/**
 * DescribeClientQuotas (48), versions 0 and 1 (KIP-546): quotas of the entities that have all parts that the filter names,
 * and, where it is strict, no others.
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
import { isEntityType, type QuotaEntity } from '../security/quotas/quota-entity.ts';
import { definedQuotas } from '../security/quotas/stored-quotas.ts';
import { outcome } from './api-error.ts';
import { requireCluster } from './authorize.ts';
import { type BrokerServices, handler } from './types.ts';

const MatchType = { EXACT: 0, DEFAULT: 1, ANY: 2 } as const;

type Component = DescribeClientQuotasRequest['components'][number];
type Entries = NonNullable<Input<DescribeClientQuotasResponse>['entries']>;

export const describeClientQuotasHandler = handler<DescribeClientQuotasRequest, Input<DescribeClientQuotasResponse>>({
  apiKey: ApiKey.DescribeClientQuotas,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readDescribeClientQuotasRequest,
  writeResponse: writeDescribeClientQuotasResponse,
  async handle(context, request) {
    const fields = await outcome(() => {
      requireCluster(context, 'DESCRIBE_CONFIGS');
      checkFilter(request.components);
    }, context.services);
    if (fields.errorCode !== ErrorCode.NONE) return { ...fields, entries: null };
    return { errorMessage: '', entries: described(context.services, request) };
  },
});

function described(services: BrokerServices, { components, strict }: DescribeClientQuotasRequest): Entries {
  // Without components and strict, an entity would have to have no part.
  return [...definedQuotas(services).all]
    .filter(({ entity }) => (!strict || entity.size === components.length) && components.every(matcher(entity)))
    .map(({ entity, values }) => ({
      entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
      values: [...values].map(([key, value]) => ({ key, value })),
    }));
}

function matcher(entity: QuotaEntity): (component: Component) => boolean {
  return ({ entityType, matchType, match }) => {
    const name = isEntityType(entityType) ? entity.get(entityType) : undefined;
    if (name === undefined) return false;
    return matchType === MatchType.ANY || name === (matchType === MatchType.DEFAULT ? null : match);
  };
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

/** @throws KafkaError INVALID_REQUEST, UNSUPPORTED_VERSION for a type of entity that is none */
function checkFilter(components: readonly Component[]): void {
  const seen = new Set<string>();
  for (const component of components) {
    const { entityType } = component;
    if (entityType === '') throw invalid('Invalid empty entity type.');
    if (!isEntityType(entityType)) {
      throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, `Unsupported entity type ${entityType}`);
    }
    if (seen.has(entityType)) throw invalid(`Entity type ${entityType} cannot appear more than once in the filter.`);
    seen.add(entityType);
    checkMatch(component);
  }
  if (seen.has('ip') && seen.size > 1) {
    throw invalid(
      'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
    );
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
