/** Every API in every version asks for rights: with none its answer says so, and to a super user it never does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiKey, type ApiName } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { Reader, ZERO_UUID } from '../../protocol/reader.ts';
import type { Field, Fields, Message } from '../../protocol/schema.ts';
import { Writer } from '../../protocol/writer.ts';
import { handlers } from '../../src/handlers/index.ts';
import { type AnyApiHandler, type BrokerServices, CloseConnection, Pipelined } from '../../src/handlers/types.ts';
import { AclAuthorizer } from '../../src/security/acls/acl-authorizer.ts';
import { StoredAcls } from '../../src/security/acls/stored-acls.ts';
import type { Authorizer } from '../../src/security/authorizer.ts';
import { userPrincipal } from '../../src/security/principal.ts';
import { OpenSession } from '../../src/security/session.ts';
import { DelegationTokens } from '../../src/security/tokens/delegation-tokens.ts';
import { startServices } from '../../src/broker/services.ts';
import { systemClock } from '../../src/base/clock.ts';
import { defaultOf, interpretRead, interpretWrite, loadSchemas, type Struct } from '../support/schema-interpreter.ts';
import { openTestServices, type TestServices, testConnection, testContext } from '../support/test-services.ts';

const DENIALS: ReadonlySet<number> = new Set([
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
]);

/** What Kafka serves to anybody. */
const FOR_ANYBODY: ReadonlySet<string> = new Set<ApiName>([
  'ApiVersions',
  'DescribeCluster',
  'ExpireDelegationToken',
  'RenewDelegationToken',
  'GetTelemetrySubscriptions',
  'PushTelemetry',
  'SaslAuthenticate',
  'SaslHandshake',
]);
/** What is answered without an error, and without what may not be seen. */
const FILTERED: ReadonlySet<string> = new Set<ApiName>(['DescribeDelegationToken', 'ListGroups', 'ListTransactions']);
/** Versions whose answer has no place for the error, or which ask for nothing that needs a right. */
const WITHOUT_ERROR: ReadonlySet<string> = new Set([
  'CreateDelegationToken 0',
  'CreateDelegationToken 1',
  'CreateDelegationToken 2',
  'DescribeLogDirs 0',
  'DescribeLogDirs 1',
  'DescribeLogDirs 2',
]);

const schemas = await loadSchemas();

/** A request with something in every list, so that there is something to ask about. */
let topicId = '';
function filled(fields: Fields): Struct {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueOf(name, field)]));
}

function valueOf(name: string, field: Field): Struct[string] {
  const one = oneOf(name, field);
  return field.isArray ? [one] : one;
}

function oneOf(name: string, field: Field): Struct[string] {
  if (field.type === 'struct') return filled(field.fields ?? {});
  const chosen = CHOSEN[name];
  if (chosen !== undefined) return typeof chosen === 'number' && field.type === 'int64' ? BigInt(chosen) : chosen;
  if (field.type === 'uuid') return topicId;
  if (field.type === 'string') return 'name';
  const { default: _, ...plain } = field;
  return defaultOf({ ...plain, isArray: false });
}

/** Values with which a request is well formed. */
const CHOSEN: Readonly<Record<string, number | string | boolean | null>> = {
  acks: 1,
  endpointType: 1,
  resourceType: 2,
  resourceTypes: 2,
  resourcePatternType: 3,
  patternTypeFilter: 3,
  resourceTypeFilter: 2,
  operation: 3,
  permissionType: 3,
  principal: 'User:name',
  ownerPrincipalType: 'User',
  principalType: 'User',
  sessionTimeoutMs: 30_000,
  transactionalIdPattern: null,
  records: null,
  keyType: 0,
  producerId: -1,
  producerEpoch: -1,
  serverAssignor: null,
  subscribedTopicRegex: null,
};

function schemaOf(apiKey: number, kind: 'request' | 'response'): Message {
  return schemas.find((message) => message.kind === kind && message.apiKey === apiKey) as Message;
}

