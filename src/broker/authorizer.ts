/** Who decides what clients may do, as the settings have it. */
import type { BrokerConfig } from '../config/broker-config.ts';
import { superUsers } from '../config/listener-security.ts';
import type { BrokerServices } from '../handlers/types.ts';
import type { MetadataStore } from '../metadata/types.ts';

/** Nobody, without an authorizer in the settings; its code is not loaded then. */
export async function openAuthorizer(
  config: BrokerConfig,
  metadata: MetadataStore,
): Promise<Pick<BrokerServices, 'authorizer' | 'acls'>> {
  if (config.string('authorizer.class.name') === '') return { authorizer: null, acls: null };
  const { AclAuthorizer } = await import('../security/acls/acl-authorizer.ts');
  const { readAcls, StoredAcls } = await import('../security/acls/stored-acls.ts');
  const options = {
    superUsers: new Set(superUsers(config.string('super.users'))),
    allowsWithoutAcl: config.bool('allow.everyone.if.no.acl.found'),
  };
  const authorizer = new AclAuthorizer(options, readAcls(metadata));
  return { authorizer, acls: new StoredAcls(metadata, authorizer) };
}
