/** DeleteAcls, API key 31. */
import { int16, int32, int8, message, string, structs } from '../schema.ts';

export const DeleteAclsRequest = message({
  kind: 'request',
  name: 'DeleteAclsRequest',
  apiKey: 31,
  versions: '1-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'DeleteAclsRequest',
  fields: {
    filters: structs(
      'DeleteAclsFilter',
      {},
      {
        resourceTypeFilter: int8(),
        resourceNameFilter: string({ nullable: '0+' }),
        patternTypeFilter: int8({ default: 3 }),
        principalFilter: string({ nullable: '0+' }),
        hostFilter: string({ nullable: '0+' }),
        operation: int8(),
        permissionType: int8(),
      },
    ),
  },
});

export const DeleteAclsResponse = message({
  kind: 'response',
  name: 'DeleteAclsResponse',
  apiKey: 31,
  versions: '1-3',
  flexible: '2+',
  about: 'DeleteAclsResponse',
  fields: {
    throttleTimeMs: int32(),
    filterResults: structs(
      'DeleteAclsFilterResult',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        matchingAcls: structs(
          'DeleteAclsMatchingAcl',
          {},
          {
            errorCode: int16(),
            errorMessage: string({ nullable: '0+' }),
            resourceType: int8(),
            resourceName: string(),
            patternType: int8({ default: 3 }),
            principal: string(),
            host: string(),
            operation: int8(),
            permissionType: int8(),
          },
        ),
      },
    ),
  },
});
