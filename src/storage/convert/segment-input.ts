/** The segment files of a layer as a merge reads them: table, index pages and blocks one after the other. */
import type { Files, OpenFile } from '../files/files.ts';
import { readFullySync } from '../files/files.ts';
import { blockCrc, decompressBlock } from '../segment/block.ts';
import { IndexPage } from '../segment/page.ts';
import { BLOCK_COMPRESSED } from '../segment/page-format.ts';
import { PageTable } from '../segment/page-table.ts';
import { DamagedInput } from './input.ts';
import type { LayerInput, SegmentInput } from './types.ts';

/** An open segment file with the table of its pages. */
export interface OpenSegment {
  readonly input: SegmentInput;
  readonly file: OpenFile;
  readonly table: PageTable;
}

/** Opens the files of a layer. @throws DamagedInput; errors of the disk */
export async function openLayer(files: Files, { segments }: LayerInput): Promise<OpenSegment[]> {
  const opened: OpenSegment[] = [];
  try {
    for (const input of segments) {
      const file = await files.open(input.path, 'read');
      opened.push({ input, file, table: readTable(file, input) });
    }
    return opened;
  } catch (error) {
    for (const { file } of opened) await file.close();
    throw error;
  }
}

function readTable(file: OpenFile, { path, descriptor }: SegmentInput): PageTable {
  const { tablePosition, tableBytes, salt, firstStream } = descriptor;
  const bytes = Buffer.from(new ArrayBuffer(tableBytes));
  readFullySync(file, bytes, tablePosition);
  const table = PageTable.decode(bytes, salt, tablePosition);
  if (table === null) throw new DamagedInput({ path, position: tablePosition, stream: firstStream });
  return table;
}

/** @throws DamagedInput */
export function readPage({ input, file, table }: OpenSegment, row: number): IndexPage {
  const position = table.position[row] as number;
  const bytes = Buffer.from(new ArrayBuffer(table.byteLength[row] as number));
  readFullySync(file, bytes, position);
  const page = IndexPage.decode(bytes, input.descriptor.salt, position);
  if (page !== null) return page;
  throw new DamagedInput({ path: input.path, position, stream: table.firstStream[row] as number });
}

/** The batches of a block, its checksum checked. @throws DamagedInput */
export function readBlock(
  { input, file }: Pick<OpenSegment, 'input' | 'file'>,
  page: IndexPage,
  block: number,
  stream: number,
): Buffer {
  const { blocks } = page;
  const position = blocks.position[block] as number;
  const stored = Buffer.allocUnsafeSlow(blocks.storedBytes[block] as number);
  const read = readFullySync(file, stored, position);
  const isSound =
    read === stored.length && blockCrc(stored, input.descriptor.salt, position) === (blocks.crc[block] as number);
  const isCompressed = ((blocks.flags[block] as number) & BLOCK_COMPRESSED) !== 0;
  const rawBytes = blocks.rawBytes[block] as number;
  let raw: Buffer | null = null;
  if (isSound) raw = isCompressed ? decompressBlock(stored, rawBytes) : stored;
  if (raw === null || raw.length !== rawBytes) throw new DamagedInput({ path: input.path, position, stream });
  return raw;
}
