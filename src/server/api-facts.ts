/** What the server has to know of an API before its request is read: the one table of such facts. */
import { ApiKey } from '../../protocol/apis.ts';

export interface ApiFacts {
  /** It waits for its commit beside others: only so many may do that at a time. */
  readonly isWrite: boolean;
  /** What it refers to outlives the request: its frame lies in counted memory. */
  readonly keepsFrame: boolean;
  /** It is served before the client has said who it is. */
  readonly precedesAuthentication: boolean;
  /** No quota counts for it. */
  readonly isExempt: boolean;
}

const NONE: ApiFacts = { isWrite: false, keepsFrame: false, precedesAuthentication: false, isExempt: false };

const FACTS: ReadonlyMap<number, ApiFacts> = new Map<number, ApiFacts>([
  [ApiKey.Produce, { ...NONE, isWrite: true, keepsFrame: true }],
  [ApiKey.ApiVersions, { ...NONE, precedesAuthentication: true }],
  [ApiKey.SaslHandshake, { ...NONE, precedesAuthentication: true, isExempt: true }],
  [ApiKey.SaslAuthenticate, { ...NONE, precedesAuthentication: true, isExempt: true }],
  [ApiKey.WriteTxnMarkers, { ...NONE, isExempt: true }],
]);

/** Facts of an API; of a number that is none, those of most. */
export function factsOf(apiKey: number): ApiFacts {
  return FACTS.get(apiKey) ?? NONE;
}

/** The API that a frame, which begins at `start` of the bytes, is for; -1 while it cannot be told. */
export function apiKeyOf(bytes: Buffer, start = 0): number {
  return bytes.length >= start + 2 ? bytes.readInt16BE(start) : -1;
}
