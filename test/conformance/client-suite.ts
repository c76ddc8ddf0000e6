/**
 * Runs a client program through the scenarios against a broker of its own: the `run` phase, kill -9, a new start, the
 * `verify` phase. Each scenario is a subtest.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { BrokerProcess, conformanceTarget } from '../support/broker-process.ts';
import { prepareSecurity, type SecurityKind } from './client-security.ts';
import { Observation } from './observed.ts';
import {
  RUN_SCENARIOS,
  type Scenario,
  SHARE_RUN_SCENARIOS,
  SHARE_VERIFY_SCENARIOS,
  TRANSACTION_RUN_SCENARIOS,
  TRANSACTION_VERIFY_SCENARIOS,
  VERIFY_SCENARIOS,
} from './scenarios.ts';

export interface ClientProgram {
  /** As the test reports it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Files that must be there; the component of install.sh that brings them. */
  readonly needs?: { readonly files: readonly string[]; readonly component: string };
  /** Scenarios that this client has no feature for. Anything else it calls unsupported is a failure. */
  readonly unsupported?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Settings of the broker that this client needs. */
  readonly settings?: Readonly<Record<string, string>>;
}

interface Line {
  readonly scenario: string;
  readonly ok?: boolean;
  readonly detail?: string;
  readonly unsupported?: string;
}

/** In CI, or with WALKA_CONFORMANCE_REQUIRED=1, a client that is not installed is a failure and not a skip. */
const required = process.env['WALKA_CONFORMANCE_REQUIRED'] === '1' || process.env['CI'] !== undefined;

/** Why the test cannot run here, or false. Prints it loudly. */
export function missing(needs: { readonly files: readonly string[]; readonly component: string }): string | false {
  const absent = needs.files.filter((file) => !existsSync(file));
  if (absent.length === 0 || required) return false;
  const reason = `NOT RUN: ${absent.join(', ')} missing; test/conformance/install.sh ${needs.component} brings it`;
  process.stderr.write(`\n*** ${reason}\n\n`);
  return reason;
}

/** Runs one phase and gives what it said of each scenario. */
async function runPhase(
  client: ClientProgram,
  bootstrap: string,
  phase: string,
  prefix: string,
  scenarios: readonly Scenario[],
): Promise<Map<string, Line>> {
  const child = spawn(client.command, [...client.args, bootstrap, phase, prefix], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...client.environment, WALKA_CLIENT_SCENARIOS: scenarios.join(',') },
  });
  const lines = new Map<string, Line>();
  let noise = '';
  child.stderr.on('data', (chunk: Buffer) => (noise = (noise + chunk.toString()).slice(-8192)));
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (!text.startsWith('{"')) return void (noise += `${text}\n`);
    const line = JSON.parse(text) as Line;
    lines.set(line.scenario, line);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, `${client.name} ${phase} ended with ${code}:\n${noise}`);
  return lines;
}

function check(t: TestContext, client: ClientProgram, scenario: string, line: Line | undefined): void {
  assert(line !== undefined, `${client.name} said nothing of ${scenario}`);
  if (line.unsupported !== undefined) {
    assert(client.unsupported?.includes(scenario), `${scenario} is called unsupported: ${line.unsupported}`);
    t.diagnostic(`${client.name} has no ${scenario}: ${line.unsupported}`);
    return;
  }
  assert(line.ok === true, line.detail ?? 'failed');
}

interface Phases {
  readonly run: readonly Scenario[];
  readonly verify: readonly Scenario[];
  /** Of a client of another age. */
  readonly isFormer?: boolean;
}

/** Declares the tests of one client. */
export function testClient(client: ClientProgram): void {
  testPhases(client, { run: RUN_SCENARIOS, verify: VERIFY_SCENARIOS });
}

/** Declares the tests of a client of another age: of the scenarios that it has features for. */
export function testOldClient(client: ClientProgram, scenarios: readonly Scenario[]): void {
  testPhases(client, { run: scenarios, verify: VERIFY_SCENARIOS, isFormer: true });
}

/** Of a client that has to say who it is: what concerns connections, and those of several kinds of coordinator. */
const SECURED_SCENARIOS: readonly Scenario[] = [
  'create-topics',
  'keyed-and-headed-records',
  'group-of-two',
  'commit-and-resume',
  'empty-and-large-records',
  'describe-and-delete',
  'before-kill',
];

/** Declares the tests of one client at a listener that asks who it is. */
export function testSecuredClient(client: ClientProgram, kind: SecurityKind): void {
  testPhases(client, { run: SECURED_SCENARIOS, verify: VERIFY_SCENARIOS }, kind);
}

/** Declares the tests of one client's transactions. */
export function testTransactions(client: ClientProgram): void {
  testPhases(client, { run: TRANSACTION_RUN_SCENARIOS, verify: TRANSACTION_VERIFY_SCENARIOS });
}

/** Declares the tests of one client's share groups. */
export function testShareGroups(client: ClientProgram): void {
  testPhases(client, { run: SHARE_RUN_SCENARIOS, verify: SHARE_VERIFY_SCENARIOS });
}

/** A listener as `kind` says, in a folder that is removed at the end. */
async function openSecured(kind: SecurityKind | undefined, settings: Readonly<Record<string, string>>) {
  if (kind === undefined)
    return { broker: await BrokerProcess.start({ settings }), environment: {}, end: async () => {} };
  const directory = await mkdtemp(join(tmpdir(), 'walka-clients-'));
  const { brokerSettings, environment, prepare, close } = await prepareSecurity(kind, directory);
  const broker = await BrokerProcess.start({
    clientProtocol: kind.protocol,
    settings: { ...settings, ...brokerSettings },
  });
  await prepare(broker);
  const end = async (): Promise<void> => {
    await close();
    await rm(directory, { recursive: true });
  };
  return { broker, environment, end };
}

function wayOf({ protocol, mechanism, stores }: SecurityKind): string {
  return [protocol, mechanism, stores && `stores of ${stores}`].filter((part) => part !== undefined).join(' and ');
}

function testPhases(client: ClientProgram, phases: Phases, kind?: SecurityKind): void {
  const skip = client.needs === undefined ? false : missing(client.needs);
  const by = kind === undefined ? '' : ` by ${wayOf(kind)}`;
  test(`${client.name} works with ${conformanceTarget}${by}`, { skip, timeout: 1_800_000 }, async (t) => {
    await using observation =
      kind === undefined ? await Observation.begin(client.name, phases.isFormer ?? false) : null;
    const opened = await openSecured(kind, { ...client.settings, ...observation?.settings });
    await using broker = opened.broker;
    await observation?.watch(broker);
    const secured = { ...client, environment: { ...client.environment, ...opened.environment } };
    const bootstrap = kind === undefined ? (observation?.bootstrap ?? broker.bootstrap) : broker.clientBootstrap;
    const prefix = client.name.replaceAll(/[^a-z0-9]+/gi, '-');
    const before = await runPhase(secured, bootstrap, 'run', prefix, phases.run);
    await broker.kill();
    await broker.restart();
    const after = await runPhase(secured, bootstrap, 'verify', prefix, phases.verify);
    await opened.end();
    const said = [
      ...phases.run.map((scenario) => [scenario, before.get(scenario)] as const),
      ...phases.verify.map((scenario) => [scenario, after.get(scenario)] as const),
    ];
    for (const [scenario, line] of said) {
      observation?.note(
        scenario,
        line?.unsupported === undefined ? (line?.ok === true ? 'ok' : 'failed') : 'unsupported',
      );
      await t.test(scenario, (t) => check(t, client, scenario, line));
    }
  });
}
