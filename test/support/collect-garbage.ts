/** Memory that nobody holds any more, given back now: for tests that measure what is kept. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects all garbage of this thread. Once is not enough: a collection that finds marking under way finishes that,
 * and keeps what died since it began; and the memory of buffers is given back beside, at the latest by the next one.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let times = 0; times < 3; times++) collect();
}
