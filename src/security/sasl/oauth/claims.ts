/** What of a token's claims counts here (RFC 7519). */
import { InvalidToken } from './bearer-exchange.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Dates go no further, in ms on both sides of the Unix epoch. */
const MAX_TIME_MS = 8.64e15;

/** A time claim in ms since the Unix epoch, or undefined where there is none. @throws InvalidToken */
export function timeClaim(claims: Claims, name: string): number | undefined {
  const seconds = claims[name];
  if (seconds === undefined || seconds === null) return undefined;
  if (typeof seconds === 'number' && Number.isFinite(seconds)) {
    return Math.round(Math.max(-MAX_TIME_MS, Math.min(seconds * 1000, MAX_TIME_MS)));
  }
  throw new InvalidToken(`its claim ${name} is not a number`);
}

/** Whom it is of. @throws InvalidToken */
export function subjectClaim(claims: Claims, name: string): string {
  const subject = claims[name];
  if (typeof subject === 'string' && subject.trim() !== '') return subject;
  throw new InvalidToken(`its claim ${name} names nobody`);
}

/** Scopes, of a text with spaces between them or of a list. @throws InvalidToken */
export function scopeClaim(claims: Claims, name: string): ReadonlySet<string> {
  const scope = claims[name];
  if (scope === undefined || scope === null) return new Set();
  const list: readonly unknown[] =
    typeof scope === 'string' ? scope.trim().split(/\s+/) : Array.isArray(scope) ? scope : [0];
  if (list.every((one): one is string => typeof one === 'string')) return new Set(list.filter((one) => one !== ''));
  throw new InvalidToken(`its claim ${name} is neither a text nor a list of texts`);
}
