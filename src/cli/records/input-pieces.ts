/** What a command reads: a file, or standard input. */
import { createReadStream } from 'node:fs';
import { ConfigError } from '../../config/config-error.ts';

const PIECE_BYTES = 256 * 1024;

/** The bytes, in pieces; `-` is standard input. @throws ConfigError where the system does not give them, as a rejection */
export async function* piecesOf(
  path: string,
  input: NodeJS.ReadableStream,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Buffer, void, undefined> {
  const stream = path === '-' ? input : createReadStream(path, { highWaterMark: pieceBytes });
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new ConfigError(`cannot read ${path}: ${(error as Error).message}`);
  }
}
