/** Looks through a journal file: every entry and every checksum, and what lies where none is. */
import { crc32c } from '../../../protocol/crc32c.ts';
import { noteBytes } from '../format/abort-note.ts';
import { holdsRecordBatch } from '../format/batch.ts';
import {
  aligned,
  decodeFileHeader,
  ENTRY_ALIGNMENT,
  ENTRY_HEADER_BYTES,
  EntryKind,
  type EntryHeader,
  FILE_HEADER_BYTES,
  FORMAT_VERSION,
} from '../format/format.ts';
import { EntryWalk, scanEntries, type ScanSource } from '../format/scan.ts';
import { type Files, type OpenFile, readFully } from '../files/files.ts';
import { Directory } from '../directory.ts';
import { decodeCheckpoint } from '../index/checkpoint.ts';
import { RunIndex } from '../index/run-index.ts';
import { decodeFooter, type Footer } from '../journal/seal.ts';
import type { Damage, DumpedEntry, FileReport } from './types.ts';

/** Entries between which others get a turn. */
const BATCH_OF_ENTRIES = 512;
/** Bytes that may be looked at again and again for an entry behind a damaged one, as a multiple of the file. */
const SEARCH_SHARE = 8;

const KIND_NAMES = new Map(Object.entries(EntryKind).map(([name, kind]) => [kind as number, name.toLowerCase()]));

function kindName(kind: number): string {
  return KIND_NAMES.get(kind) ?? `kind ${kind}`;
}

/** Called for entries as they are found; resolves when it can take more. */
export type TakeEntries = (entries: readonly DumpedEntry[]) => Promise<void>;

/** What one pass over the entries of a file found. */
interface Walked {
  readonly damage: readonly Damage[];
  readonly counts: ReadonlyMap<string, number>;
  /** End of the last sound entry. */
  readonly end: number;
  readonly footer: Footer | null;
  readonly streams: number;
  readonly firstWrittenMs: number;
  readonly lastWrittenMs: number;
}

class JournalWalk {
  readonly #path: string;
  readonly #source: ScanSource;
  readonly #take: TakeEntries | null;
  readonly #damage: Damage[] = [];
  readonly #counts = new Map<string, number>();
  readonly #streams = new Set<number>();
  #pending: DumpedEntry[] = [];
  #footer: Footer | null = null;
  #sealStart = -1;
  #checkpoint: Buffer[] = [];
  #firstWrittenMs = 0;
  #lastWrittenMs = 0;
  #searchLeft: number;

  constructor(path: string, source: ScanSource, take: TakeEntries | null) {
    this.#path = path;
    this.#source = source;
    this.#take = take;
    this.#searchLeft = SEARCH_SHARE * source.size;
  }

