/** Which protocols (assignors) the members of a classic group support, and which of them a generation uses. */
import { hashMapOrder } from '../../java-hash.ts';
import type { GroupMember } from './member.ts';

export class ProtocolSupport {
  /** Number of members that support a protocol. */
  readonly #counts = new Map<string, number>();

  /** Counts a member in, or, with -1, out. */
  count({ protocols }: GroupMember, change: 1 | -1): void {
    for (const { name } of protocols) {
      const count = (this.#counts.get(name) ?? 0) + change;
      if (count === 0) this.#counts.delete(name);
      else this.#counts.set(name, count);
    }
  }

  /** True if so many members support it. */
  has(name: string, members: number): boolean {
    return (this.#counts.get(name) ?? 0) === members;
  }

  /** The protocol that all support and most prefer; of equals the one that Kafka comes to first. */
  select(members: ReadonlyMap<string, GroupMember>): string | null {
    const candidates = new Set<string>();
    for (const [name, count] of this.#counts) if (count === members.size) candidates.add(name);
    const votes = new Map<string, number>();
    for (const member of members.values()) {
      const vote = member.vote(candidates);
      if (vote !== null) votes.set(vote, (votes.get(vote) ?? 0) + 1);
    }
    let winner: string | null = null;
    const counted = hashMapOrder([...votes], ([name]) => name);
    for (const [name, count] of counted) if (winner === null || count > (votes.get(winner) ?? 0)) winner = name;
    return winner;
  }
}
