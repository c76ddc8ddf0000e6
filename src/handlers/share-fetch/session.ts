/** What ShareFetch and ShareAcknowledge check first, and what is to be done when a member's session ends. */
import { messageOf } from '../../base/realms.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { BrokerServices, ConnectionInfo, RequestContext } from '../types.ts';

/** A UUID in words. */
const MAX_MEMBER_ID_LENGTH = 36;

export interface Member {
  readonly groupId: string;
  readonly memberId: string;
}

/**
 * Who asks. @throws KafkaError UNSUPPORTED_VERSION while share groups are off, INVALID_REQUEST without a group or with
 *   an id that no member has
 */
export function memberOf(
  { features }: BrokerServices,
  { groupId, memberId }: { readonly groupId: string | null; readonly memberId: string | null },
): Member {
  if (features.level('share.version') === 0) throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION);
  if (groupId === null) throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Invalid group id in the request.');
  if (memberId === null || memberId === '' || memberId.length > MAX_MEMBER_ID_LENGTH) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Invalid member id in the request.');
  }
  return { groupId, memberId };
}

/** Ends a member's session as it asks for; the connection need not remember a group in which nobody is left. */
export function endSession({ services, connection }: RequestContext, { groupId, memberId }: Member): void {
  releaseSession(services, groupId, memberId);
  if (services.shareSessions.ofGroup(groupId).length > 0) return;
  services.sharePartitions.dropGroup(groupId);
  groupsOf.get(connection)?.delete(groupId);
}

/** Ends a member's session and gives back what it has acquired, without waiting for that to be stored. */
function releaseSession(services: BrokerServices, groupId: string, memberId: string): void {
  const session = services.shareSessions.close(groupId, memberId);
  for (const { topicId, partition } of session?.partitions ?? []) {
    const share = services.sharePartitions.find({ groupId, topicId, partition });
    share?.release(memberId).catch((error: unknown) => {
      services.logger.debug('share-release-failed', 'What a member had could not be given back: its locks run out.', {
        groupId,
        error: messageOf(error),
      });
    });
  }
}

/** Groups whose sessions a connection has opened. */
const groupsOf = new WeakMap<ConnectionInfo, Set<string>>();

/** Ends sessions of a group with the connection that opened them; a group without any is not kept in memory. */
export function endWithConnection(services: BrokerServices, connection: ConnectionInfo, groupId: string): void {
  let groups = groupsOf.get(connection);
  if (groups === undefined) {
    groups = new Set();
    groupsOf.set(connection, groups);
    const opened = groups;
    connection.onClose(() => {
      for (const group of opened) endSessions(services, connection.id, group);
    });
  }
  groups.add(groupId);
}

function endSessions(services: BrokerServices, connectionId: number, groupId: string): void {
  const { shareSessions, sharePartitions } = services;
  for (const session of shareSessions.ofGroup(groupId)) {
    if (session.connectionId === connectionId) releaseSession(services, groupId, session.memberId);
  }
  if (shareSessions.ofGroup(groupId).length === 0) sharePartitions.dropGroup(groupId);
}
