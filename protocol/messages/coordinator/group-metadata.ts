/** Coordinator records of type 2: GroupMetadata. */
import { bytes, type Fields, int32, message, offset, string, structs } from '../../schema.ts';

export const GroupMetadataKey = message({
  kind: 'coordinator-key',
  name: 'GroupMetadataKey',
  apiKey: 2,
  versions: '0',
  flexible: 'none',
  about: 'GroupMetadataKey',
  fields: {
    group: string(),
  },
});

const memberMetadataFields: Fields = {
  memberId: string(),
  groupInstanceId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32({ versions: '1+', default: -1, ignorable: true }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
};

export const GroupMetadataValue = message({
  kind: 'coordinator-value',
  name: 'GroupMetadataValue',
  apiKey: 2,
  versions: '0-4',
  flexible: '4+',
  about: 'GroupMetadataValue',
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: string({ nullable: '0+' }),
    leader: string({ nullable: '0+' }),
    currentStateTimestamp: offset({ versions: '2+', default: -1, ignorable: true }),
    members: structs('MemberMetadata', {}, memberMetadataFields),
  },
});