  async walk(): Promise<Walked> {
    let end = FILE_HEADER_BYTES;
    for (;;) {
      let isFull = false;
      const from = end;
      end = await scanEntries(this.#source, end, (header, payload, position) => {
        this.#see(header, payload, position);
        isFull = this.#pending.length >= BATCH_OF_ENTRIES;
        return !isFull;
      });
      await this.#take?.(this.#pending);
      this.#pending = [];
      if (isFull) continue;
      const next = await this.#nextEntry(end === from ? aligned(end) + ENTRY_ALIGNMENT : aligned(end));
      if (next < 0) break;
      this.#addDamage(aligned(end), next);
      end = next;
    }
    await this.#checkSeal(end);
    return {
      damage: this.#damage,
      counts: this.#counts,
      end,
      footer: this.#footer,
      streams: this.#streams.size,
      firstWrittenMs: this.#firstWrittenMs,
      lastWrittenMs: this.#lastWrittenMs,
    };
  }

  #see(header: EntryHeader, payload: Buffer, position: number): void {
    const { kind, stream, baseOffset, offsetCount, leaderEpoch, maxTimestampMs, writtenMs, flags } = header;
    const name = kindName(kind);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (writtenMs > 0) {
      this.#firstWrittenMs ||= writtenMs;
      this.#lastWrittenMs = writtenMs;
    }
    if (stream !== 0) this.#streams.add(stream);
    const isOfSeal = kind === EntryKind.CHECKPOINT || kind === EntryKind.RUN_INDEX || kind === EntryKind.FOOTER;
    if (isOfSeal && this.#sealStart < 0) this.#sealStart = position;
    if (kind === EntryKind.CHECKPOINT) this.#checkpoint.push(Buffer.from(payload));
    if (kind === EntryKind.RUN_INDEX && RunIndex.decode(payload) === null) {
      this.#add(position, 'the run index makes no sense', true);
    }
    if (kind === EntryKind.FOOTER) {
      this.#footer = decodeFooter(payload);
      if (this.#footer === null) this.#add(position, 'the footer is of another version, or makes no sense', true);
    }
    if (this.#take === null) return;
    this.#pending.push({
      path: this.#path,
      position,
      kind: name,
      stream,
      baseOffset,
      endOffset: baseOffset + (kind === EntryKind.BATCH ? offsetCount : 0),
      leaderEpoch,
      maxTimestampMs,
      writtenMs,
      byteLength: payload.length - noteBytes(flags),
      isRecordBatch: holdsRecordBatch(flags),
      payload: Buffer.from(payload.subarray(0, payload.length - noteBytes(flags))),
    });
  }

  async #checkSeal(end: number): Promise<void> {
    const { size } = this.#source;
    if (this.#footer !== null && end < size) this.#add(end, `${size - end} bytes behind the footer`, true);
    if (this.#footer === null && this.#sealStart >= 0) this.#add(end, 'the seal has no footer', true);
    if (this.#checkpoint.length === 0) return;
    if ((await decodeCheckpoint(Buffer.concat(this.#checkpoint), new Directory())) === null) {
      this.#add(this.#sealStart, 'the checkpoint makes no sense', true);
    }
  }

  #addDamage(from: number, to: number): void {
    const isDerived = this.#sealStart >= 0 && from >= this.#sealStart;
    this.#add(from, `no sound entry up to position ${to}, where one follows`, isDerived);
  }

  #add(position: number, what: string, isDerived: boolean): void {
    this.#damage.push({ path: this.#path, position, what, isDerived });
  }

  /** Where the next sound entry starts, from `from` on; -1 when there is none. */
  async #nextEntry(from: number): Promise<number> {
    const walk = new EntryWalk(this.#source);
    for (
      let position = aligned(from);
      position + ENTRY_HEADER_BYTES <= this.#source.size;
      position += ENTRY_ALIGNMENT
    ) {
      if (this.#searchLeft <= 0) {
        this.#add(position, 'what lies behind was not looked at: it looks like an entry too often', false);
        return -1;
      }
      const plausible = await walk.plausible(position);
      if (plausible === null) continue;
      // Its checksum goes over the payload, which may be anything: not too often.
      this.#searchLeft -= ENTRY_HEADER_BYTES + plausible.payloadLength;
      if ((await walk.header(position)) !== null) return position;
    }
    return -1;
  }
}

async function tailOf(file: OpenFile, end: number, size: number): Promise<string> {
  const bytes = Buffer.alloc(256 * 1024);
  for (let at = end; at < size; at += bytes.length) {
    const read = await readFully(file, bytes, at);
    if (bytes.subarray(0, Math.min(read, size - at)).some((byte) => byte !== 0)) return 'bytes of no entry';
  }
  return end < size ? 'space made ready' : 'nothing';
}

/**
 * Reads a journal file whole.
 * @param sequence what its name says
 * @param take gets its entries; null only verifies
 */
export async function inspectJournalFile(
  files: Files,
  path: string,
  sequence: number | null,
  take: TakeEntries | null,
): Promise<FileReport> {
  const file = await files.open(path, 'read');
  try {
    const size = await file.size();
    const bytes = Buffer.alloc(FILE_HEADER_BYTES);
    await readFully(file, bytes, 0);
    const header = decodeFileHeader(bytes, crc32c);
    const report = { path, kind: 'journal', byteLength: size } as const;
    if (header === null || (sequence !== null && header.sequence !== sequence)) {
      const isEmpty = (await tailOf(file, 0, size)) !== 'bytes of no entry';
      const what = header === null ? 'the file header is damaged' : `the header says file ${header.sequence}`;
      const damage = isEmpty ? [] : [{ path, position: 0, what, isDerived: false }];
      return { ...report, version: null, facts: { state: isEmpty ? 'being made' : 'damaged' }, damage };
    }
    if (header.version > FORMAT_VERSION) {
      const damage = [
        { path, position: 8, what: 'a newer version wrote it, or its header is damaged', isDerived: false },
      ];
      return { ...report, version: header.version, facts: { state: 'of a newer version' }, damage };
    }
    const walked = await new JournalWalk(path, { file, salt: header.salt, size }, take).walk();
    const { footer, counts, end } = walked;
    const facts = {
      state: footer === null ? 'unsealed' : 'sealed',
      sequence: header.sequence,
      clusterId: header.clusterId,
      createdMs: header.createdMs,
      entries: [...counts.values()].reduce((sum, count) => sum + count, 0),
      ...Object.fromEntries(counts),
      streams: walked.streams,
      firstWrittenMs: walked.firstWrittenMs,
      lastWrittenMs: walked.lastWrittenMs,
      end,
      behindIt: await tailOf(file, end, size),
    };
    return { ...report, version: header.version, facts, damage: walked.damage };
  } finally {
    await file.close();
  }
}
