/** What a ConsumerGroupHeartbeat must say, whatever the state of the group. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { ConsumerGroupHeartbeatRequest } from '../../../../protocol/generated/consumer-group-heartbeat-request.ts';
import type { BrokerConfig } from '../../../config/broker-config.ts';
import { MemberEpoch } from '../modern/member.ts';
import { assignors } from './settings.ts';

/** First version in which the member makes its id. */
const OWN_MEMBER_ID_VERSION = 1;

/** @throws KafkaError INVALID_REQUEST, UNSUPPORTED_ASSIGNOR */
export function checkHeartbeat(config: BrokerConfig, apiVersion: number, request: ConsumerGroupHeartbeatRequest): void {
  const { groupId, memberId, memberEpoch, instanceId, rackId, serverAssignor } = request;
  const needsMemberId = apiVersion >= OWN_MEMBER_ID_VERSION || memberEpoch > 0 || memberEpoch === MemberEpoch.LEAVE;
  if (needsMemberId) requireText(memberId, 'MemberId');
  requireText(groupId, 'GroupId');
  requireText(instanceId, 'InstanceId');
  requireText(rackId, 'RackId');
  if (memberEpoch === MemberEpoch.JOIN) checkJoin(request);
  else if (memberEpoch === MemberEpoch.LEAVE_STATIC && instanceId === null) throw invalid("InstanceId can't be null.");
  else if (memberEpoch < MemberEpoch.LEAVE_STATIC) throw invalid('MemberEpoch is invalid.');
  if (serverAssignor !== null) checkAssignor(config, serverAssignor);
}

function checkJoin(request: ConsumerGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) throw invalid('RebalanceTimeoutMs must be provided in first request.');
  if (request.topicPartitions === null || request.topicPartitions.length > 0) {
    throw invalid('TopicPartitions must be empty when (re-)joining.');
  }
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
    throw invalid('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.');
  }
}

function checkAssignor(config: BrokerConfig, name: string): void {
  const served = assignors(config).map((assignor) => assignor.name);
  if (served.includes(name)) return;
  const message = `ServerAssignor ${name} is not supported. Supported assignors: ${served.join(', ')}.`;
  throw new KafkaError(ErrorCode.UNSUPPORTED_ASSIGNOR, message);
}

/** Null is not there at all, and fine. */
function requireText(value: string | null, name: string): void {
  if (value !== null && value.trim() === '') throw invalid(`${name} can't be empty.`);
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}
