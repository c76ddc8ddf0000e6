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

interface AclChange {
  readonly acl: Acl;
  readonly isAdded: boolean;
}

function changed(kept: ReadonlyMap<string, string>, changes: readonly AclChange[]): ReadonlyMap<string, string> {
  const acls = new Map(kept);
  for (const { acl, isAdded } of changes) {
    if (isAdded) acls.set(keyOf(acl), '');
    else acls.delete(keyOf(acl));
  }
  return acls;
}

export class StoredAcls implements AclStore {
  readonly #metadata: MetadataStore;
  readonly #authorizer: AclAuthorizer;
  /** Changes whose turn has not come, by resource. */
  readonly #waiting = new Map<string, { readonly changes: AclChange[]; readonly done: Promise<void> }>();

  /** @param authorizer has the ACLs of the metadata already, and is told of each change */
  constructor(metadata: MetadataStore, authorizer: AclAuthorizer) {
    this.#metadata = metadata;
    this.#authorizer = authorizer;
  }

  get acls(): Iterable<Acl> {
    return this.#authorizer.acls;
  }

  create(acl: Acl): Promise<void> {
    return this.#change({ acl, isAdded: true });
  }

  delete(acl: Acl): Promise<void> {
    return this.#change({ acl, isAdded: false });
  }

  /** What is asked for while others wait for their resource's turn is done with them, in the order in which it came. */
  #change(change: AclChange): Promise<void> {
    const name = nameOf(change.acl);
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined) {
      waiting.changes.push(change);
      return waiting.done;
    }
    const changes = [change];
    const begin: AlterConfigs = (kept) => {
      this.#waiting.delete(name);
      return changed(kept, changes);
    };
    // Its turn comes when this turn of the event loop's microtasks is over at the earliest.
    const done = Promise.resolve()
      .then(() => this.#metadata.alterDynamicConfigs(StoredResourceType.ACL, name, begin))
      .then(() => {
        for (const { acl, isAdded } of changes) this.#authorizer.change(isAdded ? [acl] : [], isAdded ? [] : [acl]);
      });
    this.#waiting.set(name, { changes, done });
    return done;
  }
}
