/** What goes wrong in the catalog's SQLite file, as the catalog's own error. */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { isError, messageOf } from '../../base/realms.ts';
import { CatalogError, type CatalogErrorCode } from './catalog-error.ts';
import { DamagedRow } from './sqlite-database.ts';

/** By SQLite's primary code. */
const CODES: Readonly<Record<number, CatalogErrorCode>> = {
  1: 'CORRUPT', // the tables are not those that were made
  5: 'LOCKED',
  6: 'LOCKED',
  11: 'CORRUPT',
  13: 'DISK_FULL',
  20: 'CORRUPT',
  26: 'CORRUPT',
};

const READ_ONLY = 8;
/** The whole code of a file that ends within a page. */
const SHORT_READ = 522;

/** The whole code of a write that failed, for a quota or worse: SQLite does not tell which. All is as it was before. */
const WRITE_FAILED = 778;

const TEXTS: Readonly<Partial<Record<CatalogErrorCode, (file: string, reason: string) => string>>> = {
  LOCKED: (file) => `Another broker has ${file} open.`,
  DISK_FULL: (file, reason) => `No space left for ${file} (${reason}): delete topics, or free some on its disk.`,
};

/** What to do about a catalog that cannot be used, in one sentence. */
export function wayOut(file: string): string {
  return `Restore it from a copy, or make it from the journal: walka catalog rebuild --data-dir ${dirname(file)}`;
}

/** The catalog in `file` is not to be used. */
export function unusable(file: string, what: string, cause?: unknown): CatalogError {
  return new CatalogError('CORRUPT', `${file} ${what}. ${wayOut(file)}`, { cause });
}

function mayWrite(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown, file: string): CatalogErrorCode {
  if (error instanceof DamagedRow || error instanceof SyntaxError) return 'CORRUPT';
  if (!isError(error) || !('errcode' in error)) return 'IO';
  const whole = Number(error.errcode);
  const primary = whole & 0xff;
  // A file that says of itself that nobody may write to it.
  if (whole === SHORT_READ || (primary === READ_ONLY && mayWrite(file))) return 'CORRUPT';
  if (whole === WRITE_FAILED) return 'DISK_FULL';
  return CODES[primary] ?? 'IO';
}

export function toCatalogError(error: unknown, file: string): CatalogError {
  if (error instanceof CatalogError) return error;
  const code = codeOf(error, file);
  const reason = messageOf(error);
  if (code === 'CORRUPT') return unusable(file, `is damaged (${reason})`, error);
  const text = TEXTS[code]?.(file, reason);
  return new CatalogError(code, text ?? `${file}: ${reason}.`, text === undefined ? { cause: error } : {});
}
