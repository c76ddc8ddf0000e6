/**
 * Leaves free memory behind that was in use a moment ago.
 *
 * On a virtual machine whose host takes free memory back, the first touch of a page costs the guest up to ten times what
 * the write into it costs. (Linux reports free pages to the host every two seconds and, on some machines, keeps 1 GiB: so
 * a measure has to begin at once and write little.) Without this, a broker that writes into pages which files deleted a moment ago left behind
 * looks several times cheaper than one that does not, whatever either of them does.
 */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK = Buffer.alloc(1024 * 1024);
/** Some times what a measure writes. */
const BYTES = 3e9;

/** Writes and deletes a file in `directory`, which is on the disk that the brokers use. */
export async function touchPages(directory: string): Promise<void> {
  const path = join(directory, `walka-bench-pages-${process.pid}`);
  try {
    await using file = await open(path, 'wx');
    for (let written = 0; written < BYTES; written += BLOCK.length) await file.write(BLOCK);
    await file.sync();
  } finally {
    await rm(path, { force: true });
  }
}
