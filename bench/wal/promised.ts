/**
 * What many appends from one turn cost at least in this runtime: a promise for each, a copy of its bytes behind those of the
 * others, and one write of them all, on a thread, into files that stay as the engine's do.
 */
import * as fs from 'node:fs';
import { called, KeptFiles, nextTurn } from './floor.ts';

type Resolve = () => void;

let resolveNewest: Resolve = () => undefined;
const keepResolve = (resolve: Resolve): void => void (resolveNewest = resolve);

/** Appends of one turn, and what they are put together in. */
class Turn {
  readonly #resolves: Resolve[] = [];
  readonly #bytes: Buffer;
  #length = 0;

  constructor(byteLength: number) {
    this.#bytes = Buffer.alloc(byteLength);
  }

  append(bytes: Buffer): Promise<void> {
    const promise = new Promise<void>(keepResolve);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    this.#resolves.push(resolveNewest);
    return promise;
  }

  /** Writes what was appended and resolves. @param files null: only copied */
  async end(files: KeptFiles | null): Promise<void> {
    if (files !== null) {
      const { descriptor, position } = files.place(this.#length);
      await called((callback) => fs.write(descriptor, this.#bytes, 0, this.#length, position, callback));
      files.flush();
    }
    for (const resolve of this.#resolves) resolve();
    this.#resolves.length = 0;
    this.#length = 0;
  }
}

/** @param directory where the files are; null: the bytes are only copied */
export async function promisedPerSecond(
  directory: string | null,
  bytes: Buffer,
  perTurn: number,
  turns: number,
): Promise<number> {
  using files = directory === null ? null : new KeptFiles(directory);
  const turn = new Turn(bytes.length * perTurn);
  const run = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done++) {
      let last: Promise<void> | undefined;
      for (let i = 0; i < perTurn; i++) last = turn.append(bytes);
      await Promise.all([last, turn.end(files)]);
      await nextTurn();
    }
  };
  await run(Math.ceil(turns / 5));
  const startedMs = performance.now();
  await run(turns);
  return (turns * perTurn * 1000) / (performance.now() - startedMs);
}
