/** The catalog's file in the data directory. */
export const CATALOG_FILE = 'catalog.db';
