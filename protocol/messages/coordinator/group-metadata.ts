/** Coordinator records of type 2: GroupMetadata. */
import { bytes, type Fields, int32, message, offset, string, structs } from '../../schema.ts';

export const GroupMetadataKey = message({
  kind: 'coordinator-key',
  name: 'GroupMetadataKey',
  apiKey: 2,
  versions: '0',
  flexible: 'none',
  about: 'Key of a classic group.',
  fields: {
    group: string(),
  },
});

const memberMetadataFields: Fields = {
  memberId: string({ about: 'Id of the member.' }),
  groupInstanceId: string({
    about: 'Name of a static member, null for a dynamic one (KIP-345).',
    versions: '3+',
    nullable: '3+',
    default: null,
    ignorable: true,
  }),
  clientId: string({ about: 'Name that the client gives itself.' }),
  clientHost: string(),
  rebalanceTimeout: int32({ versions: '1+', default: -1, ignorable: true }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes({ about: 'What the member is assigned.' }),
};

export const GroupMetadataValue = message({
  kind: 'coordinator-value',
  name: 'GroupMetadataValue',
  apiKey: 2,
  versions: '0-4',
  flexible: '4+',
  about: 'Value of a classic group.',
  fields: {
    protocolType: string({ about: 'Kind of group: `consumer`, `connect` or what the client likes.' }),
    generation: int32(),
    protocol: string({ nullable: '0+' }),
    leader: string({ about: 'Member that computes the assignment.', nullable: '0+' }),
    currentStateTimestamp: offset({
      about: 'When the group entered its state, in ms, -1 where unknown.',
      versions: '2+',
      default: -1,
      ignorable: true,
    }),
    members: structs('MemberMetadata', {}, memberMetadataFields),
  },
});
