/** What the catalog and its worker say to each other. */
import type { CatalogErrorCode } from './catalog-error.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/** Calls that the worker takes, by name. */
interface Calls
  extends Pick<
    SqliteDatabase,
    | 'start'
    | 'createTopic'
    | 'addPartitions'
    | 'deleteTopic'
    | 'endDeletion'
    | 'setTopicConfigs'
    | 'setConfigs'
    | 'setFeatures'
    | 'allocateProducerIds'
    | 'publishSegments'
    | 'goesOnIn'
    | 'reached'
    | 'ended'
    | 'image'
  > {
  load(clusterId: string): unknown;
  close(): unknown;
}

/** A call on the database by name. */
export type CatalogCall = {
  [Name in keyof Calls]: { readonly name: Name; readonly args: Parameters<Calls[Name]> };
}[keyof Calls];

export type CatalogRequest = { readonly id: number } & CatalogCall;

export type CatalogReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: CatalogErrorCode; readonly message: string } };
