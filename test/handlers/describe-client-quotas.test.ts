/** Filters of DescribeClientQuotas, as Apache Kafka 4.4.0 was seen to take and to refuse them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type DescribeClientQuotasRequest,
  writeDescribeClientQuotasRequest,
} from '../../protocol/generated/describe-client-quotas-request.ts';
import { readDescribeClientQuotasResponse } from '../../protocol/generated/describe-client-quotas-response.ts';
import { ask } from '../support/handler-client.ts';
import { openTestServices } from '../support/test-services.ts';

type Component = DescribeClientQuotasRequest['components'][number];

const api = {
  apiKey: ApiKey.DescribeClientQuotas,
  write: writeDescribeClientQuotasRequest,
  read: readDescribeClientQuotasResponse,
};
const user: Component = { entityType: 'user', matchType: 0, match: 'alice' };
const ip: Component = { entityType: 'ip', matchType: 2, match: null };

const CASES: ReadonlyArray<readonly [readonly Component[], number]> = [
  [[], ErrorCode.NONE],
  [[user], ErrorCode.NONE],
  [[user, { entityType: 'client-id', matchType: 1, match: null }], ErrorCode.NONE],
  [[ip], ErrorCode.NONE],
  [[{ ...user, entityType: 'group' }], ErrorCode.UNSUPPORTED_VERSION],
  [[{ ...user, entityType: '' }], ErrorCode.INVALID_REQUEST],
  [[user, user], ErrorCode.INVALID_REQUEST],
  [[{ ...user, match: null }], ErrorCode.INVALID_REQUEST],
  [[{ ...user, matchType: 1 }], ErrorCode.INVALID_REQUEST],
  [[{ ...user, matchType: 2 }], ErrorCode.INVALID_REQUEST],
  [[{ ...user, matchType: 3 }], ErrorCode.INVALID_REQUEST],
  [[user, ip], ErrorCode.INVALID_REQUEST],
];

test('a filter that makes sense finds nothing, another is refused', async () => {
  await using opened = await openTestServices();
  for (const [components, errorCode] of CASES) {
    const answer = await ask(opened.services, api, 1, { components, strict: false });
    const entries = errorCode === ErrorCode.NONE ? [] : null;
    assert.deepEqual([answer.errorCode, answer.entries], [errorCode, entries], JSON.stringify(components));
  }
});
