/** The SCRAM users that a broker is started with. */
import type { Random } from '../base/random.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { type FirstScramUser, parseScramUsers, SCRAM_USERS } from '../config/scram-users.ts';
import { type MetadataStore, StoredResourceType } from '../metadata/types.ts';

const SALT_BYTES = 24;

/**
 * Creates those that do not exist; who has changed his password since keeps it.
 * @throws ConfigError, KafkaError KAFKA_STORAGE_ERROR
 */
export async function createFirstUsers(config: BrokerConfig, metadata: MetadataStore, random: Random): Promise<void> {
  for (const user of parseScramUsers(config.text(SCRAM_USERS) ?? '')) {
    const { mechanism, name } = user;
    if (metadata.dynamicConfigs(StoredResourceType.SCRAM_USER, name).has(mechanism)) continue;
    const credential = await encoded(user, random);
    await metadata.alterDynamicConfigs(
      StoredResourceType.SCRAM_USER,
      name,
      (current) => new Map([[mechanism, credential], ...current]),
    );
  }
}

async function encoded({ mechanism, password, iterations, ...user }: FirstScramUser, random: Random): Promise<string> {
  const { credentialOf, encodeCredential, saltedPassword } = await import('../security/sasl/scram-credential.ts');
  const salt = user.salt ?? random.bytes(SALT_BYTES);
  const salted =
    typeof password === 'string' ? await saltedPassword(mechanism, password, salt, iterations) : password.salted;
  return encodeCredential(credentialOf(mechanism, salted, { salt, iterations }));
}
