/** A delegation token (KIP-48): who has its secret may log in as its owner, until it expires. */
import { type Principal, principalText } from '../principal.ts';

export interface DelegationToken {
  readonly id: string;
  /** Whom a login by it is of. */
  readonly owner: Principal;
  /** Who asked for it: the owner, or somebody with the right to (KIP-373). */
  readonly requester: Principal;
  readonly renewers: readonly Principal[];
  /** Times in ms since the Unix epoch. */
  readonly issuedMs: number;
  /** It is prolonged up to this and no further. */
  readonly maxMs: number;
  /** It counts up to this, inclusive. */
  readonly expiresMs: number;
}

function isSame(one: Principal, other: Principal): boolean {
  return principalText(one) === principalText(other);
}

/** Whether somebody may prolong and end it: its owner, and those named as renewers. */
export function mayRenew({ owner, renewers }: DelegationToken, who: Principal): boolean {
  return isSame(owner, who) || renewers.some((renewer) => isSame(renewer, who));
}

/** Whether it is somebody's in a list of tokens: who asked for it for another sees it, too. */
export function concerns(token: DelegationToken, who: Principal): boolean {
  return mayRenew(token, who) || isSame(token.requester, who);
}

export function isExpired({ expiresMs }: DelegationToken, nowMs: number): boolean {
  return expiresMs < nowMs;
}

type Kept = readonly [type: string, name: string];

const keptOf = ({ type, name }: Principal): Kept => [type, name];
const principalOf = ([type, name]: Kept): Principal => ({ type, name });

/** The name under which a token's fields are kept. */
const FIELDS = 'token';

/** As it is kept, without its id. */
export function encodeToken({ owner, requester, renewers, ...times }: DelegationToken): ReadonlyMap<string, string> {
  const { issuedMs, maxMs, expiresMs } = times;
  const principals = { owner: keptOf(owner), requester: keptOf(requester), renewers: renewers.map(keptOf) };
  return new Map([[FIELDS, JSON.stringify({ ...principals, issuedMs, maxMs, expiresMs })]]);
}

interface KeptToken extends Pick<DelegationToken, 'issuedMs' | 'maxMs' | 'expiresMs'> {
  readonly owner: Kept;
  readonly requester: Kept;
  readonly renewers: readonly Kept[];
}

/** Undefined for what is none. */
export function decodeToken(id: string, fields: ReadonlyMap<string, string>): DelegationToken | undefined {
  const text = fields.get(FIELDS);
  if (text === undefined) return undefined;
  const { owner, requester, renewers, issuedMs, maxMs, expiresMs } = JSON.parse(text) as KeptToken;
  const principals = { owner: principalOf(owner), requester: principalOf(requester) };
  return { id, ...principals, renewers: renewers.map(principalOf), issuedMs, maxMs, expiresMs };
}
