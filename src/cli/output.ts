/**
 * What commands print: lines for people, or JSON with `--json`, on standard output; what went wrong, and progress, on
 * standard error. Colours only where a terminal takes them.
 */
import { once } from 'node:events';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** A stream to write to, which may be a terminal. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export class Output {
  readonly #out: OutputStream;
  readonly #err: OutputStream;
  #mayColor: boolean;
  /** https://force-color.org: set, and not empty. */
  readonly #mustColor: boolean;
  /** One JSON object a line instead of lines for people. */
  isJson = false;
  /** Something was refused or not found; the command's exit code says so. */
  hasFailed = false;

  constructor(out: OutputStream, err: OutputStream, env: Readonly<Record<string, string | undefined>>) {
    this.#out = out;
    this.#err = err;
    // https://no-color.org: set, and not empty.
    this.#mayColor = !env['NO_COLOR'] && env['TERM'] !== 'dumb';
    this.#mustColor = Boolean(env['FORCE_COLOR']);
  }

  /** What the flags say that all commands have. */
  configure({ json = false, color = true }: { readonly json?: boolean; readonly color?: boolean }): void {
    this.isJson = json;
    this.#mayColor &&= color;
  }

  /** Somebody looks at standard output. */
  get isTerminal(): boolean {
    return this.#out.isTTY === true;
  }

  /** Somebody looks at standard error: where progress may be shown. */
  get isProgressShown(): boolean {
    return this.#err.isTTY === true;
  }

  /** Styles text for standard output. */
  style(style: Style, text: string): string {
    return (this.isTerminal || this.#mustColor) && this.#mayColor
      ? styleText(style, text, { validateStream: false })
      : text;
  }

  /** Prints as it is, waiting where whoever reads it is slow. */
  async write(text: string | Uint8Array): Promise<void> {
    if (text.length > 0 && !this.#out.write(text)) await once(this.#out, 'drain');
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** An object as one line of JSON. Integers beyond 2^53 are written as they are. */
  json(value: object): Promise<void> {
    return this.line(jsonText(value));
  }

  /** Columns, as wide as their widest cell; columns of numbers alone are set to the right. */
  async table(head: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
    const isNumeric = head.map((_, at) => {
      const cells = rows.map((row) => row[at] ?? '');
      return cells.every((cell) => /^[-\d.]*$/.test(cell)) && cells.some((cell) => /\d/.test(cell));
    });
    const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)));
    const text = (cells: readonly string[]): string =>
      cells
        .map((cell, at) => (isNumeric[at] === true ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
        .join('  ')
        .trimEnd();
    const lines = [this.style('bold', text(head)), ...rows.map(text)];
    await this.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Tells on standard error what went wrong; the program ends with an exit code that says so. */
  failure(text: string): void {
    this.hasFailed = true;
    this.warn(text);
  }

  /** Tells something on standard error. */
  warn(text: string): void {
    this.#err.write(`walka: ${text}\n`);
  }

  /** Tells on standard error how it went, where nobody asked for JSON. */
  note(text: string): void {
    if (!this.isJson) this.#err.write(`${text}\n`);
  }

  /** Puts text in place of the line that standard error ends with. */
  status(text: string): void {
    const width = this.#err.columns ?? 80;
    this.#err.write(`\r\u001b[2K${text.slice(0, width - 1)}`);
  }

  /** Resolves when everything is on its way. */
  async end(): Promise<void> {
    await new Promise<void>((resolve) => this.#out.write('', () => resolve()));
  }
}

/** JSON in which a bigint is a number. */
export function jsonText(value: object): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint'
      ? (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(member.toString())
      : member,
  );
}
