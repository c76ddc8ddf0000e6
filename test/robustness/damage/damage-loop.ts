/** Damages a journal again and again, each time from what it was, and collects what went wrong. */
import { seededRandom } from '../../../src/base/random.ts';
import { checkJournal } from './journal-check.ts';
import { damageOnce } from './journal-damage.ts';
import { makeWorld } from './journal-world.ts';

export interface DamageReport {
  readonly problems: string[];
  /** How often each result came. */
  readonly results: Record<string, number>;
}

/** @param rounds journals, each damaged `damages` times; half of them after a clean stop */
export async function damageLoop(seed: number, rounds: number, damages: number): Promise<DamageReport> {
  const problems: string[] = [];
  const results: Record<string, number> = {};
  for (let round = 0; round < rounds; round++) {
    const world = await makeWorld(seed + round, round % 2 === 0 ? 'kill' : 'stop');
    const random = seededRandom(seed * 1000 + round);
    for (let i = 0; i < damages; i++) {
      const disk = world.disk.afterKill();
      const damage = damageOnce(disk, world, random);
      const { path, position } = world.proven;
      // After a kill nobody knows how far the last file went, so a damaged end of it looks like a torn write.
      const isKilled = world.end?.position === null;
      const isUnproven = damage.path > path || (damage.path === path && damage.position >= position);
      const isTail = isKilled && (isUnproven || (damage.path === path && !damage.text.startsWith('bit')));
      const outcome = await checkJournal(disk, world, isTail);
      results[outcome.result] = (results[outcome.result] ?? 0) + 1;
      for (const problem of outcome.problems) problems.push(`seed ${seed + round}, ${damage.text}: ${problem}`);
    }
  }
  return { problems, results };
}
