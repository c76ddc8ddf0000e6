/**
 * DescribeDelegationToken (41), versions 0 to 3 (KIP-48, KIP-373): the tokens that have to do with the client, and those
 * that it has the right to see, with their secrets; of some owners, or of all. What may not be seen is left out.
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  type DescribeDelegationTokenRequest,
  readDescribeDelegationTokenRequest,
} from '../../protocol/generated/describe-delegation-token-request.ts';
import {
  type DescribeDelegationTokenResponse,
  writeDescribeDelegationTokenResponse,
} from '../../protocol/generated/describe-delegation-token-response.ts';
import type { Input } from '../../protocol/input.ts';
import { type Principal, principalText } from '../security/principal.ts';
import { concerns, type DelegationToken } from '../security/tokens/token.ts';
import { outcome } from './api-error.ts';
import { may } from './authorize.ts';
import { Slices } from './slices.ts';
import { checkTokensAllowed, requesterFields, tokensOf } from './token-rights.ts';
import { handler, type RequestContext } from './types.ts';

type Response = Input<DescribeDelegationTokenResponse>;
type Described = NonNullable<Response['tokens']>[number];

/** Tokens looked at in one turn of the event loop. */
const TOKENS_PER_SLICE = 500;

export const describeDelegationTokenHandler = handler<DescribeDelegationTokenRequest, Response>({
  apiKey: ApiKey.DescribeDelegationToken,
  minVersion: 0,
  maxVersion: 3,
  readRequest: readDescribeDelegationTokenRequest,
  writeResponse: writeDescribeDelegationTokenResponse,
  async handle(context, { owners }) {
    let tokens: Described[] = [];
    const { errorCode } = await outcome(async () => {
      checkTokensAllowed(context);
      const asked = owners?.map(({ principalType: type, principalName: name }) => ({ type, name })) ?? null;
      tokens = await describe(context, asked);
    }, context.services);
    return { errorCode, tokens };
  },
});

/** @throws KafkaError DELEGATION_TOKEN_AUTH_DISABLED */
async function describe(context: RequestContext, owners: readonly Principal[] | null): Promise<Described[]> {
  const all = tokensOf(context);
  const described: Described[] = [];
  const slices = new Slices(TOKENS_PER_SLICE);
  if (owners?.length === 0) return described;
  for (const token of all) {
    const pause = slices.spend(1);
    if (pause !== null) await pause;
    const isAsked = owners === null || owners.some((owner) => concerns(token, owner));
    if (isAsked && maySee(context, token)) described.push(wireToken(context, token, all.secretOf(token.id)));
  }
  return described;
}

function maySee(context: RequestContext, token: DelegationToken): boolean {
  return (
    concerns(token, context.connection.session.principal) ||
    may(context, 'DESCRIBE', 'DELEGATION_TOKEN', token.id) ||
    may(context, 'DESCRIBE_TOKENS', 'USER', principalText(token.owner))
  );
}

function wireToken(context: RequestContext, { owner, requester, ...token }: DelegationToken, hmac: Buffer): Described {
  return {
    principalType: owner.type,
    principalName: owner.name,
    ...requesterFields(context, requester),
    issueTimestamp: token.issuedMs,
    expiryTimestamp: token.expiresMs,
    maxTimestamp: token.maxMs,
    tokenId: token.id,
    hmac,
    renewers: token.renewers.map(({ type, name }) => ({ principalType: type, principalName: name })),
  };
}
