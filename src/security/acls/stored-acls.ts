/** The ACLs of a cluster as they are kept: by what they are about, each in a form that only equal ones have. */
import { type AlterConfigs, type MetadataStore, StoredResourceType } from '../../metadata/types.ts';
import type { AclOperation, Acl, Permission, PatternType, ResourcePattern } from './acl.ts';
import type { AclAuthorizer } from './acl-authorizer.ts';
import type { ResourceType } from '../authorizer.ts';

/** What the APIs that manage ACLs work with. */
export interface AclStore {
  /** All there are. */
  readonly acls: Iterable<Acl>;
  /** Resolves when it is kept and counts; one that is there already stays. @throws KafkaError KAFKA_STORAGE_ERROR */
  create(acl: Acl): Promise<void>;
  /** Resolves when it is gone; one that is not there is no error. @throws KafkaError KAFKA_STORAGE_ERROR */
  delete(acl: Acl): Promise<void>;
}

type Kept = readonly [principal: string, host: string, operation: AclOperation, permission: Permission];
type KeptPattern = readonly [ResourceType, PatternType, string];

function nameOf({ type, patternType, name }: ResourcePattern): string {
  return JSON.stringify([type, patternType, name] satisfies KeptPattern);
}

function keyOf({ principal, host, operation, permission }: Acl): string {
  return JSON.stringify([principal, host, operation, permission] satisfies Kept);
}

/** All ACLs that are kept. */
export function* readAcls(metadata: MetadataStore): Generator<Acl> {
  for (const resource of metadata.resourceNames(StoredResourceType.ACL)) {
    const [type, patternType, name] = JSON.parse(resource) as KeptPattern;
    for (const key of metadata.dynamicConfigs(StoredResourceType.ACL, resource).keys()) {
      const [principal, host, operation, permission] = JSON.parse(key) as Kept;
      yield { type, patternType, name, principal, host, operation, permission };
    }
  }
}

export class StoredAcls implements AclStore {
  readonly #metadata: MetadataStore;
  readonly #authorizer: AclAuthorizer;

  /** @param authorizer has the ACLs of the metadata already, and is told of each change */
  constructor(metadata: MetadataStore, authorizer: AclAuthorizer) {
    this.#metadata = metadata;
    this.#authorizer = authorizer;
  }

  get acls(): Iterable<Acl> {
    return this.#authorizer.acls;
  }

  async create(acl: Acl): Promise<void> {
    await this.#alter(acl, (kept) => new Map([...kept, [keyOf(acl), '']]));
    this.#authorizer.change([acl], []);
  }

  async delete(acl: Acl): Promise<void> {
    const key = keyOf(acl);
    await this.#alter(acl, (kept) => new Map([...kept].filter(([other]) => other !== key)));
    this.#authorizer.change([], [acl]);
  }

  async #alter(acl: Acl, alter: AlterConfigs): Promise<void> {
    await this.#metadata.alterDynamicConfigs(StoredResourceType.ACL, nameOf(acl), alter);
  }
}
