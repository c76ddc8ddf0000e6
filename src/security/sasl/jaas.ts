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
/** A word, `=`, `;`, or a text in quotes in which a backslash takes what follows as it is. */
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([=;])|([^\s"'=;]+))/suy;

interface Token {
  readonly text: string;
  readonly isWord: boolean;
}

function tokensOf(text: string): Token[] {
  const source = text.trim();
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw new JaasError(`at character ${at + 1}: a quotation mark that is not closed`);
    const [, double, single, mark, word] = match;
    const quoted = double ?? single;
    tokens.push(
      quoted === undefined
        ? { text: mark ?? word ?? '', isWord: mark === undefined }
        : { text: quoted.replaceAll(/\\(.)/gsu, '$1'), isWord: true },
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
