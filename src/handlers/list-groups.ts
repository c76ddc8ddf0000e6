/**
 * ListGroups (16), versions 0 to 5: all groups. v4 adds the state and a filter for it (KIP-518), v5 the same for the type
 * (KIP-848). Names in filters are taken in any case; unknown ones match nothing.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { KafkaError } from '../../protocol/errors.ts';
import { readListGroupsRequest } from '../../protocol/generated/list-groups-request.ts';
import type { ListGroupsRequest } from '../../protocol/generated/list-groups-request.ts';
import { writeListGroupsResponse } from '../../protocol/generated/list-groups-response.ts';
import type { ListGroupsResponse } from '../../protocol/generated/list-groups-response.ts';
import type { Input } from '../../protocol/input.ts';
import { groupFilter, listGroups } from '../coordinator/group/list-groups.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import { may } from './authorize.ts';
import { handler } from './types.ts';

export const listGroupsHandler = handler<ListGroupsRequest, Input<ListGroupsResponse>>({
  apiKey: ApiKey.ListGroups,
  minVersion: 0,
  maxVersion: 5,
  readRequest: readListGroupsRequest,
  writeResponse: writeListGroupsResponse,
  async handle(context, request) {
    const { services } = context;
    try {
      const filter = groupFilter(request.statesFilter, request.typesFilter);
      const groups = await services.groups.readAll((env) => listGroups(env, filter));
      const mayAll = may(context, 'DESCRIBE', 'CLUSTER', CLUSTER_NAME);
      return { groups: groups.filter(({ groupId = '' }) => mayAll || may(context, 'DESCRIBE', 'GROUP', groupId)) };
    } catch (error) {
      if (error instanceof KafkaError) return { errorCode: error.code, groups: [] };
      throw error;
    }
  },
});
