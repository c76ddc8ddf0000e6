/** DeleteAcls, API key 31. */
import { int16, int32, int8, message, string, structs } from '../schema.ts';

export const DeleteAclsRequest = message({
  kind: 'request',
  name: 'DeleteAclsRequest',
  apiKey: 31,
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'Deletes ACLs.',
  fields: {
    filters: structs(
      'DeleteAclsFilter',
      {},
      {
        resourceTypeFilter: int8(),
        resourceNameFilter: string({ nullable: '0+' }),
        patternTypeFilter: int8({ about: '1 any, 2 match, 3 literal, 4 prefixed.', versions: '1+', default: 3 }),
        principalFilter: string({ nullable: '0+' }),
        hostFilter: string({ nullable: '0+' }),
        operation: int8({ about: 'Operation of an ACL, as a number.' }),
        permissionType: int8({ about: '2 deny, 3 allow; in filters also 1 any.' }),
      },
    ),
  },
});

export const DeleteAclsResponse = message({
  kind: 'response',
  name: 'DeleteAclsResponse',
  apiKey: 31,
  versions: '0-3',
  flexible: '2+',
  about: 'Which ACLs were deleted.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
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
            resourceType: int8({ about: 'Type of resource, as a number.' }),
            resourceName: string(),
            patternType: int8({
              about: '3 literal, 4 prefixed; in filters also 1 any, 2 match.',
              versions: '1+',
              default: 3,
            }),
            principal: string({ about: 'Principal, as in `User:alice`.' }),
            host: string(),
            operation: int8({ about: 'Operation of an ACL, as a number.' }),
            permissionType: int8({ about: '2 deny, 3 allow; in filters also 1 any.' }),
          },
        ),
      },
    ),
  },
});
