/**
 * Whom a quota is for (KIP-55, KIP-546): a user, a client id, a user's client id, or an address; in the place of a name
 * stands null for all that have none of their own.
 */

const ENTITY_TYPES = ['client-id', 'ip', 'user'] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

/** Names by type; null: the default. */
export type QuotaEntity = ReadonlyMap<EntityType, string | null>;

/** A user's or client's part of an entity; undefined: the entity says nothing of it. */
type Part = string | null | undefined;

export function isEntityType(type: string): type is EntityType {
  return (ENTITY_TYPES as readonly string[]).includes(type);
}

/** The same for equal entities only. */
export function entityKey(entity: QuotaEntity): string {
  return JSON.stringify(ENTITY_TYPES.flatMap((type) => (entity.has(type) ? [[type, entity.get(type)]] : [])));
}

export function parseEntityKey(key: string): QuotaEntity {
  return new Map(JSON.parse(key) as Array<[EntityType, string | null]>);
}

/** As Kafka writes it. */
export function entityText(entity: ReadonlyMap<string, string | null>): string {
  return `ClientQuotaEntity(entries={${[...entity].map(([type, name]) => `${type}=${name}`).join(', ')}})`;
}

/** The key of an entity of users and clients. */
export function clientEntityKey(user: Part, clientId: Part): string {
  const entity = new Map<EntityType, string | null>();
  if (clientId !== undefined) entity.set('client-id', clientId);
  if (user !== undefined) entity.set('user', user);
  return entityKey(entity);
}
