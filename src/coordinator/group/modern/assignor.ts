/** What an assignor is given and gives back. */
import type { Assignment } from './assignment.ts';

export interface AssignedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** Existing topics it subscribes to. */
  readonly topicIds: ReadonlySet<string>;
  /** Its target assignment up to now. */
  readonly assigned: Assignment;
}

export interface GroupSpec {
  /** At least one. */
  readonly members: readonly AssignedMember[];
  /** True if all subscribe to the same topics. */
  readonly isHomogeneous: boolean;
  /** Partitions of an existing topic. */
  partitionCount(topicId: string): number;
}

export interface Assignor {
  readonly name: string;
  /** Target assignments by member id; a member that is left out gets nothing. */
  assign(spec: GroupSpec): ReadonlyMap<string, Assignment>;
}
