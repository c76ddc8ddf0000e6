/** Which member has each partition: it was assigned to it and has not been given back. */
import type { EpochedAssignment } from '../modern/assignment.ts';

export class PartitionOwners {
  /** Member ids by topic id and partition. */
  readonly #owners = new Map<string, Map<number, string>>();

  of(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition);
  }

  claim(memberId: string, partitions: EpochedAssignment): void {
    for (const [topicId, epochs] of partitions) {
      let owners = this.#owners.get(topicId);
      if (owners === undefined) this.#owners.set(topicId, (owners = new Map()));
      for (const partition of epochs.keys()) owners.set(partition, memberId);
    }
  }

  /** Partitions that another has claimed meanwhile stay with that one. */
  release(memberId: string, partitions: EpochedAssignment): void {
    for (const [topicId, epochs] of partitions) {
      const owners = this.#owners.get(topicId);
      if (owners === undefined) continue;
      for (const partition of epochs.keys()) if (owners.get(partition) === memberId) owners.delete(partition);
      if (owners.size === 0) this.#owners.delete(topicId);
    }
  }
}
