/** Groups as a whole: their topic, their coordinator, and when their members have come together. */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey } from '../../protocol/apis.ts';
import { writeIncrementalAlterConfigsRequest } from '../../protocol/generated/incremental-alter-configs-request.ts';
import { readIncrementalAlterConfigsResponse } from '../../protocol/generated/incremental-alter-configs-response.ts';
import { CreateTopics, FindCoordinator } from '../../test/support/admin-apis.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Member, Topic } from './members.ts';

const IncrementalAlterConfigs = {
  apiKey: ApiKey.IncrementalAlterConfigs,
  write: writeIncrementalAlterConfigsRequest,
  read: readIncrementalAlterConfigsResponse,
};
const GROUP_RESOURCE = 32;
const SET = 0;
const CONVERGED_LIMIT_MS = 120_000;
const LOOK_MS = 5;

/** Waits until the group's coordinator is there. */
export async function findCoordinator(client: WireClient, groupId: string): Promise<void> {
  while ((await client.call(FindCoordinator, 3, { key: groupId, keyType: 0 })).errorCode !== 0) await delay(20);
}

/** Makes the topic, and waits for the coordinator of the group that is named after it. */
export async function makeTopic(port: number, name: string, numPartitions: number): Promise<Topic> {
  const client = await WireClient.open(port);
  const topics = [{ name, numPartitions, replicationFactor: 1 }];
  const answer = (await client.call(CreateTopics, 7, { topics, timeoutMs: 30_000 })).topics[0];
  if (answer?.errorCode !== 0) throw new Error(`CreateTopics: error ${answer?.errorCode}`);
  await findCoordinator(client, `${name}-group`);
  client.close();
  return { name, id: answer.topicId, partitions: numPartitions };
}

/** Targets are computed as soon as members come, not once a second, so that it is the work which is measured. */
export async function assignAtOnce(port: number, groupId: string): Promise<void> {
  const client = await WireClient.open(port);
  const configs = [{ name: 'consumer.assignment.interval.ms', configOperation: SET, value: '0' }];
  const resources = [{ resourceType: GROUP_RESOURCE, resourceName: groupId, configs }];
  const answer = await client.call(IncrementalAlterConfigs, 1, { resources, validateOnly: false });
  if (answer.responses[0]?.errorCode !== 0) throw new Error(`a group's config: ${answer.responses[0]?.errorMessage}`);
  client.close();
}

/** Resolves when the members share out all partitions evenly, each once, in one epoch. @throws Error after two minutes */
export async function converged(members: readonly Member[], topic: Topic): Promise<void> {
  const most = Math.ceil(topic.partitions / members.length);
  const isDone = () => {
    const owned = members.flatMap(({ partitions }) => partitions);
    const [first] = members;
    return (
      owned.length === topic.partitions &&
      new Set(owned).size === topic.partitions &&
      members.every(({ epoch, partitions }) => epoch === first?.epoch && partitions.length <= most)
    );
  };
  const deadline = performance.now() + CONVERGED_LIMIT_MS;
  while (!isDone()) {
    if (performance.now() > deadline) throw new Error(`${members.length} members did not come together`);
    await delay(LOOK_MS);
  }
}

export type Joiner = (port: number, groupId: string, memberId: string, topic: Topic) => Promise<Member>;

/** Has all join at once; resolves when they have come together. */
export async function joinAll(
  port: number,
  groupId: string,
  count: number,
  topic: Topic,
  join: Joiner,
): Promise<Member[]> {
  const joining = Array.from({ length: count }, (_, index) => join(port, groupId, `member-${index}`, topic));
  const members = await Promise.all(joining);
  await converged(members, topic);
  return members;
}
