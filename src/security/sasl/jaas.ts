/**
 * JAAS as Kafka's settings have it: `LoginModule required key="value" … ;`, for `plain.sasl.jaas.config` and its like.
 */

export interface JaasEntry {
  /** Class of the login module. */
  readonly module: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Not what JAAS looks like; says where, and never what stands there, which may be a password. */
export class JaasError extends Error {
  override readonly name = 'JaasError';
}

const FLAGS: ReadonlySet<string> = new Set(['required', 'requisite', 'sufficient', 'optional']);
/** Blanks and comments. */
const BLANKS = /(?:\s|\/\/[^\n]*|\/\*.*?\*\/)*/suy;
/** A word, `=`, `;`, or a text in quotes with escapes. */
const TOKEN = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([=;])|([^\s"'=;]+)/suy;
/** As Java's; a backslash before anything else takes that as it is. */
const ESCAPE = /\\(?:([0-3][0-7]{0,2}|[4-7][0-7]?)|(.))/gsu;
const ESCAPED: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

interface Token {
  readonly text: string;
  readonly isWord: boolean;
}

function unescaped(text: string): string {
  return text.replaceAll(ESCAPE, (_, octal: string | undefined, letter = '') =>
    octal === undefined ? (ESCAPED.get(letter) ?? letter) : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Where the next token begins. */
function tokenAfter(source: string, at: number): number {
  BLANKS.lastIndex = at;
  BLANKS.exec(source);
  return BLANKS.lastIndex;
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  for (let at = tokenAfter(source, 0); at < source.length; at = tokenAfter(source, TOKEN.lastIndex)) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (match === null) throw new JaasError(`at character ${at + 1}: a quotation mark that is not closed`);
    const [, double, single, mark, word] = match;
    const quoted = double ?? single;
    tokens.push(
      quoted === undefined
        ? { text: mark ?? word ?? '', isWord: mark === undefined }
        : { text: unescaped(quoted), isWord: true },
    );
  }
  return tokens;
}

/** @throws JaasError */
export function parseJaas(text: string): JaasEntry[] {
  const tokens = tokensOf(text);
  const entries: JaasEntry[] = [];
  let at = 0;
  const next = (): Token => tokens[at++] ?? { text: '', isWord: false };
  while (at < tokens.length) {
    const module = next();
    const flag = next();
    const where = `login module ${entries.length + 1}`;
    if (!module.isWord) throw new JaasError(`${where} is missing`);
    if (!FLAGS.has(flag.text.toLowerCase())) throw new JaasError(`after ${where} "required" is missing`);
    const options = new Map<string, string>();
    for (let key = next(); key.text !== ';' || key.isWord; key = next()) {
      if (!key.isWord) throw new JaasError(`the options of ${where} do not end with ";"`);
      const equals = next();
      const value = next();
      if (equals.isWord || equals.text !== '=' || !value.isWord) {
        throw new JaasError(`option ${options.size + 1} of ${where} is not of the form name="value"`);
      }
      options.set(key.text, value.text);
    }
    entries.push({ module: module.text, options });
  }
  return entries;
}

/** Passwords by user, of the options `user_NAME="password"` of Kafka's PlainLoginModule. */
export function plainUsers({ options }: JaasEntry): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const [name, password] of options) {
    if (name.startsWith('user_')) users.set(name.slice('user_'.length), password);
  }
  return users;
}
