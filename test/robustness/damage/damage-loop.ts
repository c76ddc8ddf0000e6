/** Damages a journal again and again, each time from what it was, and collects what went wrong. */
import { seededRandom } from '../../../src/base/random.ts';
import { checkJournal } from './journal-check.ts';
import { type Damage, damageOnce } from './journal-damage.ts';
import { FOLDER, makeWorld, type World } from './journal-world.ts';

export interface DamageReport {
  readonly problems: string[];
  /** How often each result came. */
  readonly results: Record<string, number>;
}

/** True for a place of which the catalog knows that the device had it. */
function isWitnessed({ path, position }: Damage, { end }: World): boolean {
  if (end === null || end.position === null) return false;
  const endPath = `${FOLDER}${String(end.sequence).padStart(20, '0')}.wal`;
  return path < endPath || (path === endPath && position < end.position);
}

/** @param rounds journals, each damaged `damages` times; half of them after a clean stop */
export async function damageLoop(seed: number, rounds: number, damages: number): Promise<DamageReport> {
  const problems: string[] = [];
  const results: Record<string, number> = {};
  for (let round = 0; round < rounds; round++) {
    const isKilled = round % 2 === 0;
    const world = await makeWorld(seed + round, isKilled ? 'kill' : 'stop');
    const random = seededRandom(seed * 1000 + round);
    for (let i = 0; i < damages; i++) {
      const disk = world.disk.afterKill();
      const damage = damageOnce(disk, world, random);
      const { path, position } = world.proven;
      // After a kill nobody knows how far the last file went in the end, so a damaged end of it looks like a torn write.
      const isUnproven = damage.path > path || (damage.path === path && damage.position >= position);
      const mayBeTail = isKilled && !isWitnessed(damage, world);
      const isTail = mayBeTail && (isUnproven || (damage.path === path && !damage.text.startsWith('bit')));
      const outcome = await checkJournal(disk, world, isTail);
      results[outcome.result] = (results[outcome.result] ?? 0) + 1;
      for (const problem of outcome.problems) problems.push(`seed ${seed + round}, ${damage.text}: ${problem}`);
    }
  }
  return { problems, results };
}
