/** What it costs to look for rights: a broker with an authorizer and many ACLs beside one of its kind without. */
import { ApiKey } from '../../protocol/apis.ts';
import { type AclCreation, writeCreateAclsRequest } from '../../protocol/generated/create-acls-request.ts';
import { readCreateAclsResponse } from '../../protocol/generated/create-acls-response.ts';
import { createTopic, deleteTopic, open, withCpu } from '../measuring.ts';
import { type Bench, TOPIC_PREFIX, type Workload } from '../workload.ts';

const PRODUCERS = 16;
const PARTITIONS = 4;
const RECORD_BYTES = 1024;
/** Read at a time of each partition, so that rights are looked for often. */
const FETCH_BYTES = 16 * 1024;
const CREATED_AT_ONCE = 1000;
/** About what two starts take, and a turn beside its load. */
const START_S = 10;
const TURN_S = 1.5;

const SETTINGS = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  // Of everything but topics there are no ACLs.
  'allow.everyone.if.no.acl.found': 'true',
};

const CreateAcls = { apiKey: ApiKey.CreateAcls, write: writeCreateAclsRequest, read: readCreateAclsResponse };

/** Codes of the wire. */
const TOPIC = 2;
const PATTERN = { LITERAL: 3, PREFIXED: 4 } as const;
const OPERATION = { ALL: 2, READ: 3, WRITE: 4 } as const;
const ALLOW = 3;

/** Of other users for other topics, one in ten for a prefix; the last one lets the benchmark in. */
function aclsOf(count: number): AclCreation[] {
  const acl = { resourceType: TOPIC, host: '*', permissionType: ALLOW };
  const others = Array.from({ length: count - 1 }, (_, index) => ({
    ...acl,
    resourceName: `service-${index}.events`,
    resourcePatternType: index % 10 === 0 ? PATTERN.PREFIXED : PATTERN.LITERAL,
    principal: `User:service-${index % 100}`,
    operation: index % 2 === 0 ? OPERATION.READ : OPERATION.WRITE,
  }));
  const own = { ...acl, resourceName: TOPIC_PREFIX, resourcePatternType: PATTERN.PREFIXED };
  return [...others, { ...own, principal: 'User:ANONYMOUS', operation: OPERATION.ALL }];
}

async function createAcls(bench: Bench): Promise<void> {
  const client = await open(bench);
  const creations = aclsOf(bench.sizes.acls);
  for (let from = 0; from < creations.length; from += CREATED_AT_ONCE) {
    const { results } = await client.call(CreateAcls, 3, { creations: creations.slice(from, from + CREATED_AT_ONCE) });
    const refused = results.find(({ errorCode }) => errorCode !== 0);
    if (refused !== undefined) throw new Error(`CreateAcls: ${refused.errorMessage ?? refused.errorCode}`);
  }
  client.close();
}

/** One of the two brokers, and what it did in all turns that count. */
class Side {
  readonly #bench: Bench;
  #requests = 0;
  #requestsS = 0;
  #requestsCpuS = 0;
  #bytes = 0;
  #bytesS = 0;
  #bytesCpuS = 0;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  get cpuOfRequest(): number {
    return this.#requestsCpuS / this.#requests;
  }

  get cpuOfByte(): number {
    return this.#bytesCpuS / this.#bytes;
  }

  async turn(isCounted: boolean): Promise<void> {
    const { broker, generators, signal, sizes } = this.#bench;
    const common = { topic: await createTopic(this.#bench, 'acls', PARTITIONS), partitions: PARTITIONS };
    const load = { ...common, producers: PRODUCERS, recordBytes: RECORD_BYTES, batchRecords: 1 };
    const made = await withCpu(this.#bench, () =>
      generators.own.produceByMany(broker.bootstrap, { ...load, seconds: sizes.loadSeconds }, signal),
    );
    const { records, seconds } = made.result;
    const reading = { ...common, records, partitionBytes: FETCH_BYTES };
    const read = await withCpu(this.#bench, () => generators.own.consume(broker.bootstrap, reading, signal));
    await deleteTopic(this.#bench, common.topic);
    if (!isCounted) return;
    this.#requests += records;
    this.#requestsS += seconds;
    this.#requestsCpuS += made.cpuS;
    this.#bytes += read.result.bytes;
    this.#bytesS += read.result.seconds;
    this.#bytesCpuS += read.cpuS;
  }

  note(name: string): void {
    const { note } = this.#bench;
    note(`${name}: produce`, 'requests/s', 'higher', this.#requests / this.#requestsS);
    note(`${name}: produce`, 'broker CPU-µs/request', 'lower', this.cpuOfRequest * 1e6);
    note(`${name}: consume`, 'MB/s', 'higher', this.#bytes / 1e6 / this.#bytesS);
    note(`${name}: consume`, 'broker CPU-s/GB', 'lower', this.cpuOfByte * 1e9);
  }
}

export const acls: Workload = {
  name: 'acls',
  title: 'Rights',
  about:
    `A broker with an authorizer and 10,000 ACLs beside one of its kind without, in turns: ${PRODUCERS} producers that send ` +
    `a record of 1 KiB and wait for its answer, and a reader that asks for ${FETCH_BYTES / 1024} KiB of each of ` +
    `${PARTITIONS} partitions at a time. Ratios: what it costs with ACLs by what it costs without.`,
  isLocal: true,
  isThorough: true,
  seconds: ({ aclTurns, loadSeconds }) => START_S + 2 * aclTurns * (loadSeconds + TURN_S),
  async run(bench) {
    if (bench.startAnother === null) return bench.leaveOut('acls', 'this run did not start the broker');
    await using plain = await bench.startAnother();
    await using checked = await bench.startAnother({ settings: SETTINGS });
    const without = new Side({ ...bench, broker: plain });
    const withAcls = new Side({ ...bench, broker: checked });
    await createAcls({ ...bench, broker: checked });
    // The first turn does not count. None always comes first.
    for (let turn = 0; turn < bench.sizes.aclTurns; turn++) {
      for (const side of turn % 2 === 0 ? [without, withAcls] : [withAcls, without]) await side.turn(turn > 0);
    }
    const count = bench.sizes.acls.toLocaleString('en');
    without.note('no authorizer');
    withAcls.note(`${count} ACLs`);
    bench.note('produce, CPU with ACLs / without', '×', 'lower', withAcls.cpuOfRequest / without.cpuOfRequest);
    bench.note('consume, CPU with ACLs / without', '×', 'lower', withAcls.cpuOfByte / without.cpuOfByte);
  },
};
