/** CreateAcls, API key 30. */
import { int16, int32, int8, message, string, structs } from '../schema.ts';

export const CreateAclsRequest = message({
  kind: 'request',
  name: 'CreateAclsRequest',
  apiKey: 30,
  versions: '1-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'CreateAclsRequest',
  fields: {
    creations: structs(
      'AclCreation',
      {},
      {
        resourceType: int8(),
        resourceName: string(),
        resourcePatternType: int8({ default: 3 }),
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      },
    ),
  },
});

export const CreateAclsResponse = message({
  kind: 'response',
  name: 'CreateAclsResponse',
  apiKey: 30,
  versions: '1-3',
  flexible: '2+',
  about: 'CreateAclsResponse',
  fields: {
    throttleTimeMs: int32(),
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
