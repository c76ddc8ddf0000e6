/** CreateAcls, API key 30. */
import { int16, int32, int8, message, string, structs } from '../schema.ts';

export const CreateAclsRequest = message({
  kind: 'request',
  name: 'CreateAclsRequest',
  apiKey: 30,
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Creates ACLs.',
  fields: {
    creations: structs(
      'AclCreation',
      {},
      {
        resourceType: int8({ about: 'Type of resource, as a number.' }),
        resourceName: string(),
        resourcePatternType: int8({ about: '3 literal, 4 prefixed.', versions: '1+', default: 3 }),
        principal: string({ about: 'Principal, as in `User:alice`.' }),
        host: string(),
        operation: int8({ about: 'Operation of an ACL, as a number.' }),
        permissionType: int8({ about: '2 deny, 3 allow; in filters also 1 any.' }),
      },
    ),
  },
});

export const CreateAclsResponse = message({
  kind: 'response',
  name: 'CreateAclsResponse',
  apiKey: 30,
  versions: '0-3',
  flexible: '2+',
  about: 'Which ACLs were created.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    results: structs(
      'AclCreationResult',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      },
    ),
  },
});
