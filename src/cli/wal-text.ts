/** How `walka wal` shows files, damage and entries: a line each. */
import { relative } from 'node:path';
import type { LostRange, Repair } from '../storage/inspect/repair.ts';
import type { Damage, DumpedEntry, FileReport } from '../storage/inspect/types.ts';

function time(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : String(ms);
}

function nameOf(path: string, dataDir: string): string {
  const name = relative(dataDir, path);
  return name.startsWith('..') ? path : name;
}

function factText(name: string, value: string | number | boolean | null): string {
  return name.endsWith('Ms') && typeof value === 'number' ? `${name.slice(0, -2)} ${time(value)}` : `${name} ${value}`;
}

/** What a file is and holds. */
export function reportLine({ path, kind, byteLength, version, facts }: FileReport, dataDir: string): string {
  const { state, ...others } = facts;
  const what = state === undefined ? kind : `${kind}, ${state}`;
  const ofVersion = version === null ? '' : `, format ${version}`;
  const rest = Object.entries(others).map(([name, value]) => factText(name, value));
  return [`${nameOf(path, dataDir)}: ${what}${ofVersion}, ${byteLength} bytes`, ...rest].join('; ');
}

export function damageLine({ path, position, what, isDerived }: Damage, dataDir: string): string {
  return `${nameOf(path, dataDir)} at ${position}: ${what}${isDerived ? ' (a start derives it from the entries)' : ''}`;
}

export function entryLine(entry: DumpedEntry, dataDir: string, hasPayload: boolean): string {
  const { path, position, kind, stream, baseOffset, endOffset, leaderEpoch, maxTimestampMs, writtenMs } = entry;
  const offsets = endOffset > baseOffset + 1 ? `${baseOffset}-${endOffset - 1}` : String(baseOffset);
  const fields = [`stream ${stream}`, `offset ${offsets}`, `epoch ${leaderEpoch}`];
  if (maxTimestampMs >= 0) fields.push(`timestamp ${time(maxTimestampMs)}`);
  if (writtenMs > 0) fields.push(`written ${time(writtenMs)}`);
  fields.push(`${entry.byteLength} bytes${entry.isRecordBatch ? ' of records' : ''}`);
  const payload = hasPayload ? `\n    ${entry.payload.toString('hex')}` : '';
  return `${nameOf(path, dataDir)} ${position} ${kind}: ${fields.join(', ')}${payload}`;
}

export function entryJson({ payload, ...entry }: DumpedEntry, hasPayload: boolean): string {
  return JSON.stringify(hasPayload ? { ...entry, payload: payload.toString('base64') } : entry);
}

function lostLine({ stream, topic, partition, from, to, isCompacted }: LostRange): string {
  const of = topic === null ? `stream ${stream}` : `${topic}-${partition}`;
  const note = isCompacted ? ', as far as compaction had left them' : '';
  return `lost: ${of}, offsets ${from} to ${to - 1}${note}`;
}

/** What a repair did. */
export function repairLines(
  { cuts, journalFiles, segments, lost, catalogAside, isCatalogNew }: Repair,
  dataDir: string,
): string[] {
  if (!isCatalogNew) return ['a start takes the directory as it is: nothing was changed'];
  const old = catalogAside.length === 0 ? 'there was no old one' : `the old one is kept as ${catalogAside.join(', ')}`;
  return [
    ...cuts.flatMap(({ reason, aside, byteLength }) => [
      reason,
      `  cut there: ${byteLength} bytes are kept in ${aside.join(', ')}`,
    ]),
    ...[...journalFiles, ...segments].flatMap(({ path, what, aside }) => [
      `${relative(dataDir, path)} is ${what}`,
      ...(aside === null ? [] : [`  kept as ${aside}`]),
    ]),
    ...lost.map(lostLine),
    `catalog.db is made anew from what is left; ${old}`,
  ];
}
