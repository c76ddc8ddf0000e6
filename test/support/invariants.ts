/** Makes a test fail whose engine found itself wrong, whatever else the test expects of a journal that fails. */
import { InvariantError } from '../../src/base/invariant.ts';
import type { Engine } from '../../src/storage/open-engine.ts';

/** The engine, watched. */
export async function watched(opening: Promise<Engine>): Promise<Engine> {
  const engine = await opening;
  engine.onFailure(({ cause }) => {
    if (!(cause instanceof InvariantError)) return;
    queueMicrotask(() => {
      throw cause;
    });
  });
  return engine;
}
