/** Everybody else in a run: readers, committers of offsets, creators and deleters of topics, deleters of records. */
import { ErrorCode } from '../../../protocol/errors.ts';
import {
  CreateTopics,
  DeleteTopics,
  FindCoordinator,
  Metadata,
  OffsetCommit,
  OffsetFetch,
} from '../../support/admin-apis.ts';
import { DeleteRecords, Fetch, ListOffsets, fetchRequest, fetched, produce } from '../../support/data-apis.ts';
import type { WireClient } from '../../support/wire-client.ts';
import type { PartitionModel } from './model.ts';
import { TryAgain, type Topic, type World } from './world.ts';

const EARLIEST = -2;
const LATEST = -1;

async function offsetAt(client: WireClient, topic: string, index: number, timestamp: number): Promise<number> {
  const partitions = [{ partitionIndex: index, timestamp }];
  const answer = await client.call(ListOffsets, 7, { topics: [{ name: topic, partitions }] });
  const found = answer.topics[0]?.partitions[0];
  if (found === undefined || found.errorCode !== 0) throw new Error(`ListOffsets: error ${found?.errorCode}`);
  return found.offset;
}

/** Reads a partition from `from` to its end, into the model; gives where it ended. */
async function readToEnd(
  client: WireClient,
  topic: string,
  index: number,
  from: number,
  model: PartitionModel,
): Promise<number> {
  let offset = from;
  for (;;) {
    const request = fetchRequest(topic, [{ partition: index, offset, maxBytes: 4 * 1024 * 1024 }]);
    const answer = fetched(await client.call(Fetch, 11, request))[0];
    if (answer === undefined) throw new Error('a fetch without an answer');
    if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      const start = await offsetAt(client, topic, index, EARLIEST);
      if (start <= offset)
        throw new Error(`${model.name}: offset ${offset} is out of range, the log starts at ${start}`);
      model.observeStart(start);
      offset = start;
      continue;
    }
    if (answer.errorCode !== 0) throw new Error(`Fetch: error ${answer.errorCode}`);
    if (answer.records === null || answer.records.length === 0) return offset;
    offset = model.read(answer.records, offset);
  }
}

/** Reads everything, again and again; after a death it reads again what came in the life before. */
export class TailReader {
  readonly #world: World;
  readonly #positions = new Map<PartitionModel, number>();
  readonly #restartAt = new Map<PartitionModel, number>();
  #deaths = 0;

  constructor(world: World) {
    this.#world = world;
  }

  run(): Promise<void> {
    return this.#world.live('reader', async (client) => {
      while (!this.#world.isOver) await this.#round(client);
    });
  }

  async #round(client: WireClient): Promise<void> {
    const world = this.#world;
    const isNewLife = world.deaths !== this.#deaths;
    this.#deaths = world.deaths;
    for (const topic of world.topics) {
      for (let index = 0; index < topic.partitions; index++) {
        const model = world.model.partition(topic.name, index);
        const position = this.#positions.get(model) ?? 0;
        const from = isNewLife ? (this.#restartAt.get(model) ?? 0) : position;
        if (isNewLife) this.#restartAt.set(model, position);
        this.#positions.set(model, await readToEnd(client, topic.name, index, from, model));
      }
    }
  }
}

/** Compares a broker that just started, or is at the end of a run, with all that is known. `whole`: every byte of it. */
export async function verify(world: World, client: WireClient, whole: boolean): Promise<void> {
  for (const topic of world.topics) {
    for (let index = 0; index < topic.partitions; index++) {
      const model = world.model.partition(topic.name, index);
      const { knownEnd } = model;
      const start = await offsetAt(client, topic.name, index, EARLIEST);
      model.observeStart(start);
      const end = await offsetAt(client, topic.name, index, LATEST);
      if (end < knownEnd) world.model.fail(`${model.name}: ends at ${end}, ${knownEnd} was acknowledged`);
      if (!whole) continue;
      const read = await readToEnd(client, topic.name, index, start, model);
      if (read < end) world.model.fail(`${model.name}: could be read to ${read}, ends at ${end}`);
    }
  }
}

/** Commits growing offsets for a group without members, and looks them up after every death. */
export class Committer {
  readonly #world: World;
  readonly #groupId: string;
  readonly #topic: Topic;
  #acknowledged = -1;
  #sent = -1;

  constructor(world: World, groupId: string) {
    this.#world = world;
    this.#groupId = groupId;
    this.#topic = world.topics[0] as Topic;
  }

