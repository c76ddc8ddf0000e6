/** One segment file as its readers hold it: where it lies, its open file, and the parts of its index. */
import type { OpenFile } from '../files/files.ts';
import type { SegmentDescriptor } from './descriptor.ts';
import type { PieceKind } from './index-piece.ts';
import { IndexPiece } from './index-piece.ts';
import { IndexPage } from './page.ts';
import { PageTable } from './page-table.ts';
import type { SegmentStore } from './store.ts';

const TABLE: PieceKind<PageTable> = { what: 'the table of its index', decode: PageTable.decode };
const PAGE: PieceKind<IndexPage> = { what: 'an index page', decode: IndexPage.decode };

export class SegmentFile {
  readonly path: string;
  readonly descriptor: SegmentDescriptor;
  readonly #store: SegmentStore;
  /** Bytes that this process had written to the journal when the file was made; 0: that was before it started. */
  readonly bornAt: number;
  handle: OpenFile | null = null;
  opening: Promise<OpenFile> | null = null;
  /** It is not opened any more. */
  isClosed = false;
  /** Reads under way: the file is not closed while there are any. */
  reads = 0;
  damaged: Set<number> | null = null;
  readonly table: IndexPiece<PageTable>;
  /** By row of the table; those that were asked for. */
  readonly #pages = new Map<number, IndexPiece<IndexPage>>();

  constructor(store: SegmentStore, path: string, descriptor: SegmentDescriptor) {
    this.#store = store;
    this.path = path;
    this.descriptor = descriptor;
    this.bornAt = store.stats.bytesWritten;
    const { tablePosition, tableBytes } = descriptor;
    this.table = new IndexPiece(store, this, TABLE, { position: tablePosition, byteLength: tableBytes });
  }

  page(table: PageTable, row: number): IndexPiece<IndexPage> {
    let piece = this.#pages.get(row);
    if (piece === undefined) {
      const place = { position: table.position[row] as number, byteLength: table.byteLength[row] as number };
      piece = new IndexPiece(this.#store, this, PAGE, place);
      this.#pages.set(row, piece);
    }
    return piece;
  }

  /** Drops what of the index is in memory. */
  forgetIndex(): void {
    this.table.forget();
    for (const page of this.#pages.values()) page.forget();
  }
}
