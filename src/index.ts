/**
 * Walka inside a program: `await using broker = await startBroker({ topics: [{ name: 'orders', partitions: 3 }] })`.
 */
export type { TopicSpec } from './cli/topic-spec.ts';
export { ConfigError } from './config/config-error.ts';
export type { AssignedTopic, GroupInfo, GroupMember, GroupOffset } from './embed/admin/groups.ts';
export type { PartitionOffsets, TopicInfo } from './embed/admin/topics.ts';
export { Broker, type BrokerEvents } from './embed/broker.ts';
export type { BrokerClock } from './embed/clock.ts';
export type { CoordinatorKey } from './embed/faults/coordinators.ts';
export type {
  Answer,
  ApiPattern,
  BrokerRequest,
  Control,
  ControlledRequest,
  DelayOptions,
  DropOptions,
  ErrorName,
  FailOptions,
  Fault,
  FaultOptions,
  RequestFilter,
  ThrottleOptions,
} from './embed/faults/types.ts';
export type { ConsoleLike, LogOption, PinoLike } from './embed/log.ts';
export type { StartBrokerOptions } from './embed/options.ts';
export type {
  Compression,
  ConsumedRecord,
  FollowOptions,
  HeaderValue,
  ProducedRecord,
  ProduceOptions,
  ReadOptions,
  RecordData,
  RecordFormat,
  RecordPlace,
  Shown,
  WaitOptions,
} from './embed/records/types.ts';
export { replay } from './embed/replay.ts';
export { startBroker } from './embed/start.ts';
export type { Difference, Recording, RecordOptions, ReplayOptions } from './embed/wire/types.ts';
export { KafkaError } from '../protocol/errors.ts';
export type { ApiName } from '../protocol/apis.ts';
