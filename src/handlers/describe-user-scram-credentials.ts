/**
 * DescribeUserScramCredentials (50), version 0 (KIP-554): which SCRAM credentials users have, and never what they are.
 * Null or an empty list: all users.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type DescribeUserScramCredentialsRequest,
  readDescribeUserScramCredentialsRequest,
} from '../../protocol/generated/describe-user-scram-credentials-request.ts';
import {
  type DescribeUserScramCredentialsResponse,
  writeDescribeUserScramCredentialsResponse,
} from '../../protocol/generated/describe-user-scram-credentials-response.ts';
import type { Input } from '../../protocol/input.ts';
import { type MetadataStore, StoredResourceType } from '../metadata/types.ts';
import { decodeCredential } from '../security/sasl/scram-credential.ts';
import { outcome } from './api-error.ts';
import { requireCluster } from './authorize.ts';
import { codeOfMechanism } from './scram-mechanisms.ts';
import { duplicates } from './topic-batch.ts';
import { handler, type RequestContext } from './types.ts';

type Response = Input<DescribeUserScramCredentialsResponse>;
type Result = NonNullable<Response['results']>[number];

export const describeUserScramCredentialsHandler = handler<DescribeUserScramCredentialsRequest, Response>({
  apiKey: ApiKey.DescribeUserScramCredentials,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readDescribeUserScramCredentialsRequest,
  writeResponse: writeDescribeUserScramCredentialsResponse,
  async handle(context, { users }) {
    const fields = await outcome(() => requireCluster(context, 'DESCRIBE'), context.services);
    if (fields.errorCode !== ErrorCode.NONE) return fields;
    const { metadata } = context.services;
    const asked = users === null || users.length === 0 ? null : users.map(({ name }) => name);
    const repeated = duplicates(asked ?? []);
    const names = new Set(asked ?? metadata.resourceNames(StoredResourceType.SCRAM_USER));
    return { ...fields, errorMessage: '', results: await describeAll(context, names, repeated) };
  },
});

function describeAll(
  { services }: RequestContext,
  names: ReadonlySet<string>,
  repeated: ReadonlySet<string>,
): Promise<Result[]> {
  return Promise.all(
    [...names].map(async (user) => {
      let credentialInfos: Result['credentialInfos'] = [];
      const fields = await outcome(() => {
        credentialInfos = infosOf(services.metadata, user, repeated.has(user));
      }, services);
      return { user, ...fields, errorMessage: fields.errorMessage ?? '', credentialInfos };
    }),
  );
}

/** @throws KafkaError RESOURCE_NOT_FOUND, DUPLICATE_RESOURCE */
function infosOf(metadata: MetadataStore, user: string, isRepeated: boolean): Result['credentialInfos'] {
  if (isRepeated) {
    const text = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`;
    throw new KafkaError(ErrorCode.DUPLICATE_RESOURCE, text);
  }
  const credentials = metadata.dynamicConfigs(StoredResourceType.SCRAM_USER, user);
  if (credentials.size === 0) {
    const text = `Attempt to describe a user credential that does not exist: ${user}`;
    throw new KafkaError(ErrorCode.RESOURCE_NOT_FOUND, text);
  }
  return [...credentials].map(([mechanism, text]) => ({
    mechanism: codeOfMechanism(mechanism),
    iterations: decodeCredential(text)?.iterations ?? 0,
  }));
}