  run(): Promise<void> {
    return this.#world.live(this.#groupId, async (client) => {
      await this.#find(client);
      await this.check(client);
      while (!this.#world.isOver) {
        this.#sent += 1;
        await this.#commit(client, this.#sent);
        this.#acknowledged = this.#sent;
        this.#world.model.acknowledgedCommits += 1;
      }
    });
  }

  /** Asking for the coordinator makes the topic of the offsets. */
  async #find(client: WireClient): Promise<void> {
    const answer = await client.call(FindCoordinator, 3, { key: this.#groupId, keyType: 0 });
    if (answer.errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE) throw new TryAgain();
    mayLoad(answer.errorCode);
  }

  /** What the broker remembers lies between what was acknowledged and what was sent. */
  async check(client: WireClient): Promise<void> {
    const topics = [{ name: this.#topic.name, partitionIndexes: [0] }];
    const answer = await client.call(OffsetFetch, 7, { groupId: this.#groupId, topics, requireStable: false });
    mayLoad(answer.errorCode);
    const found = answer.topics[0]?.partitions[0];
    mayLoad(found?.errorCode ?? 0);
    const offset = found?.committedOffset ?? -1;
    if (offset < this.#acknowledged || offset > this.#sent) {
      this.#world.model.fail(
        `${this.#groupId}: ${offset} is committed, ${this.#acknowledged} was acknowledged, ${this.#sent} sent`,
      );
    }
  }

  async #commit(client: WireClient, committedOffset: number): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: `${committedOffset}` }];
    const group = { groupId: this.#groupId, generationIdOrMemberEpoch: -1, memberId: '' };
    const answer = await client.call(OffsetCommit, 8, { ...group, topics: [{ name: this.#topic.name, partitions }] });
    mayLoad(answer.topics[0]?.partitions[0]?.errorCode ?? -1);
  }
}

function mayLoad(errorCode: number): void {
  if (errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS || errorCode === ErrorCode.NOT_COORDINATOR)
    throw new TryAgain();
  if (errorCode !== 0) throw new Error(`error ${errorCode}`);
}

/** Creates topics, writes to them and deletes them; a topic of the same name starts anew. */
export class TopicChurner {
  readonly #world: World;
  readonly #name: string;
  #state: 'absent' | 'present' | 'unknown' = 'absent';
  #created = 0;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
  }

  run(): Promise<void> {
    return this.#world.live(this.#name, async (client) => {
      await this.#look(client);
      while (!this.#world.isOver) await this.#round(client);
    });
  }

  /** Compares the catalog with what was acknowledged. */
  async #look(client: WireClient): Promise<void> {
    const request = { topics: [{ name: this.#name }], allowAutoTopicCreation: false };
    const topic = (await client.call(Metadata, 9, request)).topics[0];
    const isThere = topic?.errorCode === 0;
    if (this.#state !== 'unknown' && isThere !== (this.#state === 'present')) {
      this.#world.model.fail(`${this.#name}: was ${this.#state}, Metadata says ${topic?.errorCode}`);
    }
    this.#state = isThere ? 'present' : 'absent';
  }

  async #round(client: WireClient): Promise<void> {
    const isAbsent = this.#state === 'absent';
    this.#state = 'unknown';
    if (isAbsent) {
      const topics = [{ name: this.#name, numPartitions: 2, replicationFactor: 1 }];
      this.#mustBe((await client.call(CreateTopics, 6, { topics, timeoutMs: 5000 })).topics[0]?.errorCode);
      this.#state = 'present';
      this.#created += 1;
      const offset = await produce(client, this.#name, 1, `life ${this.#created}`, 'b', 'c');
      if (offset !== 0) this.#world.model.fail(`${this.#name}: a new topic's first record got offset ${offset}`);
      return;
    }
    this.#mustBe(
      (await client.call(DeleteTopics, 5, { topicNames: [this.#name], timeoutMs: 5000 })).responses[0]?.errorCode,
    );
    this.#state = 'absent';
  }

  #mustBe(errorCode: number | undefined): void {
    if (errorCode !== 0) throw new Error(`error ${errorCode} for a change of a topic`);
    this.#world.model.acknowledgedTopicChanges += 1;
  }
}

/** Deletes records from the front of the last topic. */
export class RecordDeleter {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  run(): Promise<void> {
    return this.#world.live('deleter', async (client) => {
      while (!this.#world.isOver) await this.#round(client);
    });
  }

  async #round(client: WireClient): Promise<void> {
    const { random, topics, model } = this.#world;
    const topic = topics.at(-1) as Topic;
    const index = random.int(topic.partitions);
    const partition = model.partition(topic.name, index);
    const end = await offsetAt(client, topic.name, index, LATEST);
    const offset = Math.max(partition.allowedStart, end - random.int(200));
    if (offset > end) return;
    partition.allowedStart = Math.max(partition.allowedStart, offset);
    const partitions = [{ partitionIndex: index, offset }];
    const answer = await client.call(DeleteRecords, 2, { topics: [{ name: topic.name, partitions }], timeoutMs: 5000 });
    const result = answer.topics[0]?.partitions[0];
    if (result?.errorCode !== 0) throw new Error(`DeleteRecords: error ${result?.errorCode}`);
    partition.leastStart = Math.max(partition.leastStart, result.lowWatermark);
    partition.observeStart(result.lowWatermark);
  }
}
