/**
 * Groups whose members speak both protocols, in random order: they come, go, fall silent, writes are lost or late, and the broker is restarted, so
 * that the group is upgraded and downgraded over and over. At rest every partition has one owner, whatever the group is
 * by then, and a restart finds a consumer group as it was. MIGRATION_SEEDS=2000 runs more; a failing seed says how to run it alone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../../../protocol/errors.ts';
import { readConsumerProtocolAssignment } from '../../../../protocol/generated/consumer-protocol-assignment.ts';
import { writeConsumerProtocolAssignment } from '../../../../protocol/generated/consumer-protocol-assignment.ts';
import type { JoinGroupResponse } from '../../../../protocol/generated/join-group-response.ts';
import type { SyncGroupResponse } from '../../../../protocol/generated/sync-group-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { Reader } from '../../../../protocol/reader.ts';
import { Writer } from '../../../../protocol/writer.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { Random } from '../../../../src/base/random.ts';
import { ConsumerWorld, EAGER } from '../../../support/consumer-world.ts';
import type { Beating } from '../../../support/consumer-world.ts';
import { settle } from '../../../support/groups.ts';
import type { Watched } from '../../../support/groups.ts';

const STEPS = 80;
const CLIENTS = 5;
const REST_ROUNDS = 150;
const COMMIT_TIMEOUT_MS = 5000;
const PARTITIONS = [0, 1, 2, 3];

function assignmentBytes(partitions: readonly number[]): Buffer {
  const writer = new Writer();
  writer.int16(1);
  const assignedPartitions = partitions.length === 0 ? [] : [{ topic: 'orders', partitions: [...partitions] }];
  writeConsumerProtocolAssignment(writer, { assignedPartitions, userData: Buffer.alloc(0) }, 1);
  return writer.toBuffer();
}

function partitionsOf(assignment: unknown): readonly number[] {
  const bytes = assignment as Buffer;
  if (bytes.length === 0) return [];
  const reader = new Reader(bytes);
  return readConsumerProtocolAssignment(reader, reader.int16()).assignedPartitions[0]?.partitions ?? [];
}

interface Client {
  readonly name: string;
  isOn: boolean;
  owned: readonly number[];
  start(): void;
  /** Sends what it would send next, or hears an answer. */
  step(world: ConsumerWorld): Promise<void>;
  leave(world: ConsumerWorld): Promise<void>;
}

class ConsumerClient implements Client {
  readonly name: string;
  isOn = false;
  owned: readonly number[] = [];
  #memberId = '';
  #epoch = 0;
  #lives = 0;

  constructor(name: string) {
    this.name = name;
  }

  start(): void {
    this.isOn = true;
    this.#memberId = `${this.name}-${++this.#lives}`;
    this.#drop();
  }

