/** Places in partitions as people write them: an offset, so many before the end, a time, how long ago. */
import type { KafkaClient } from '../../client/kafka-client.ts';
import { listOffsets, type PartitionName, type PartitionOffsets } from '../../client/offsets.ts';
import { ConfigError } from '../../config/config-error.ts';
import { type RepeatedParser, severalTimes } from '../flags.ts';

export type OffsetPlace =
  | { readonly kind: 'earliest' | 'latest' }
  /** An offset, or with `isFromEnd` so many records before the end. */
  | { readonly kind: 'offset'; readonly offset: number; readonly isFromEnd: boolean }
  | { readonly kind: 'time'; readonly timestampMs: number };

export const PLACE_HELP =
  'earliest, latest, an offset, -N (that many before the end), a time such as 2026-11-30T09:00:00Z or @1764500000000 ' +
  '(ms), or how long ago: -90s, -15m, -2h, -7d';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws ConfigError, in the words of the flag */
export function parsePlace(text: string, flag: string, nowMs: number): OffsetPlace {
  if (['earliest', 'start', 'beginning'].includes(text)) return { kind: 'earliest' };
  if (['latest', 'end'].includes(text)) return { kind: 'latest' };
  const number = /^(-?)(\d{1,15})$/.exec(text);
  if (number !== null) return { kind: 'offset', offset: Number(number[2]), isFromEnd: number[1] === '-' };
  const ago = /^-?(\d{1,9})([smhd])$/.exec(text);
  if (ago !== null) return { kind: 'time', timestampMs: nowMs - Number(ago[1]) * (UNIT_MS[ago[2] ?? ''] ?? 0) };
  const epochMs = /^@(\d{1,15})$/.exec(text);
  if (epochMs !== null) return { kind: 'time', timestampMs: Number(epochMs[1]) };
  const timestampMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timestampMs)) throw new ConfigError(`${flag}: "${text}" is no place in a partition: ${PLACE_HELP}`);
  return { kind: 'time', timestampMs };
}

function within(offset: number, { startOffset, endOffset }: PartitionOffsets): number {
  return Math.min(Math.max(offset, startOffset), endOffset);
}

/** The offset that the place means in each partition, kept within what is there. */
export async function offsetsAt(
  client: KafkaClient,
  partitions: readonly PartitionOffsets[],
  place: OffsetPlace,
): Promise<number[]> {
  switch (place.kind) {
    case 'earliest':
      return partitions.map(({ startOffset }) => startOffset);
    case 'latest':
      return partitions.map(({ endOffset }) => endOffset);
    case 'offset':
      return partitions.map((one) => within(place.isFromEnd ? one.endOffset - place.offset : place.offset, one));
    case 'time': {
      // Numbers below are no times to a broker.
      const timestampMs = Math.max(0, place.timestampMs);
      const found = await listOffsets(
        client,
        partitions.map(({ topic, partition }) => ({ topic, partition, timestampMs })),
      );
      return found.map(({ offset }, at) => {
        const one = partitions[at] as PartitionOffsets;
        return offset < 0 ? one.endOffset : within(offset, one);
      });
    }
  }
}

/** All partitions of topics, or of each those with the given numbers. @throws KafkaError, ConfigError */
export async function partitionsOf(
  client: KafkaClient,
  topics: readonly string[],
  numbers: readonly number[] | null,
): Promise<PartitionName[]> {
  const all: PartitionName[] = [];
  for (const name of topics) {
    const { partitions } = await client.topic(name);
    for (const number of numbers ?? partitions.map((one) => one.partitionIndex)) {
      if (partitions[number] === undefined) {
        throw new ConfigError(`topic ${name} has no partition ${number}: it has ${partitions.length}`);
      }
      all.push({ topic: name, partition: number });
    }
  }
  return all;
}

/** `0,2,5-7`, each once; several times. @throws ConfigError, from what it gives */
export function partitionNumbers(flag: string): RepeatedParser<readonly number[]> {
  return severalTimes((text, before = []) => {
    const numbers = text.split(',').flatMap((element) => {
      const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(element.trim());
      if (match === null) throw new ConfigError(`--${flag}: "${text}" is no list of numbers, such as 0,2,5-7`);
      const first = Number(match[1]);
      const last = Number(match[2] ?? match[1]);
      if (last < first) throw new ConfigError(`--${flag}: ${element.trim()} ends before it begins`);
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    });
    return [...new Set([...before, ...numbers])];
  });
}
