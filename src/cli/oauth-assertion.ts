/** Assertions by the settings `sasl.oauthbearer.assertion.…` of a Kafka client (KIP-1139, KIP-1258). */
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { ClientError } from '../client/errors.ts';
import { ConfigError } from '../config/config-error.ts';
import { messageOf } from '../base/realms.ts';
import { fileText, numberOf, type Values } from './client-values.ts';

export const ASSERTION = 'sasl.oauthbearer.assertion';
const ID_BYTES = 16;

/** What makes an assertion; null: none is asked for. As in Kafka a file goes before what is made here. @throws ConfigError */
export function assertionOf(values: Values): (() => Promise<string>) | null {
  const text = (name: string): string | undefined => values.get(`${ASSERTION}.${name}`)?.trim() || undefined;
  const file = text('file');
  if (file !== undefined) return async () => (await fileText(file)).trim();
  if (text('claim.iss') === undefined) return null;
  const keyFile = text('private.key.file');
  if (keyFile === undefined) throw new ConfigError(`${ASSERTION}.private.key.file: it is needed to sign assertions`);
  const algorithm = (text('algorithm') ?? 'RS256').toUpperCase();
  if (!['RS256', 'ES256'].includes(algorithm)) throw new ConfigError(`${ASSERTION}.algorithm: RS256 or ES256`);
  const template = text('template.file');
  const [lifeSeconds, notBeforeSeconds] = [
    numberOf(values, `${ASSERTION}.claim.exp.seconds`, '300'),
    numberOf(values, `${ASSERTION}.claim.nbf.seconds`, '60'),
  ];
  const hasId = text('claim.jti.include')?.toLowerCase() === 'true';
  return async () => {
    const { signedAssertion } = await import('../security/sasl/oauth/assertion.ts');
    try {
      return await signedAssertion({
        clock: systemClock,
        algorithm,
        key: () => fileText(keyFile),
        passphrase: text('private.key.passphrase') ?? null,
        template: template === undefined ? {} : (JSON.parse(await fileText(template)) as { header?: object }),
        claims: { iss: text('claim.iss'), sub: text('claim.sub'), aud: text('claim.aud') },
        lifeSeconds,
        notBeforeSeconds,
        id: hasId ? () => systemRandom.bytes(ID_BYTES).toString('base64url') : null,
      });
    } catch (error) {
      if (error instanceof ClientError) throw error;
      throw new ClientError('NO_TOKEN', `no assertion can be made of ${keyFile}: ${messageOf(error)}`);
    }
  };
}
