/** Node's SQLite, loaded when the first database is opened: a start with data has it on another thread. */
import type * as Sqlite from 'node:sqlite';

let loaded: typeof Sqlite | undefined;

/** Node 22 says on stderr that its SQLite is experimental, which is no news for somebody who runs a broker. */
function load(): typeof Sqlite {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Opens a database's file. @throws Error of SQLite */
export function openSqlite(file: string, options: Sqlite.DatabaseSyncOptions = {}): Sqlite.DatabaseSync {
  loaded ??= load();
  return new loaded.DatabaseSync(file, options);
}
