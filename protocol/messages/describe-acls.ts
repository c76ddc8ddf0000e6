/** DescribeAcls, API key 29. */
import { int16, int32, int8, message, string, structs } from '../schema.ts';

export const DescribeAclsRequest = message({
  kind: 'request',
  name: 'DescribeAclsRequest',
  apiKey: 29,
  versions: '1-3',
  flexible: '2+',
  listeners: ['broker', 'controller'],
  about: 'DescribeAclsRequest',
  fields: {
    resourceTypeFilter: int8(),
    resourceNameFilter: string({ nullable: '0+' }),
    patternTypeFilter: int8({ default: 3 }),
    principalFilter: string({ nullable: '0+' }),
    hostFilter: string({ nullable: '0+' }),
    operation: int8(),
    permissionType: int8(),
  },
});

export const DescribeAclsResponse = message({
  kind: 'response',
  name: 'DescribeAclsResponse',
  apiKey: 29,
  versions: '1-3',
  flexible: '2+',
  about: 'DescribeAclsResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    resources: structs(
      'DescribeAclsResource',
      {},
      {
        resourceType: int8(),
        resourceName: string(),
        patternType: int8({ default: 3 }),
        acls: structs(
          'AclDescription',
          {},
          {
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
