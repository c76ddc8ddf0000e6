/**
 * CreateDelegationToken (38), versions 0 to 3 (KIP-48, KIP-373): makes a token for the client, or with the right to that
 * for another user. The answer is the only one with the secret besides DescribeDelegationToken's.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type CreateDelegationTokenRequest,
  readCreateDelegationTokenRequest,
} from '../../protocol/generated/create-delegation-token-request.ts';
import {
  type CreateDelegationTokenResponse,
  writeCreateDelegationTokenResponse,
} from '../../protocol/generated/create-delegation-token-response.ts';
import type { Input } from '../../protocol/input.ts';
import { type Principal, principalText } from '../security/principal.ts';
import { outcome } from './api-error.ts';
import { requireRight } from './authorize.ts';
import { checkTokensAllowed, requesterFields, tokensOf } from './token-rights.ts';
import { handler, type RequestContext } from './types.ts';

type Response = Input<CreateDelegationTokenResponse>;

type TokenFields = Required<
  Pick<Response, 'issueTimestampMs' | 'expiryTimestampMs' | 'maxTimestampMs' | 'tokenId' | 'hmac'>
>;

/** Of a token that was not made; as in Kafka, its times are 0 where there are no tokens at all. */
function noToken(errorCode: number): TokenFields {
  const time = errorCode === ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED ? 0 : -1;
  return { issueTimestampMs: time, expiryTimestampMs: time, maxTimestampMs: time, tokenId: '', hmac: Buffer.alloc(0) };
}

export const createDelegationTokenHandler = handler<CreateDelegationTokenRequest, Response>({
  apiKey: ApiKey.CreateDelegationToken,
  minVersion: 0,
  maxVersion: 3,
  readRequest: readCreateDelegationTokenRequest,
  writeResponse: writeCreateDelegationTokenResponse,
  async handle(context, request) {
    const requester = context.connection.session.principal;
    const { ownerPrincipalType: type, ownerPrincipalName: name } = request;
    const owner: Principal = name ? { type: type ?? '', name } : requester;
    let token: TokenFields | null = null;
    const { errorCode } = await outcome(async () => {
      token = await create(context, request, owner);
    }, context.services);
    return {
      errorCode,
      principalType: owner.type,
      principalName: owner.name,
      ...requesterFields(context, requester),
      ...(token ?? noToken(errorCode)),
    };
  },
});

/** @throws KafkaError what is wrong, in the order in which Kafka looks at it */
async function create(
  context: RequestContext,
  request: CreateDelegationTokenRequest,
  owner: Principal,
): Promise<TokenFields> {
  checkTokensAllowed(context);
  if (owner.type === '') throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'an owner without a type');
  const requester = context.connection.session.principal;
  const ownerText = principalText(owner);
  if (ownerText !== principalText(requester)) requireRight(context, 'CREATE_TOKENS', 'USER', ownerText);
  const renewers = request.renewers.map(({ principalType: type, principalName: name }) => ({ type, name }));
  if (renewers.some(({ type }) => type !== 'User')) throw new KafkaError(ErrorCode.INVALID_PRINCIPAL_TYPE);
  const tokens = tokensOf(context);
  const { maxLifetimeMs } = request;
  const token = await tokens.create({ owner, requester, renewers, maxLifetimeMs });
  return {
    issueTimestampMs: token.issuedMs,
    expiryTimestampMs: token.expiresMs,
    maxTimestampMs: token.maxMs,
    tokenId: token.id,
    hmac: tokens.secretOf(token.id),
  };
}
