/** Looks at a cluster from where this program is: whether clients here find its brokers, and what is wrong with it. */
import { lookup } from 'node:dns/promises';
import { type Address, addressText } from '../../client/address.ts';
import { Connection } from '../../client/connection.ts';
import { API_VERSIONS } from '../../client/core-apis.ts';
import { KafkaClient } from '../../client/kafka-client.ts';
import type { TopicMetadata } from '../../client/metadata.ts';
import { type ClusterAccess, failureLine } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { counted } from '../text.ts';
import { type Finding, hint, ok, problem } from './finding.ts';

const CONNECT_TIMEOUT_MS = 5000;
const PINGS = 9;
const SLOW_MS = 50;
/** Names that are told of at most. */
const MAX_NAMES = 5;

const ADVERTISE =
  "set the broker's advertised.listeners to an address that is reached from here; where clients are in several networks, a listener for each";

function isLoopback(host: string): boolean {
  return /^(127\.|::1$|localhost$)/.test(host);
}

async function unknownHost({ host }: Address): Promise<boolean> {
  return await lookup(host).then(
    () => false,
    () => true,
  );
}

/** Median time of a question that costs the broker nothing, in ms; null when nobody answers. */
async function answerMs(
  address: Address,
  { security }: ClusterAccess,
  context: CommandContext,
): Promise<number | string> {
  const { clock, version } = context;
  try {
    const connection = await Connection.open(address, {
      clock,
      clientId: 'walka-doctor',
      softwareVersion: version,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      requestTimeoutMs: CONNECT_TIMEOUT_MS,
      security,
    });
    try {
      const times: number[] = [];
      for (let at = 0; at < PINGS; at++) {
        const startMs = clock.monotonicMs();
        await connection.call(API_VERSIONS, { clientSoftwareName: 'walka', clientSoftwareVersion: version });
        times.push(clock.monotonicMs() - startMs);
      }
      return times.sort((a, b) => a - b)[PINGS >>> 1] ?? 0;
    } finally {
      connection.close();
    }
  } catch (error) {
    const line = failureLine(error);
    if (line === null) throw error;
    return line;
  }
}

async function addressFinding(
  check: string,
  address: Address,
  access: ClusterAccess,
  context: CommandContext,
): Promise<Finding> {
  const { bootstrap } = access;
  const place = addressText(address);
  const isAsked = bootstrap.some((one) => addressText(one) === place);
  if (await unknownHost(address)) {
    const fix = isAsked ? 'is it spelt right?' : ADVERTISE;
    return problem(check, `clients are sent to ${place}, and this machine does not know ${address.host}`, fix);
  }
  const answer = await answerMs(address, access, context);
  if (typeof answer === 'string') {
    const isOther = isLoopback(address.host) && !bootstrap.every(({ host }) => isLoopback(host));
    const why = isOther ? `${place} is this machine itself, and ` : '';
    return problem(
      check,
      `${why}${answer}`,
      isAsked ? 'does the broker run there, and does a firewall let this through?' : ADVERTISE,
    );
  }
  const text = `${place} answers in ${answer.toFixed(1)} ms`;
  return answer > SLOW_MS
    ? hint(check, text, 'a producer that waits for each record is held back to that')
    : ok(check, text);
}

function namesText(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return `${names.slice(0, MAX_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function topicFindings(topics: readonly TopicMetadata[]): Finding[] {
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ name: `${name}-${partition.partitionIndex}`, partition })),
  );
  const leaderless = all.filter(({ partition }) => partition.leaderId < 0).map(({ name }) => name);
  const behind = all
    .filter(({ partition }) => partition.isrNodes.length < partition.replicaNodes.length)
    .map(({ name }) => name);
  const findings: Finding[] = [];
  if (leaderless.length > 0) {
    const message = `${counted(leaderless.length, 'partition')} without a leader: ${namesText(leaderless)}`;
    findings.push(problem('leaders', message, 'start the brokers that have them'));
  } else findings.push(ok('leaders', `${counted(all.length, 'partition')}, and each has a leader`));
  if (behind.length > 0) {
    const message = `${counted(behind.length, 'partition')} with copies that are not in sync: ${namesText(behind)}`;
    findings.push(hint('copies', message, 'look at the brokers that have them'));
  }
  return findings;
}

export async function remoteFindings(access: ClusterAccess, context: CommandContext): Promise<Finding[]> {
  const { bootstrap, security } = access;
  const findings: Finding[] = [];
  for (const address of bootstrap) {
    findings.push(await addressFinding('bootstrap', address, access, context));
  }
  if (!findings.some(({ level }) => level !== 'problem')) return findings;
  const { clock, version: softwareVersion } = context;
  const options = { bootstrap, clock, softwareVersion, connectTimeoutMs: CONNECT_TIMEOUT_MS, security };
  using client = await KafkaClient.connect(options);
  const { brokers, topics, clusterId } = await client.metadata(null);
  findings.push(
    ok(
      'cluster',
      `${clusterId ?? 'without an id'}: ${counted(brokers.size, 'broker')}, ${counted(topics.length, 'topic')}`,
    ),
  );
  for (const broker of brokers.values()) {
    findings.push(await addressFinding(`broker ${broker.nodeId}`, broker, access, context));
  }
  const places = new Set([...brokers.values()].map(addressText));
  if (places.size < brokers.size) {
    findings.push(problem('brokers', 'several brokers are advertised at one address', ADVERTISE));
  }
  findings.push(...topicFindings(topics));
  return findings;
}
