/** Files of keys and certificates: what they hold, and what tells that they changed. */
import { readFile, stat } from 'node:fs/promises';
import { readFailure } from '../../config/read-failure.ts';
import { MaterialError } from './key-material.ts';

/** More than any store holds: no file by mistake fills the memory. */
const MAX_BYTES = 16 * 1024 * 1024;

/** @throws MaterialError */
export async function readStore(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new MaterialError(`${path} has ${size} bytes, which no store has`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof MaterialError) throw error;
    throw new MaterialError(`cannot read ${path}: ${readFailure(error)}`);
  }
}

/** A text that is another one when somebody wrote or replaced the file, or what a link leads to. */
export async function fileState(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return readFailure(error);
  }
}
