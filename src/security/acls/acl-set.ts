/** ACLs by what they are about, so that those of a resource are found without looking at the others. */
import type { ResourceType } from '../authorizer.ts';
import { type Acl, aclKey, type ResourcePattern, WILDCARD } from './acl.ts';

type ByName = Map<string, Map<string, Acl>>;

/** Those of one type of resource. */
class TypeAcls {
  readonly literal: ByName = new Map();
  readonly prefixed: ByName = new Map();
  /** How many prefixes there are of each length: only these lengths of a name are looked up. */
  readonly #lengths = new Map<number, number>();

  of({ patternType }: ResourcePattern): ByName {
    return patternType === 'LITERAL' ? this.literal : this.prefixed;
  }

  add(acl: Acl): boolean {
    const byName = this.of(acl);
    let acls = byName.get(acl.name);
    if (acls === undefined) {
      acls = new Map();
      byName.set(acl.name, acls);
      if (byName === this.prefixed) this.#count(acl.name.length, 1);
    }
    const key = aclKey(acl);
    if (acls.has(key)) return false;
    acls.set(key, acl);
    return true;
  }

  delete(acl: Acl): boolean {
    const byName = this.of(acl);
    const acls = byName.get(acl.name);
    if (acls?.delete(aclKey(acl)) !== true) return false;
    if (acls.size > 0) return true;
    byName.delete(acl.name);
    if (byName === this.prefixed) this.#count(acl.name.length, -1);
    return true;
  }

  *matching(name: string): Generator<Acl> {
    yield* this.literal.get(name)?.values() ?? [];
    if (name !== WILDCARD) yield* this.literal.get(WILDCARD)?.values() ?? [];
    for (const length of this.#lengths.keys()) {
      if (length <= name.length) yield* this.prefixed.get(name.slice(0, length))?.values() ?? [];
    }
  }

  *all(): Generator<Acl> {
    for (const byName of [this.literal, this.prefixed]) for (const acls of byName.values()) yield* acls.values();
  }

  #count(length: number, by: number): void {
    const count = (this.#lengths.get(length) ?? 0) + by;
    if (count > 0) this.#lengths.set(length, count);
    else this.#lengths.delete(length);
  }
}

export class AclSet implements Iterable<Acl> {
  readonly #byType = new Map<ResourceType, TypeAcls>();

  /** False if it is there already. */
  add(acl: Acl): boolean {
    let acls = this.#byType.get(acl.type);
    if (acls === undefined) this.#byType.set(acl.type, (acls = new TypeAcls()));
    return acls.add(acl);
  }

  /** False if there is none. */
  delete(acl: Acl): boolean {
    return this.#byType.get(acl.type)?.delete(acl) ?? false;
  }

  /** Those about a resource: of its name, of all names, of a beginning of it. */
  matching(type: ResourceType, name: string): Iterable<Acl> {
    return this.#byType.get(type)?.matching(name) ?? [];
  }

  /** Those about resources of a type. */
  ofType(type: ResourceType): Iterable<Acl> {
    return this.#byType.get(type)?.all() ?? [];
  }

  *[Symbol.iterator](): Generator<Acl> {
    for (const acls of this.#byType.values()) yield* acls.all();
  }
}
