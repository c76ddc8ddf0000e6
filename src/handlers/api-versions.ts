/**
 * ApiVersions (18), versions 0 to 5: what this listener serves, and which features are finalized.
 *
 * - v3 asks for the client's software name and version and checks their form; v5 says which cluster and node the client
 *   believes to talk to (KIP-1242) and sends it back to its bootstrap servers when it is wrong; as in Kafka, a
 *   controller's listener looks at neither.
 * - Up to v3, supported features with least level 0 are left out, as older Java clients cannot read them.
 * - How old a version may be says `walka.min.client.version`. Produce is shown from version 0 even where 0 to 2 are
 *   refused: librdkafka up to 2.11 sends uncompressed otherwise.
 * - Client telemetry is shown where somebody reads metrics: what is not shown costs no client a request.
 * - After SaslHandshake, where a token should come, it is answered with ILLEGAL_SASL_STATE, as late as any failed
 *   authentication, and the connection closed.
 * - A version beyond 5 is answered in version 0 with UNSUPPORTED_VERSION (KIP-511); the dispatcher sees to that.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { type ApiVersionsRequest, readApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { type ApiVersionsResponse, writeApiVersionsResponse } from '../../protocol/generated/api-versions-response.ts';
import type { Input } from '../../protocol/input.ts';
import { headOfText } from '../base/head-of-text.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { FEATURES } from '../config/features.ts';
import { failedAuthentication } from './failed-authentication.ts';
import { oldestVersion } from './old-versions.ts';
import { type AnyApiHandler, type ApiRange, handler, isServedAt, newestVersion, type RequestContext } from './types.ts';

/** What is kept of a name or version for as long as its connection lasts. */
const MAX_SOFTWARE_LENGTH = 250;
/** What a client's software name and version must look like (KIP-511). */
const SOFTWARE_PATTERN = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

type Response = Input<ApiVersionsResponse>;

/** The handler; `listHandlers` gives all that the broker serves, this one included. */
export function apiVersionsHandler(listHandlers: () => readonly ApiRange[]): AnyApiHandler {
  return handler<ApiVersionsRequest, Response>({
    apiKey: ApiKey.ApiVersions,
    minVersion: 0,
    maxVersion: 5,
    readRequest: readApiVersionsRequest,
    writeResponse: writeApiVersionsResponse,
    handle(context, request) {
      const { sasl } = context.connection.session;
      if (sasl?.awaitsToken === true) return noToken(context);
      const errorCode = checkRequest(context, request);
      if (errorCode !== ErrorCode.NONE) return { errorCode };
      sasl?.versionsTold();
      if (context.apiVersion >= 3) {
        context.connection.clientSoftwareName = headOfText(request.clientSoftwareName, MAX_SOFTWARE_LENGTH);
        context.connection.clientSoftwareVersion = headOfText(request.clientSoftwareVersion, MAX_SOFTWARE_LENGTH);
      }
      return describe(context, listHandlers());
    },
  });
}

/** Answers, in version 0, a version that is not known. */
export function unsupportedApiVersions(api: AnyApiHandler): AnyApiHandler {
  return {
    ...api,
    handle(context) {
      const { services, connection } = context;
      if (connection.session.sasl?.awaitsToken === true) return noToken(context);
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: [versionsOf(api, services.config)] };
    },
  };
}

function noToken(context: RequestContext): Promise<Response> {
  return failedAuthentication(context, { errorCode: ErrorCode.ILLEGAL_SASL_STATE }, 'no token');
}

function checkRequest({ services, connection, apiVersion }: RequestContext, request: ApiVersionsRequest): number {
  if (apiVersion < 3) return ErrorCode.NONE;
  const { clientSoftwareName, clientSoftwareVersion, clusterId, nodeId } = request;
  if (!SOFTWARE_PATTERN.test(clientSoftwareName) || !SOFTWARE_PATTERN.test(clientSoftwareVersion)) {
    return ErrorCode.INVALID_REQUEST;
  }
  if (connection.endpointType === 'controller' || (clusterId === null && nodeId === -1)) return ErrorCode.NONE;
  if (clusterId === null || nodeId === -1) return ErrorCode.INVALID_REQUEST;
  const isHere = clusterId === services.metadata.clusterId && nodeId === services.metadata.nodeId;
  return isHere ? ErrorCode.NONE : ErrorCode.REBOOTSTRAP_REQUIRED;
}

function versionsOf(api: ApiRange, config: BrokerConfig): { apiKey: number; minVersion: number; maxVersion: number } {
  return {
    apiKey: api.apiKey,
    minVersion: api.advertisedMinVersion ?? oldestVersion(api, config),
    maxVersion: newestVersion(api, config),
  };
}

function describe({ services, connection, apiVersion }: RequestContext, handlers: readonly ApiRange[]): Response {
  const { config } = services;
  const served = handlers.filter((api) => isServedAt(api, connection.endpointType));
  const shown = served.filter(({ isShown }) => isShown === undefined || isShown(config));
  const apiKeys = shown.map((api) => versionsOf(api, config)).sort((a, b) => a.apiKey - b.apiKey);
  const supportedFeatures = [...FEATURES]
    .map(([name, { min, max }]) => ({ name, minVersion: min, maxVersion: max }))
    .filter(({ minVersion, maxVersion }) => maxVersion > 0 && (apiVersion >= 4 || minVersion > 0));
  const { epoch, levels } = services.features.finalized;
  const finalizedFeatures = [...levels].map(([name, level]) => ({
    name,
    minVersionLevel: level,
    maxVersionLevel: level,
  }));
  return { errorCode: ErrorCode.NONE, apiKeys, supportedFeatures, finalizedFeaturesEpoch: epoch, finalizedFeatures };
}
