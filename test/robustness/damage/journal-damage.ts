/** Ways to damage a journal, picked by chance: bits flip, sectors are lost, files are cut, lengthened, removed, mixed up. */
import type { Random } from '../../../src/base/random.ts';
import type { FaultyDisk } from '../../support/faulty-disk.ts';
import { entriesOf, type World } from './journal-world.ts';

export interface Damage {
  /** What was done, for messages. */
  readonly text: string;
  /** The start of what changed: the path that comes first, and the position in it. */
  readonly path: string;
  readonly position: number;
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.int(from.length)] as T;
}

/** A position in a file, more often where there is structure than by its size. */
function place(random: Random, bytes: Buffer): number {
  const entries = [...entriesOf(bytes)];
  const seal = entries.filter(({ kind }) => kind >= 6);
  const kind = random.int(6);
  if (kind === 0 || entries.length === 0) return random.int(Math.min(128, bytes.length));
  if (kind === 1) return random.int(bytes.length);
  const { position, length } = pick(random, kind === 2 && seal.length > 0 ? seal : entries);
  return position + random.int(kind === 3 ? Math.min(length, 56 + 61) : length);
}

/** Damages one thing on the disk. */
export function damageOnce(disk: FaultyDisk, world: World, random: Random): Damage {
  const path = pick(random, disk.paths());
  const bytes = Buffer.from(disk.contents(path));
  const position = bytes.length === 0 ? 0 : place(random, bytes);
  switch (random.int(9)) {
    case 0:
      disk.put(path, bytes.subarray(0, position));
      return { text: `cut ${path} at ${position}`, path, position };
    case 1: {
      const start = position - (position % 512);
      bytes.fill(0, start, Math.min(bytes.length, start + 512));
      disk.put(path, bytes);
      return { text: `zeros in ${path} from ${start}`, path, position: start };
    }
    case 2:
      disk.put(path, Buffer.concat([bytes, random.bytes(random.int(2000))]));
      return { text: `garbage behind ${path}`, path, position: bytes.length };
    case 3: {
      void disk.unlink(path);
      return { text: `without ${path}`, path, position: 0 };
    }
    case 4: {
      const copies = world.older.get(path) ?? [];
      if (copies.length === 0) break;
      disk.put(path, pick(random, copies));
      return { text: `an older ${path}`, path, position: 0 };
    }
    case 5: {
      const other = pick(random, disk.paths());
      disk.put(path, Buffer.from(disk.contents(other)));
      return { text: `${other} in place of ${path}`, path, position: 0 };
    }
    default:
      break;
  }
  const bit = random.int(8);
  if (bytes.length > 0) bytes[position] = (bytes[position] as number) ^ (1 << bit);
  disk.put(path, bytes);
  return { text: `bit ${bit} of byte ${position} of ${path}`, path, position };
}