  #drop(): void {
    this.#epoch = 0;
    this.owned = [];
  }

  async step(world: ConsumerWorld): Promise<void> {
    const isJoin = this.#epoch === 0;
    const request: Beating = isJoin ? { rebalanceTimeoutMs: 20_000, subscribedTopicNames: ['orders'] } : {};
    const owned = this.owned.length === 0 ? {} : { orders: this.owned };
    const answer = await world.beat(this.#memberId, { memberEpoch: this.#epoch, owned, ...request });
    if (answer.errorCode === ErrorCode.NONE) {
      this.#epoch = answer.memberEpoch;
      if (answer.assignment !== null) this.owned = answer.assignment['orders'] ?? [];
    } else {
      this.#drop();
    }
  }

  async leave(world: ConsumerWorld): Promise<void> {
    await world.beat(this.#memberId, { memberEpoch: -1 });
  }
}

/** An eager consumer of the classic protocol, which gives everything back before it joins. */
class ClassicClient implements Client {
  readonly name: string;
  isOn = false;
  owned: readonly number[] = [];
  #memberId = '';
  #generationId = -1;
  #joining: Watched<Input<JoinGroupResponse>> | null = null;
  #syncing: Watched<Input<SyncGroupResponse>> | null = null;
  #world: ConsumerWorld | null = null;

  constructor(name: string) {
    this.name = name;
  }

  start(): void {
    this.isOn = true;
    this.#memberId = '';
    this.#rejoin();
  }

  #rejoin(): void {
    this.owned = [];
    this.#generationId = -1;
    this.#joining = null;
    this.#syncing = null;
  }

  async step(world: ConsumerWorld): Promise<void> {
    // What was parked at a broker that is gone is never answered.
    if (this.#world !== world && this.#generationId < 0) this.#rejoin();
    this.#world = world;
    if (this.#joining !== null) return this.#hearJoin(world, this.#joining);
    if (this.#syncing !== null) return this.#hearSync(this.#syncing);
    if (this.#generationId < 0) {
      this.#joining = world.join({ memberId: this.#memberId, rebalanceTimeoutMs: 5_000 });
      return;
    }
    const code = world.heartbeat(this.#memberId, this.#generationId);
    if (code === ErrorCode.NONE) return;
    if (code !== ErrorCode.REBALANCE_IN_PROGRESS) this.#memberId = '';
    this.#rejoin();
  }

  #hearJoin(world: ConsumerWorld, joining: Watched<Input<JoinGroupResponse>>): void {
    if (!joining.isDone) return;
    const { errorCode = 0, memberId = '', generationId = -1, leader, members = [] } = joining.value;
    this.#rejoin();
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.#memberId = memberId;
    else if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = '';
    if (errorCode !== ErrorCode.NONE) return;
    this.#memberId = memberId;
    this.#generationId = generationId;
    const ids = members.map((member) => member.memberId ?? '');
    const isLeader = leader === memberId;
    this.#syncing = world.sync(memberId, generationId, isLeader ? roundRobin(ids) : {});
  }

  #hearSync(syncing: Watched<Input<SyncGroupResponse>>): void {
    if (!syncing.isDone) return;
    const { errorCode, assignment } = syncing.value;
    this.#syncing = null;
    if (errorCode === ErrorCode.NONE) {
      this.owned = partitionsOf(assignment);
      return;
    }
    if (errorCode !== ErrorCode.REBALANCE_IN_PROGRESS) this.#memberId = '';
    this.#rejoin();
  }

  async leave(world: ConsumerWorld): Promise<void> {
    await world.leave({ memberId: this.#memberId });
  }
}

function roundRobin(memberIds: readonly string[]): Record<string, string> {
  const assigned = memberIds.map((_, index) =>
    PARTITIONS.filter((partition) => partition % memberIds.length === index),
  );
  return Object.fromEntries(memberIds.map((id, index) => [id, assignmentBytes(assigned[index] ?? []).toString()]));
}

class Simulation {
  readonly #random: Random;
  readonly #clients: readonly Client[];
  #world: ConsumerWorld;

  constructor(world: ConsumerWorld, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#clients = Array.from({ length: CLIENTS }, (_, index) =>
      index % 2 === 0 ? new ClassicClient(`classic-${index}`) : new ConsumerClient(`consumer-${index}`),
    );
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) await this.#step();
    await this.#rest();
  }

  async #step(): Promise<void> {
    const dice = this.#random.int(100);
    if (dice < 4) await this.#restart();
    else if (dice < 24) await this.#world.pass(this.#random.int(2_500));
    else await this.#act(this.#clients[this.#random.int(CLIENTS)] as Client);
  }

  async #act(client: Client): Promise<void> {
    if (!client.isOn) {
      client.start();
    } else if (this.#random.int(100) < 10) {
      client.isOn = false;
      client.owned = [];
      if (this.#random.int(100) < 70) await this.#maybeLost(() => client.leave(this.#world));
      return;
    }
    await this.#maybeLost(() => client.step(this.#world));
    await settle();
  }

  /** Loses what is written meanwhile, now and then, or takes too long to store it. */
  async #maybeLost(action: () => Promise<void>): Promise<void> {
    if (this.#random.int(100) >= 20) return action();
    const { engine } = this.#world;
    engine.autoCommit = false;
    const acting = action().catch(() => {});
    await settle();
    if (this.#random.int(3) > 0) await this.#world.pass(COMMIT_TIMEOUT_MS);
    if (this.#random.int(2) === 0) engine.fail();
    else engine.commit();
    engine.autoCommit = true;
    await acting;
    if (this.#random.int(2) === 0) await this.#restart();
  }

  async #rest(): Promise<void> {
    const alive = this.#clients.filter(({ isOn }) => isOn);
    if (alive.length === 0) return;
    for (let round = 0; round < REST_ROUNDS; round++) {
      for (const client of alive) {
        await client.step(this.#world);
        await settle();
      }
      await this.#world.pass(500);
    }
    const owners = alive.flatMap(({ name, owned }) => owned.map((partition) => [partition, name] as const));
    assert.deepEqual(owners.map(([partition]) => partition).sort(), PARTITIONS, JSON.stringify(owners));
    const isConsumer = alive.some((client) => client instanceof ConsumerClient);
    const [listed] = await this.#world.apis.listGroups();
    assert.equal(listed?.groupState, 'Stable');
    if (isConsumer) assert.equal(listed?.groupType, 'consumer');
  }

  /** All that is known of a consumer group is in the log; of a classic one, what it was before it began to rebalance. */
  async #restart(): Promise<void> {
    const before = await this.#world.describe();
    this.#world = await this.#world.restart();
    if (before.errorCode !== ErrorCode.NONE) return;
    assert.deepEqual(await this.#world.describe(), before, 'the log says something else');
  }
}

test('at rest every partition has one owner, whichever protocols the members speak', async () => {
  const only = process.env['MIGRATION_SEED'];
  const seeds = only === undefined ? Number(process.env['MIGRATION_SEEDS'] ?? '60') : 1;
  for (let i = 0; i < seeds; i++) {
    const seed = only === undefined ? i : Number(only);
    const random = seededRandom(seed);
    const world = await ConsumerWorld.open(random.int(2) === 0 ? EAGER : {});
    try {
      await new Simulation(world, random).run();
    } catch (error) {
      const command = `MIGRATION_SEED=${seed} node --test test/coordinator/group/consumer/migration-simulation.test.ts`;
      throw new Error(`seed ${seed} failed; alone: ${command}`, { cause: error });
    }
  }
});
