/**
 * Decides by ACLs as Kafka's StandardAuthorizer does (KIP-11, KIP-290): super users may do everything; else what is denied
 * to somebody he may not, whatever allows it; else he may what is allowed; what no ACL at all is about, as the setting
 * `allow.everyone.if.no.acl.found` says.
 */
import { addressOf } from '../../base/address.ts';
import type { Authorizer, Operation, Requester, ResourceType } from '../authorizer.ts';
import { principalText } from '../principal.ts';
import { type Acl, type AclOperation, ANYBODY, WILDCARD } from './acl.ts';
import { AclHost } from './acl-host.ts';
import { AclSet } from './acl-set.ts';

/** Operations that allow another, too; a denial denies only what it says. */
const IMPLYING: ReadonlyMap<Operation, ReadonlySet<AclOperation>> = new Map([
  ['DESCRIBE', new Set<AclOperation>(['READ', 'WRITE', 'DELETE', 'ALTER'])],
  ['DESCRIBE_CONFIGS', new Set<AclOperation>(['ALTER_CONFIGS'])],
]);

/** A name that no ACL is about but those about all names, as Kafka asks with (any name would do). */
const ANY_NAME = 'hardcode';
/** Decisions that are kept; when there are as many, all are forgotten. */
const MAX_DECISIONS = 16_384;
/** Letters of one that is kept: names may have 32 KiB, whether there is such a resource or not. */
const MAX_KEPT_LETTERS = 512;

export interface AclAuthorizerOptions {
  /** `User:name`, as super.users has them. */
  readonly superUsers: ReadonlySet<string>;
  readonly allowsWithoutAcl: boolean;
}

/** By the ACLs that have them. */
const hosts = new WeakMap<Acl, AclHost>();

function isFrom(acl: Acl, address: string): boolean {
  let host = hosts.get(acl);
  if (host === undefined) hosts.set(acl, (host = new AclHost(acl.host)));
  return host.has(address);
}

/** As ACLs are compared with it: they have addresses in more than one form. */
function addressIn({ host }: Requester): string {
  return addressOf(host) ?? host;
}

function isAbout(acl: Acl, who: string, from: string): boolean {
  const { principal, host } = acl;
  if (principal !== who && principal !== ANYBODY) return false;
  return host === from || host === WILDCARD || isFrom(acl, from);
}

function denies({ permission, operation }: Acl, asked: Operation): boolean {
  return permission === 'DENY' && (operation === asked || operation === 'ALL');
}

function grants({ permission, operation }: Acl, asked: Operation): boolean {
  if (permission !== 'ALLOW') return false;
  return operation === asked || operation === 'ALL' || (IMPLYING.get(asked)?.has(operation) ?? false);
}

export class AclAuthorizer implements Authorizer {
  readonly #options: AclAuthorizerOptions;
  readonly #acls = new AclSet();
  readonly #decisions = new Map<string, boolean>();

  constructor(options: AclAuthorizerOptions, acls: Iterable<Acl> = []) {
    this.#options = options;
    for (const acl of acls) this.#acls.add(acl);
  }

  /** All there are. */
  get acls(): Iterable<Acl> {
    return this.#acls;
  }

  change(added: Iterable<Acl>, deleted: Iterable<Acl>): void {
    for (const acl of added) this.#acls.add(acl);
    for (const acl of deleted) this.#acls.delete(acl);
    this.#decisions.clear();
  }

  allows(requester: Requester, operation: Operation, type: ResourceType, name: string): boolean {
    const { principal, host } = requester;
    // Addresses and the names of types and operations have no spaces, and principals and names come last.
    const who = principalText(principal);
    const key = `${host} ${operation} ${type} ${who.length} ${who} ${name}`;
    const isKept = key.length <= MAX_KEPT_LETTERS;
    const known = isKept ? this.#decisions.get(key) : undefined;
    if (known !== undefined) return known;
    const isSuper = this.#options.superUsers.has(who);
    const decision = isSuper || this.#decide(who, addressIn(requester), operation, type, name);
    if (!isKept) return decision;
    if (this.#decisions.size >= MAX_DECISIONS) this.#decisions.clear();
    this.#decisions.set(key, decision);
    return decision;
  }

  allowsAny(requester: Requester, operation: Operation, type: ResourceType): boolean {
    if (this.allows(requester, operation, type, ANY_NAME)) return true;
    const who = principalText(requester.principal);
    const host = addressIn(requester);
    const allowed: Acl[] = [];
    const denied: Acl[] = [];
    for (const acl of this.#acls.ofType(type)) {
      if (!isAbout(acl, who, host)) continue;
      if (denies(acl, operation)) denied.push(acl);
      else if (grants(acl, operation)) allowed.push(acl);
    }
    return allowed.some((acl) => !denied.some((denial) => covers(denial, acl)));
  }

  #decide(who: string, host: string, operation: Operation, type: ResourceType, name: string): boolean {
    let hasAcl = false;
    let isAllowed = false;
    for (const acl of this.#acls.matching(type, name)) {
      hasAcl = true;
      if (!isAbout(acl, who, host)) continue;
      if (denies(acl, operation)) return false;
      isAllowed ||= grants(acl, operation);
    }
    return hasAcl ? isAllowed : this.#options.allowsWithoutAcl;
  }
}

/** Whether a denial is about every resource that an ACL allows. */
function covers(denial: Acl, { patternType, name }: Acl): boolean {
  if (denial.patternType === 'PREFIXED') return name.startsWith(denial.name) && name !== WILDCARD;
  if (denial.name === WILDCARD) return true;
  return patternType === 'LITERAL' && denial.name === name;
}
