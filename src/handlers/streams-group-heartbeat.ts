/**
 * StreamsGroupHeartbeat (88), versions 0 and 1: joins, keeps up or leaves a streams group (KIP-1071). v1 says which client
 * tags are missing. Internal topics that the group's topology needs are made on the way: tasks come with a later heartbeat.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { boundedMessage } from '../../protocol/errors.ts';
import { readStreamsGroupHeartbeatRequest } from '../../protocol/generated/streams-group-heartbeat-request.ts';
import type { StreamsGroupHeartbeatRequest } from '../../protocol/generated/streams-group-heartbeat-request.ts';
import { writeStreamsGroupHeartbeatResponse } from '../../protocol/generated/streams-group-heartbeat-response.ts';
import type { StreamsGroupHeartbeatResponse } from '../../protocol/generated/streams-group-heartbeat-response.ts';
import type { Input } from '../../protocol/input.ts';
import { checkHeartbeatRequest } from '../coordinator/group/streams/heartbeat-request.ts';
import { streamsGroupHeartbeat } from '../coordinator/group/streams/heartbeat.ts';
import { StatusCode } from '../coordinator/group/streams/status.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import { allows, may, requireGroup, requireTopics } from './authorize.ts';
import { errorFields } from './api-error.ts';
import { groupCaller } from './group-caller.ts';
import { requireGroupProtocol } from './group-protocol.ts';
import { createInternalTopics, failureText } from './streams-internal-topics.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

type Response = Input<StreamsGroupHeartbeatResponse>;

export const streamsGroupHeartbeatHandler = handler<StreamsGroupHeartbeatRequest, Response>({
  apiKey: ApiKey.StreamsGroupHeartbeat,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readStreamsGroupHeartbeatRequest,
  writeResponse: writeStreamsGroupHeartbeatResponse,
  async handle(context, request) {
    try {
      return await heartbeat(context, request);
    } catch (error) {
      return errorFields(error, context.services);
    }
  },
});

async function heartbeat(context: RequestContext, request: StreamsGroupHeartbeatRequest): Promise<Response> {
  const { services } = context;
  requireGroup(context, 'READ', request.groupId);
  requireGroupProtocol(services, 'streams');
  checkHeartbeatRequest(request);
  requireTopics(context, 'DESCRIBE', topicsOf(request));
  const { response, missingTopics } = await services.groups.write(request.groupId, (env) =>
    streamsGroupHeartbeat(env, groupCaller(context), request),
  );
  const mayCreate = ({ name }: { readonly name: string }): boolean =>
    may(context, 'CREATE', 'CLUSTER', CLUSTER_NAME) || allows(context, 'CREATE', 'TOPIC', name);
  const refused = missingTopics.filter((topic) => !mayCreate(topic)).map(({ name }) => name);
  const failures = await createInternalTopics(services, missingTopics.filter(mayCreate));
  const reasons = [
    ...(refused.length > 0 ? [`Unauthorized to CREATE on topics ${refused.join(', ')}.`] : []),
    ...(failures.size > 0 ? [`Creation failed: ${failureText(failures)}.`] : []),
  ];
  if (reasons.length === 0) return response;
  const status = response.status?.map((it) =>
    it.statusCode === StatusCode.MISSING_INTERNAL_TOPICS
      ? { ...it, statusDetail: boundedMessage(`${it.statusDetail}; ${reasons.join(' ')}`) }
      : it,
  );
  return { ...response, status };
}

/** Every topic that the request's topology names. */
function topicsOf({ topology }: StreamsGroupHeartbeatRequest): string[] {
  return (topology?.subtopologies ?? []).flatMap((one) => [
    ...one.sourceTopics,
    ...one.repartitionSinkTopics,
    ...one.repartitionSourceTopics.map(({ name }) => name),
    ...one.stateChangelogTopics.map(({ name }) => name),
  ]);
}
