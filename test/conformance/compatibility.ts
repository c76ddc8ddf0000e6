/**
 * docs/compatibility.md, made from the table of handlers and from what the clients of the conformance suite said and saw
 * (docs/compatibility/*.json, see observed.ts). `npm run docs:compatibility` runs the clients anew first.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiKey, apiInfo } from '../../protocol/apis.ts';
import { handlers } from '../../src/handlers/index.ts';
import type { ClientResult, Outcome } from './observed.ts';

const docs = join(import.meta.dirname, '../../docs');

/** A client with all that was run with it. */
interface Client {
  readonly name: string;
  readonly isFormer: boolean;
  software: string | null;
  readonly scenarios: Map<string, Outcome>;
  readonly apis: Map<string, Set<number>>;
}

/** What `KIND of NAME` is to NAME. */
const KINDS = { '': 'records, groups', 'transactions of ': 'transactions', 'share groups of ': 'share groups' };

function kindOf(name: string): keyof typeof KINDS {
  return (Object.keys(KINDS) as Array<keyof typeof KINDS>).findLast((kind) => name.startsWith(kind)) ?? '';
}

export function readClients(folder = join(docs, 'compatibility')): Client[] {
  const clients = new Map<string, Client>();
  for (const file of readdirSync(folder).sort()) {
    const result = JSON.parse(readFileSync(join(folder, file), 'utf8')) as ClientResult;
    const kind = kindOf(result.client);
    const name = result.client.slice(kind.length);
    const isFormer = result.former ?? false;
    const client = clients.get(name) ?? { name, isFormer, software: null, scenarios: new Map(), apis: new Map() };
    clients.set(name, client);
    client.software ??= result.software;
    for (const [scenario, outcome] of Object.entries(result.scenarios)) {
      client.scenarios.set(`${KINDS[kind]}: ${scenario}`, outcome);
    }
    for (const [api, versions] of Object.entries(result.apis)) {
      client.apis.set(api, (client.apis.get(api) ?? new Set<number>()).union(new Set(versions)));
    }
  }
  return [...clients.values()].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** `3`, or `0–2, 4`. */
export function ranges(versions: Iterable<number>): string {
  const sorted = [...versions].sort((a, b) => a - b);
  const parts: Array<[number, number]> = [];
  for (const version of sorted) {
    const last = parts.at(-1);
    if (last !== undefined && last[1] === version - 1) last[1] = version;
    else parts.push([version, version]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
}

/** What no conformance run tries, and how it went when somebody did. */
const BY_HAND = [
  'Tried by hand on 2026-12-01, with topics, keys, each codec that they have, groups or offsets where they have them: sarama',
  '1.19.0, 1.23.1 and 1.30.0; kafka-go 0.3.10, 0.4.0 and 0.4.42; franz-go 1.0.0 and 1.3.5; rskafka 0.6.0 and kafka 0.10.0 (both',
  'Rust); pykafka 2.8.0 (Python, without LZ4). All of that went. optiopay/kafka 2.1.1 (Go) produces and consumes, and finds no',
  'coordinator of a group, with Kafka 3.9 no more than here: it leaves the type of the key out of what it asks.',
] as const;

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** How many scenarios of a kind it went through. */
function went({ scenarios }: Client, kind: string): string {
  const outcomes = [...scenarios].filter(([scenario]) => scenario.startsWith(`${kind}: `));
  const of = (wanted: Outcome) => outcomes.filter(([, outcome]) => outcome === wanted).length;
  if (outcomes.length === 0) return '';
  const failed = of('failed') === 0 ? '' : `, **${of('failed')} failed**`;
  return `${of('ok')} of ${outcomes.length - of('unsupported')}${failed}`;
}

function lacks({ scenarios }: Client): string {
  return [...scenarios]
    .filter(([, outcome]) => outcome === 'unsupported')
    .map(([scenario]) => scenario.split(': ')[1])
    .join(', ');
}

function clientRow(client: Client): string {
  const cells = Object.values(KINDS).map((kind) => went(client, kind));
  return line([client.name, client.software ?? '', ...cells, lacks(client)]);
}

function formerRow(client: Client): string {
  return line([client.name, client.software ?? '', went(client, KINDS['']), lacks(client)]);
}

/** Versions that are served; else why there are none: everybody is told so by a closed connection, as in Kafka. */
function servedVersions(apiKey: number): string {
  const served = handlers.find((handler) => handler.apiKey === apiKey);
  if (served !== undefined) return `${served.minVersion}–${served.maxVersion}`;
  const info = apiInfo.get(apiKey);
  if (info === undefined) return 'gone since Kafka 4.0';
  return info.listeners.includes('broker') ? 'not served' : 'between nodes';
}

function apiRows(clients: readonly Client[]): string[] {
  return Object.entries(ApiKey)
    .sort(([, a], [, b]) => a - b)
    .map(([name, apiKey]) => {
      const used = clients.map(({ apis }) => ranges(apis.get(name) ?? []));
      return line([name, String(apiKey), servedVersions(apiKey), ...used]);
    });
}

/** APIs that clients of other ages used, with the versions. */
function formerRows(clients: readonly Client[]): string[] {
  return Object.keys(ApiKey)
    .filter((name) => clients.some(({ apis }) => apis.has(name)))
    .map((name) => line([name, ...clients.map(({ apis }) => ranges(apis.get(name) ?? []))]));
}

const tableHead = (head: readonly string[]): string[] => [
  line(head),
  line(head.map((_, index) => (index === 0 ? '---' : '---:'))),
];

/** The page. */
export function compatibilityPage(all: readonly Client[]): string {
  const clients = all.filter(({ isFormer }) => !isFormer);
  const former = all.filter(({ isFormer }) => isFormer);
  const kinds = Object.values(KINDS);
  return [
    '# Compatibility',
    '',
    'Made by `npm run docs:compatibility` from the table of handlers (`src/handlers/index.ts`) and from what clients said',
    'while they ran through the scenarios of the conformance suite (`test/conformance/scenarios.md`). The same suite runs',
    'against Apache Kafka 4.4.0, and against every change of Walka.',
    '',
    '## Clients',
    '',
    'Scenarios that a client went through, of those that it has features for. The broker is killed with `kill -9` in the',
    'middle. A version stands where the client tells it.',
    '',
    line(['client', 'calls itself', ...kinds, 'has no']),
    line(['---', '---', ...kinds.map(() => '---'), '---']),
    ...clients.map(clientRow),
    '',
    'Clients of other ages, and those of today that are told to speak like them, of what was there then:',
    '',
    line(['client', 'calls itself', 'records, groups', 'has no']),
    line(['---', '---', '---', '---']),
    ...former.map(formerRow),
    '',
    ...BY_HAND,
    '',
    '## APIs',
    '',
    'Every API of Kafka 4.4: versions that are served, and those that each client used. All that a client or a tool may ask',
    'is served, at least in every stable version of Kafka 4.4, and in those that Kafka 3.9 had and 4.0 dropped',
    '(`walka.min.client.version` narrows that). What the nodes of a cluster ask each other, and what is gone since Kafka',
    '4.0, closes the connection, as in Kafka.',
    '',
    ...tableHead(['API', 'key', 'served', ...clients.map(({ name }) => name)]),
    ...apiRows(clients),
    '',
    'Versions that clients of other ages used:',
    '',
    ...tableHead(['API', ...former.map(({ name }) => name)]),
    ...formerRows(former),
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(join(docs, 'compatibility.md'), compatibilityPage(readClients()));
