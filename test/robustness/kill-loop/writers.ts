/** Producers under fire: plain ones, which give up what was not answered, and idempotent ones, which send it again. */
import { buildBatch } from '../../../protocol/records/build.ts';
import { InitProducerId, Produce, onlyProduced, produceRequest } from '../../support/data-apis.ts';
import type { WireClient } from '../../support/wire-client.ts';
import { keyOf, recordId } from './model.ts';
import type { World } from './world.ts';

const PRODUCE_VERSION = 9;
/** Requests a producer has open on its connection, as idempotent clients do. */
const OPEN_REQUESTS = 5;
const MAX_RECORDS = 20;

interface Sent {
  readonly topic: string;
  readonly index: number;
  readonly ids: readonly number[];
  readonly bytes: Buffer;
}

interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export class Writer {
  readonly #world: World;
  readonly #number: number;
  readonly #isIdempotent: boolean;
  readonly #maxValueBytes: number;
  #identity: ProducerIdentity | null = null;
  /** Next sequence, by partition. */
  readonly #sequences = new Map<string, number>();
  #counter = 0;
  /** Sent and not answered, in order. */
  #open: Sent[] = [];
  /** Ids of each partition's records in the order they were made. */
  readonly #made = new Map<string, number[]>();

  constructor(world: World, number: number, isIdempotent: boolean, maxValueBytes: number) {
    this.#world = world;
    this.#number = number;
    this.#isIdempotent = isIdempotent;
    this.#maxValueBytes = maxValueBytes;
  }

  run(): Promise<void> {
    return this.#world.live(`writer ${this.#number}`, (client) => this.#session(client));
  }

  async #session(client: WireClient): Promise<void> {
    if (this.#isIdempotent) await this.#identify(client);
    else this.#open = [];
    for (const sent of this.#open) send(client, sent);
    while (!this.#world.isOver || this.#open.length > 0) {
      while (this.#open.length < OPEN_REQUESTS && !this.#world.isOver) {
        const sent = this.#make();
        this.#open.push(sent);
        send(client, sent);
      }
      const answer = onlyProduced(await client.result(Produce, PRODUCE_VERSION));
      const sent = this.#open[0] as Sent;
      if (answer.errorCode !== 0) {
        throw new Error(`${sent.topic}-${sent.index}: error ${answer.errorCode} ${answer.errorMessage ?? ''}`);
      }
      this.#open.shift();
      this.#acknowledged(sent, answer.baseOffset);
    }
  }

  async #identify(client: WireClient): Promise<void> {
    if (this.#identity !== null) return;
    const request = { transactionalId: null, transactionTimeoutMs: -1, producerId: -1n, producerEpoch: -1 };
    const answer = await client.call(InitProducerId, 4, request);
    if (answer.errorCode !== 0) throw new Error(`InitProducerId: error ${answer.errorCode}`);
    this.#identity = { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  }

  #make(): Sent {
    const { random, model } = this.#world;
    const topic = this.#world.pick(this.#world.topics);
    const index = random.int(topic.partitions);
    const partition = model.partition(topic.name, index);
    const count = 1 + random.int(MAX_RECORDS);
    const ids = Array.from({ length: count }, () => recordId(this.#number, this.#counter++));
    const value = Buffer.alloc(random.int(this.#maxValueBytes), ids[0] as number & 0xff);
    const sequence = this.#sequences.get(partition.name) ?? 0;
    this.#sequences.set(partition.name, sequence + count);
    const bytes = buildBatch(
      ids.map((id) => ({ key: keyOf(id), value, timestampMs: Date.now() })),
      this.#identity === null ? {} : { ...this.#identity, baseSequence: sequence },
    );
    const made = this.#made.get(partition.name);
    if (made === undefined) this.#made.set(partition.name, [...ids]);
    else made.push(...ids);
    return { topic: topic.name, index, ids, bytes };
  }

  #acknowledged({ topic, index, ids }: Sent, baseOffset: number): void {
    const { model } = this.#world;
    const partition = model.partition(topic, index);
    if (baseOffset < 0) model.fail(`${partition.name}: acknowledged without an offset`);
    else for (const [i, id] of ids.entries()) partition.observe(id, baseOffset + i, 'acknowledged');
    model.acknowledgedBatches += 1;
  }

  /** At the end of a run: an idempotent producer's records are all there, in the order they were made. */
  check(): void {
    if (!this.#isIdempotent) return;
    for (const [name, ids] of this.#made) {
      const partition = this.#world.model.partitions.get(name);
      let last = -1;
      for (const id of ids) {
        const offset = partition?.offsetOf(id) ?? -1;
        if (offset <= last)
          this.#world.model.fail(`${name}: record ${id} lies at ${offset}, the one before at ${last}`);
        last = offset;
      }
    }
  }
}

function send(client: WireClient, { topic, index, bytes }: Sent): void {
  client.start(Produce, PRODUCE_VERSION, produceRequest(topic, index, bytes));
}
