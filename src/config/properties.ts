/** Java's properties files: `key=value`, `key: value` or `key value`, comments, continued lines, escapes. */
import { ConfigError } from './config-error.ts';

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

/** @throws ConfigError for a character by its number that is none, which Java refuses */
function unescape(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g,
    (escape, code: string | undefined, character: string, at: number) => {
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      if (character !== 'u') return ESCAPES[character] ?? character;
      const written = text.slice(at, at + escape.length + 4);
      throw new ConfigError(
        `${written} is no \\uxxxx with four hexadecimal digits; a backslash itself is written \\\\`,
      );
    },
  );
}

/** Keys and values of a properties file; of a repeated key the last value counts. @throws ConfigError */
export function parseProperties(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of logicalLines(text.replace(/^\uFEFF/, ''))) {
    const match = /^((?:\\[\s\S]|[^\\=: \t\f])*)[ \t\f]*(?:[=:][ \t\f]*)?([\s\S]*)$/.exec(line);
    values.set(unescape(match?.[1] ?? ''), unescape(match?.[2] ?? ''));
  }
  return values;
}