/** All error codes in an answer. */
function codesIn(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(codesIn);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    /errorCode$/i.test(name) && typeof inner === 'number' ? [inner] : codesIn(inner),
  );
}

/** By name or by id, where a request may not have both. */
function wellFormed(apiKey: number, version: number, request: Struct): Struct {
  const [topic] = (Array.isArray(request.topics) ? request.topics : []) as Struct[];
  if (topic === undefined) return request;
  if (apiKey === ApiKey.DeleteTopics && version >= 6) topic.name = null;
  if (apiKey === ApiKey.Metadata && version < 12) topic.topicId = ZERO_UUID;
  return request;
}

async function answer(services: BrokerServices, api: AnyApiHandler, version: number): Promise<number[]> {
  const message = schemaOf(api.apiKey, 'request');
  const request = interpretWrite(message, wellFormed(api.apiKey, version, filled(message.fields)), version);
  const read = api.readRequest(new Reader(request), version);
  const connection = testConnection({ session: new OpenSession('SSL', userPrincipal('somebody')) });
  const result = await api.handle({ ...testContext(services, version, 'test'), connection }, read);
  const response = result instanceof Pipelined ? await result.response : result;
  const writer = new Writer();
  api.writeResponse(writer, response, version);
  return codesIn(interpretRead(schemaOf(api.apiKey, 'response'), writer.toBuffer(), version));
}

/** With a topic that requests name, by name or id. */
async function openServices(): Promise<TestServices> {
  const opened = await openTestServices({ clock: systemClock });
  startServices(opened.services);
  const topic = { name: 'name', partitionCount: 1, replicationFactor: 1, assignments: null, configs: new Map() };
  topicId = (await opened.services.metadata.createTopic(topic)).id;
  const { services } = opened;
  const tokens = new DelegationTokens({ ...services, secretKey: 'key', expiryMs: 1000, maxLifetimeMs: 1000 });
  return { ...opened, services: { ...services, tokens }, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

const names = new Map(Object.entries(ApiKey).map(([name, key]) => [key as number, name]));

describe('an API of somebody without rights', () => {
  for (const listed of handlers) {
    const name = names.get(listed.apiKey) ?? '';
    if (FOR_ANYBODY.has(name)) continue;
    test(`${name} is refused in all versions`, async () => {
      await using opened = await openServices();
      const api = 'load' in listed ? await listed.load() : listed;
      for (let version = api.minVersion; version <= api.maxVersion; version++) {
        let asked = 0;
        const deny = (): boolean => ++asked < 0;
        const authorizer: Authorizer = { allows: deny, allowsAny: deny };
        const acls = new StoredAcls(
          opened.services.metadata,
          new AclAuthorizer({ superUsers: new Set(), allowsWithoutAcl: false }),
        );
        const codes = await answer({ ...opened.services, authorizer, acls }, api, version);
        if (FILTERED.has(name)) assert.deepEqual([...new Set(codes)], [ErrorCode.NONE], `version ${version}`);
        else if (WITHOUT_ERROR.has(`${name} ${version}`))
          assert.deepEqual(codes, [ErrorCode.NONE], `version ${version}`);
        else {
          assert.ok(
            codes.some((code) => DENIALS.has(code)),
            `version ${version}: ${codes.join()}`,
          );
          assert.ok(asked > 0, `version ${version} asked for nothing`);
        }
      }
    });
  }
});

describe('an API of a super user', () => {
  for (const listed of handlers) {
    const name = names.get(listed.apiKey) ?? '';
    test(`${name} is refused in no version`, async () => {
      await using opened = await openServices();
      const api = 'load' in listed ? await listed.load() : listed;
      const allow = (): boolean => true;
      for (let version = api.minVersion; version <= api.maxVersion; version++) {
        try {
          const codes = await answer(
            { ...opened.services, authorizer: { allows: allow, allowsAny: allow } },
            api,
            version,
          );
          assert.ok(!codes.some((code) => DENIALS.has(code)), `version ${version}: ${codes.join()}`);
        } catch (error) {
          if (!(error instanceof CloseConnection)) throw error;
        }
      }
    });
  }
});
