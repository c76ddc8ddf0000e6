/** Node's SQLite, loaded when the first database is opened. */
import type * as Sqlite from 'node:sqlite';

let loaded: typeof Sqlite | undefined;

/** Node 22 says on stderr that its SQLite is experimental, which is no news for somebody who runs a broker. */
function load(): typeof Sqlite {
  // Tests in Jest have a copy of `process`, which is not asked.
  const own = process.getBuiltinModule('node:vm').runInThisContext('process') as typeof process;
  const { emitWarning } = own;
  own.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    own.emitWarning = emitWarning;
  }
}

/** Opens a database's file. @throws Error of SQLite */
export function openSqlite(file: string, options: Sqlite.DatabaseSyncOptions = {}): Sqlite.DatabaseSync {
  loaded ??= load();
  return new loaded.DatabaseSync(file, options);
}
