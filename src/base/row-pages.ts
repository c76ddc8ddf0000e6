/**
 * Numbers in rows and columns, for very many rows: eight columns lie together, so that what is known of one row is in one
 * or two lines of the processor's cache, and rows lie in pages, so that none is copied when others are added. A page that
 * holds zeros only is not made.
 */

const COLUMN_BITS = 3;
const COLUMNS = 2 ** COLUMN_BITS;
/** 256 KiB. */
const PAGE_BITS = 12;
const PAGE_ROWS = 2 ** PAGE_BITS;
const PAGE_MASK = PAGE_ROWS - 1;
/** Rows of the first page, which grows up to the size of the others: few rows take little. */
const FIRST_ROWS = 64;

const EMPTY = new Float64Array(0);

export class RowPages {
  readonly #pages: Float64Array[] = [];
  #columns = 0;

  /** Adds one of eight columns, of zeros. */
  column(): Column {
    if (this.#columns === COLUMNS) throw new RangeError('These rows have all their columns');
    return new Column(this, this.#pages, this.#columns++);
  }

  /** Bytes of all pages. */
  get memoryBytes(): number {
    return this.#pages.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Makes all columns of a row 0. */
  clear(row: number): void {
    const at = (row & PAGE_MASK) << COLUMN_BITS;
    this.#pages[row >>> PAGE_BITS]?.fill(0, at, at + COLUMNS);
  }

  /** The page of a row, made if need be. */
  page(row: number): Float64Array {
    const at = row >>> PAGE_BITS;
    while (this.#pages.length <= at) this.#pages.push(EMPTY);
    let page = this.#pages[at] as Float64Array;
    let rows = page.length / COLUMNS;
    if ((row & PAGE_MASK) < rows) return page;
    if (at === 0) for (rows = Math.max(FIRST_ROWS, rows); rows <= row; ) rows *= 2;
    else rows = PAGE_ROWS;
    const larger = new Float64Array(rows * COLUMNS);
    larger.set(page);
    page = larger;
    this.#pages[at] = page;
    return page;
  }
}

export class Column {
  readonly #rows: RowPages;
  readonly #pages: readonly Float64Array[];
  readonly #field: number;

  /** Use `RowPages.column`. */
  constructor(rows: RowPages, pages: readonly Float64Array[], field: number) {
    this.#rows = rows;
    this.#pages = pages;
    this.#field = field;
  }

  /** The number in a row; 0 where none was set. */
  get(row: number): number {
    const page = this.#pages[row >>> PAGE_BITS] ?? EMPTY;
    return page[((row & PAGE_MASK) << COLUMN_BITS) + this.#field] ?? 0;
  }

  set(row: number, value: number): void {
    const at = ((row & PAGE_MASK) << COLUMN_BITS) + this.#field;
    const page = this.#pages[row >>> PAGE_BITS];
    if (page !== undefined && at < page.length) page[at] = value;
    else if (value !== 0) this.#rows.page(row)[at] = value;
  }
}
