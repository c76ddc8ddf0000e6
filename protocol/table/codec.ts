/**
 * Reads and writes messages by a table of their fields (`text.ts`), as the code that is generated for other messages
 * does: the same bytes, the same errors. It takes a fifth of the room and is slower, so it is for what clients do not
 * send all the time.
 *
 * A table is parsed when its message comes for the first time; then a struct in one version is a list of steps.
 */
import { checkVersion, type MessageVersions } from '../codec.ts';
import type { Input } from '../input.ts';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';
import { TableStruct, type Values } from './struct.ts';
import { parseTable } from './text.ts';

/** What a generated module has of its message. */
export interface TableCodec<T> {
  /** @throws ProtocolError on malformed bytes. */
  readonly read: (reader: Reader, version: number) => T;
  /** Fields left out get Kafka's defaults. @throws ProtocolError for what the version cannot carry. */
  readonly write: (writer: Writer, message: Input<T>, version: number) => void;
}

/** The codec of a message. */
export function tableCodec<T>(name: string, versions: MessageVersions, table: string): TableCodec<T> {
  let known: TableStruct | null = null;
  const struct = (version: number): TableStruct => {
    checkVersion(name, version, versions);
    return (known ??= new TableStruct(name, parseTable(table), versions.flexible));
  };
  return {
    read: (reader, version) => struct(version).read(reader, version) as T,
    write: (writer, message, version) => struct(version).write(writer, message as Values, version),
  };
}
