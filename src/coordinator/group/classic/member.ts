/** A member of a classic group: what it supports, what it was assigned, and which of its requests is parked. */
import type { Input } from '../../../../protocol/input.ts';
import type { JoinGroupResponse } from '../../../../protocol/generated/join-group-response.ts';
import type { SyncGroupResponse } from '../../../../protocol/generated/sync-group-response.ts';
import type { SetKey } from '../../timers.ts';

/** One protocol (assignor) a member supports, with its subscription in that protocol's format. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export type JoinAnswer = (response: Input<JoinGroupResponse>) => void;
export type SyncAnswer = (response: Input<SyncGroupResponse>) => void;

export const NO_BYTES = Buffer.alloc(0);

export interface MemberOptions {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocolType: string;
  /** In the member's order of preference. */
  readonly protocols: readonly MemberProtocol[];
  readonly assignment?: Buffer;
}

export class GroupMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly protocolType: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  protocols: readonly MemberProtocol[];
  assignment: Buffer;
  /** Answers the parked JoinGroup. */
  awaitingJoin: JoinAnswer | null = null;
  /** Answers the parked SyncGroup. */
  awaitingSync: SyncAnswer | null = null;
  /** What ends its session, once that was set for it: a member is of one group object and stays in it. */
  session: SetKey | null = null;
  /** True until the first join completes: it has no member id yet to send heartbeats with. */
  isNew = false;

  constructor(options: MemberOptions) {
    this.memberId = options.memberId;
    this.groupInstanceId = options.groupInstanceId;
    this.clientId = options.clientId;
    this.clientHost = options.clientHost;
    this.protocolType = options.protocolType;
    this.rebalanceTimeoutMs = options.rebalanceTimeoutMs;
    this.sessionTimeoutMs = options.sessionTimeoutMs;
    this.protocols = options.protocols;
    this.assignment = options.assignment ?? NO_BYTES;
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null;
  }

  /** True if silence is no reason to remove the member: it waits for the group, not the group for it. */
  get isExcusedFromHeartbeat(): boolean {
    return !this.isNew && (this.awaitingJoin !== null || this.awaitingSync !== null);
  }

  /** Its subscription under a protocol, empty for one it does not support. */
  metadata(protocolName: string | null): Buffer {
    return this.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? NO_BYTES;
  }

  /** Its first preference among `candidates`. */
  vote(candidates: ReadonlySet<string>): string | null {
    return this.protocols.find((protocol) => candidates.has(protocol.name))?.name ?? null;
  }

  /** True if these are the protocols it has, in the same order with the same metadata. */
  matches(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every((protocol, index) => {
        const own = this.protocols[index] as MemberProtocol;
        return protocol.name === own.name && protocol.metadata.equals(own.metadata);
      })
    );
  }
}

/** The protocols of a request, copied out of the request's frame; of two with one name the first counts. */
export function copyProtocols(protocols: readonly MemberProtocol[]): readonly MemberProtocol[] {
  const byName = new Map<string, MemberProtocol>();
  for (const { name, metadata } of protocols) {
    if (!byName.has(name)) byName.set(name, { name, metadata: Buffer.from(metadata) });
  }
  return [...byName.values()];
}
