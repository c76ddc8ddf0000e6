/** Tokens without a signature, for tests, as Kafka's OAuthBearerUnsecuredLoginCallbackHandler makes them of JAAS. */
import type { Clock } from '../../../base/clock.ts';
import { JaasError } from '../jaas.ts';
import type { TokenSource } from './bearer-login.ts';

const PREFIX = 'unsecuredLogin';
const DEFAULT_SECONDS = '3600';
/** Made here. */
const OWN_CLAIMS: ReadonlySet<string> = new Set(['iat', 'exp']);

/** The first character of a list parts its elements. */
const CLAIM_KINDS: ReadonlyMap<string, (text: string) => unknown> = new Map<string, (text: string) => unknown>([
  ['StringClaim_', (text) => text],
  ['NumberClaim_', Number],
  ['ListClaim_', (text) => (text === '' ? [] : text.slice(1).split(text.slice(0, 1)))],
]);

/** @throws JaasError where nobody is named, or what should be a number is none */
export function unsecuredTokens(options: ReadonlyMap<string, string>, clock: Pick<Clock, 'now'>): TokenSource {
  const claims: Record<string, unknown> = {};
  for (const [option, text] of options) {
    for (const [kind, valueOf] of CLAIM_KINDS) {
      if (!option.startsWith(PREFIX + kind)) continue;
      const name = option.slice(PREFIX.length + kind.length);
      if (OWN_CLAIMS.has(name)) throw new JaasError(`${option}: the claim ${name} is made, not given`);
      claims[name] = valueOf(text);
      if (Number.isNaN(claims[name])) throw new JaasError(`${option} is not a number`);
    }
  }
  const subject = options.get(`${PREFIX}PrincipalClaimName`) ?? 'sub';
  if (claims[subject] === undefined || claims[subject] === '') {
    throw new JaasError(`it needs ${PREFIX}StringClaim_${subject}="…", or sasl.oauthbearer.token.endpoint.url`);
  }
  const seconds = Number(options.get(`${PREFIX}LifetimeSeconds`) ?? DEFAULT_SECONDS);
  if (!Number.isInteger(seconds) || seconds <= 0) throw new JaasError(`${PREFIX}LifetimeSeconds is not a number`);
  return {
    async token() {
      const iat = clock.now() / 1000;
      const parts = [{ alg: 'none' }, { ...claims, iat, exp: iat + seconds }];
      return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
    },
  };
}
