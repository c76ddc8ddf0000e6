/** Who may have to do with delegation tokens at all (KIP-48). */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { ANONYMOUS, type Principal, principalText } from '../security/principal.ts';
import type { DelegationTokens } from '../security/tokens/delegation-tokens.ts';
import type { RequestContext } from './types.ts';

/**
 * Lets pass a client that has said who it is: by SASL or by a certificate, and not by a token, or who has one could have
 * others for ever.
 * @throws KafkaError DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
 */
export function checkTokensAllowed({ connection }: RequestContext): void {
  const { sasl, principal } = connection.session;
  const isKnown = sasl === null ? principalText(principal) !== principalText(ANONYMOUS) : !sasl.byToken;
  if (!isKnown) throw new KafkaError(ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED);
}

/** Whether that was it: such an answer has -1 for times, as in Kafka, others have 0. */
export function isNotAllowed(errorCode: number): boolean {
  return errorCode === ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED;
}

/** @throws KafkaError DELEGATION_TOKEN_AUTH_DISABLED without a key for tokens */
export function tokensOf({ services }: RequestContext): DelegationTokens {
  if (services.tokens === null) throw new KafkaError(ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED);
  return services.tokens;
}

/** Who asked for a token, in answers from version 3 on (KIP-373). */
export function requesterFields(
  { apiVersion }: RequestContext,
  { type, name }: Principal,
): { readonly tokenRequesterPrincipalType?: string; readonly tokenRequesterPrincipalName?: string } {
  return apiVersion < 3 ? {} : { tokenRequesterPrincipalType: type, tokenRequesterPrincipalName: name };
}
