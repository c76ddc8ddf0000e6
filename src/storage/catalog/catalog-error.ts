/** The one error a catalog rejects with. */

/**
 * `LOCKED`: another process has the directory open. `FOREIGN`: the directory belongs to another program. `TOO_NEW`: a
 * newer version wrote it. `NAME_TAKEN` and `NOT_FOUND`: the call does not fit the state. `DISK_FULL`: nothing changed,
 * the call may be repeated later. `CORRUPT`, `IO`, `CLOSED`: the catalog cannot be used.
 */
export type CatalogErrorCode =
  | 'LOCKED'
  | 'FOREIGN'
  | 'TOO_NEW'
  | 'NAME_TAKEN'
  | 'NOT_FOUND'
  | 'DISK_FULL'
  | 'CORRUPT'
  | 'IO'
  | 'CLOSED';

/** A failure of the catalog, with a stable code. */
export class CatalogError extends Error {
  readonly code: CatalogErrorCode;
  constructor(code: CatalogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CatalogError';
    this.code = code;
  }
}
