/** Takes the coordinators' records out of a Kafka data directory, for test/golden/coordinator-records.hex. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isControl } from '../../protocol/records/batch.ts';
import { batchPositions, decodeRecordsSync } from '../../protocol/records/iterate.ts';

const TOPICS = ['__consumer_offsets', '__transaction_state', '__share_group_state'];
const MAX_RECORD_BYTES = 800;

/** Lines `topic key value` in hex, `-` for no value: per topic, type and version the shortest and the longest. */
export function coordinatorRecords(dataDirectory: string): string[] {
  const kept = new Map<string, string[]>();
  const folders = readdirSync(dataDirectory).filter((name) => TOPICS.some((topic) => name.startsWith(`${topic}-`)));
  for (const folder of folders) {
    const log = readFileSync(join(dataDirectory, folder, '00000000000000000000.log'));
    for (const at of batchPositions(log)) {
      if (isControl(log, at)) continue;
      for (const { key, value } of decodeRecordsSync(log, at)) {
        if (key === null || key.length + (value?.length ?? 0) > MAX_RECORD_BYTES) continue;
        const version = value === null ? 'none' : value.readInt16BE(0);
        const topic = folder.slice(0, folder.lastIndexOf('-'));
        const line = `${topic} ${key.toString('hex')} ${value?.toString('hex') ?? '-'}`;
        const kind = `${topic} ${key.readInt16BE(0)} ${version}`;
        const lines = [...(kept.get(kind) ?? []), line].sort((a, b) => a.length - b.length);
        kept.set(kind, lines.length > 2 ? [lines[0] as string, lines.at(-1) as string] : lines);
      }
    }
  }
  return [...kept].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })).flatMap(([, lines]) => lines);
}
