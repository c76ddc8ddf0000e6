/**
 * AlterUserScramCredentials (51), version 0 (KIP-554): sets and deletes SCRAM credentials of users. Clients send hashed
 * passwords, and what is kept of those can check a login, not make one. Each user succeeds or fails on its own; one that
 * a request names twice is refused: for what is wrong with the first change, else for that.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type AlterUserScramCredentialsRequest,
  readAlterUserScramCredentialsRequest,
} from '../../protocol/generated/alter-user-scram-credentials-request.ts';
import {
  type AlterUserScramCredentialsResponse,
  writeAlterUserScramCredentialsResponse,
} from '../../protocol/generated/alter-user-scram-credentials-response.ts';
import type { Input } from '../../protocol/input.ts';
import { type AlterConfigs, StoredResourceType } from '../metadata/types.ts';
import {
  credentialOf,
  encodeCredential,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  type ScramMechanism,
} from '../security/sasl/scram-credential.ts';
import { outcome } from './api-error.ts';
import { allowsCluster } from './authorize.ts';
import { mechanismOfCode } from './scram-mechanisms.ts';
import { handler } from './types.ts';

type Deletion = AlterUserScramCredentialsRequest['deletions'][number];
type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number];
type Change = Deletion | Upsertion;

export const alterUserScramCredentialsHandler = handler<
  AlterUserScramCredentialsRequest,
  Input<AlterUserScramCredentialsResponse>
>({
  apiKey: ApiKey.AlterUserScramCredentials,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readAlterUserScramCredentialsRequest,
  writeResponse: writeAlterUserScramCredentialsResponse,
  async handle(context, { deletions, upsertions }) {
    const { services } = context;
    const byUser = new Map<string, Change[]>();
    for (const change of [...deletions, ...upsertions]) {
      const changes = byUser.get(change.name);
      if (changes === undefined) byUser.set(change.name, [change]);
      else changes.push(change);
    }
    const mayAlter = allowsCluster(context, 'ALTER');
    const results = [...byUser].map(async ([user, changes]) => ({
      user,
      ...(await outcome(async () => {
        if (!mayAlter) throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
        await services.metadata.alterDynamicConfigs(StoredResourceType.SCRAM_USER, user, alteration(user, changes));
      }, services)),
    }));
    return { results: await Promise.all(results) };
  },
});

/** @throws KafkaError what is wrong with the changes of one user */
function alteration(user: string, changes: readonly Change[]): AlterConfigs {
  if (user === '') throw new KafkaError(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty');
  const [change, another] = changes as readonly [Change, ...Change[]];
  const mechanism = mechanismOfCode(change.mechanism);
  if (mechanism === undefined) {
    throw new KafkaError(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism');
  }
  const alter = 'iterations' in change ? upsertion(mechanism, change) : deletion(mechanism);
  return (current) => {
    const altered = alter(current);
    if (another === undefined) return altered;
    const text = 'A user credential cannot be altered twice in the same request';
    throw new KafkaError(ErrorCode.DUPLICATE_RESOURCE, text);
  };
}

function upsertion(mechanism: ScramMechanism, { iterations, salt, saltedPassword }: Upsertion): AlterConfigs {
  if (iterations < MIN_ITERATIONS) throw new KafkaError(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too few iterations');
  if (iterations > MAX_ITERATIONS) throw new KafkaError(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too many iterations');
  // Kafka fails on it, too.
  if (saltedPassword.length === 0) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR);
  const credential = credentialOf(mechanism, Buffer.from(saltedPassword), { salt: Buffer.from(salt), iterations });
  return (current) => new Map([...current, [mechanism, encodeCredential(credential)]]);
}

function deletion(mechanism: ScramMechanism): AlterConfigs {
  return (current) => {
    if (!current.has(mechanism)) {
      const text = 'Attempt to delete a user credential that does not exist';
      throw new KafkaError(ErrorCode.RESOURCE_NOT_FOUND, text);
    }
    return new Map([...current].filter(([name]) => name !== mechanism));
  };
}
