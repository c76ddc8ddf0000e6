/** The group protocols that are served. One more comes here, and nowhere else. */
import { classicProtocol } from './classic/protocol.ts';
import { groupCodec } from './codec.ts';
import { consumerProtocol } from './consumer/protocol.ts';
import type { GroupType } from './group.ts';
import { offsetRecords } from './offsets/replay.ts';
import { shareProtocol } from './share/protocol.ts';
import type { GroupProtocol, GroupRecord, RecordOwner } from './protocol.ts';
import { streamsProtocol } from './streams/protocol.ts';

export const groupProtocols: readonly GroupProtocol[] = [
  classicProtocol,
  consumerProtocol,
  shareProtocol,
  streamsProtocol,
];

const owners: readonly RecordOwner[] = [offsetRecords, ...groupProtocols];
const ownersByKind = new Map(owners.flatMap((owner) => owner.recordTypes.map(({ kind }) => [kind, owner] as const)));
const protocolsByType = new Map(groupProtocols.map((protocol) => [protocol.type, protocol]));

/** Between all records of __consumer_offsets that are known and their bytes. */
export const groupRecordCodec = groupCodec(owners.flatMap(({ recordTypes }) => recordTypes));

/** The folder that a record belongs to. */
export function ownerOf({ kind }: GroupRecord): RecordOwner {
  const owner = ownersByKind.get(kind);
  if (owner === undefined) throw new TypeError(`No group protocol knows records of kind ${kind}.`);
  return owner;
}

export function protocolOf(type: GroupType): GroupProtocol | undefined {
  return protocolsByType.get(type);
}
