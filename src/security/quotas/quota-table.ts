/** The quotas that are defined, and which of them counts for whom. */
import { clientEntityKey, entityKey, type QuotaEntity } from './quota-entity.ts';
import { type ClientQuotaKey, CONNECTION_RATE } from './quota-keys.ts';

export interface DefinedQuotas {
  readonly entity: QuotaEntity;
  /** By key, never empty. */
  readonly values: ReadonlyMap<string, number>;
}

/** A limit with who shares it; null: it does not matter. */
export interface ClientLimit {
  readonly limit: number;
  readonly user: string | null;
  readonly clientId: string | null;
}

export class QuotaTable {
  readonly #byEntity = new Map<string, DefinedQuotas>();
  /** Addresses of the names that stand for them. */
  readonly #addresses = new Map<string, string>();
  /** By address, null: for all others; made anew after changes. */
  #byAddress: ReadonlyMap<string | null, number> | null = null;

  /** Takes the place of what was defined for the entity. */
  set(entity: QuotaEntity, values: ReadonlyMap<string, number>): void {
    if (values.size === 0) this.#byEntity.delete(entityKey(entity));
    else this.#byEntity.set(entityKey(entity), { entity, values });
    this.#byAddress = null;
  }

  /** What the `ip` of entities stands for, where that is no address in the form that sockets have it. */
  know(name: string, address: string): void {
    this.#addresses.set(name, address);
    this.#byAddress = null;
  }

  get all(): Iterable<DefinedQuotas> {
    return this.#byEntity.values();
  }

  /** Whether there are quotas of users and clients. */
  get hasClients(): boolean {
    return [...this.all].some(({ entity }) => !entity.has('ip'));
  }

  /** Whether there are quotas of addresses. */
  get hasAddresses(): boolean {
    return this.#limits.size > 0;
  }

  /** The limit that counts for a user's client, in Kafka's order; null: none. */
  clientLimit(key: ClientQuotaKey, user: string, clientId: string): ClientLimit | null {
    for (const [ofUser, ofClient] of candidates(user, clientId)) {
      const limit = this.#byEntity.get(clientEntityKey(ofUser, ofClient))?.values.get(key);
      if (limit === undefined) continue;
      return {
        limit,
        user: ofUser === undefined ? null : user,
        clientId: ofClient === undefined ? null : clientId,
      };
    }
    return null;
  }

  /** New connections a second from an address; null: any number. */
  addressLimit(address: string): number | null {
    return this.#limits.get(address) ?? this.#limits.get(null) ?? null;
  }

  get #limits(): ReadonlyMap<string | null, number> {
    if (this.#byAddress !== null) return this.#byAddress;
    const limits = new Map<string | null, number>();
    for (const { entity, values } of this.all) {
      const name = entity.get('ip');
      const limit = values.get(CONNECTION_RATE);
      if (name !== undefined && limit !== undefined) limits.set(this.#addresses.get(name ?? '') ?? name, limit);
    }
    return (this.#byAddress = limits);
  }
}

/** Entities that speak of a user's client, those that say most of it first; null: a default. */
function candidates(
  user: string,
  clientId: string,
): ReadonlyArray<readonly [user: string | null | undefined, clientId: string | null | undefined]> {
  return [
    [user, clientId],
    [user, null],
    [user, undefined],
    [null, clientId],
    [null, null],
    [null, undefined],
    [undefined, clientId],
    [undefined, null],
  ];
}
