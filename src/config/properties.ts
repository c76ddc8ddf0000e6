/** Java's properties files: `key=value`, `key: value` or `key value`, comments, continued lines, escapes. */

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** Lines with continuations joined; comments and blank lines left out. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | null = null;
  for (const natural of text.split(/\r\n|[\r\n]/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (open === null && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue;
    const backslashes = /\\*$/.exec(line)?.[0].length ?? 0;
    const continued = backslashes % 2 === 1;
    const content: string = (open ?? '') + (continued ? line.slice(0, -1) : line);
    if (continued) {
      open = content;
    } else {
      lines.push(content);
      open = null;
    }
  }
  if (open !== null && open !== '') lines.push(open);
  return lines;
}

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code: string | undefined, character: string) =>
    code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Keys and values of a properties file; of a repeated key the last value counts. */
export function parseProperties(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of logicalLines(text.replace(/^\uFEFF/, ''))) {
    const match = /^((?:\\[\s\S]|[^\\=: \t\f])*)[ \t\f]*(?:[=:][ \t\f]*)?([\s\S]*)$/.exec(line);
    values.set(unescape(match?.[1] ?? ''), unescape(match?.[2] ?? ''));
  }
  return values;
}
