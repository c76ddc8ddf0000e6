/** What the catalog and its worker say to each other. */
import type { CatalogErrorCode } from './catalog-error.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/** A call on the database by name. */
export type CatalogCall = {
  [Name in keyof SqliteDatabase]: { readonly name: Name; readonly args: Parameters<SqliteDatabase[Name]> };
}[keyof SqliteDatabase];

export type CatalogRequest = { readonly id: number } & (CatalogCall | { readonly name: 'close'; readonly args: [] });

export type CatalogReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: CatalogErrorCode; readonly message: string } };
