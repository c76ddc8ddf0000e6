/**
 * The JAAS file that Java is told of by `-Djava.security.auth.login.config=FILE`, which images have in KAFKA_OPTS: its
 * sections `KafkaServer` and `LISTENER.KafkaServer` are what settings call sasl.jaas.config.
 */
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/config-error.ts';

const OPTION = /(?:^|\s)-Djava\.security\.auth\.login\.config=(?:"([^"]*)"|'([^']*)'|(\S+))/;
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`;
const COMMENT = new RegExp(String.raw`(${QUOTED})|/\*[\s\S]*?\*/|//[^\n]*`, 'gsu');
const SECTION = new RegExp(String.raw`\s*([\w.-]+)\s*\{((?:${QUOTED}|[^"'{}])*)\}\s*;?\s*`, 'suy');

/** The file's path, or null where Java's options name none. */
export function jaasFileOf(javaOptions: string): string | null {
  const [, double, single, plain] = OPTION.exec(javaOptions) ?? [];
  const path = double ?? single ?? plain;
  return path === undefined ? null : path.replace(/^file:(?=\/)/, '');
}

/** Sections by name. @throws ConfigError, which shows nothing of the file: there are passwords in it */
function jaasSections(text: string, path: string): ReadonlyMap<string, string> {
  const source = text.replaceAll(COMMENT, (_, quoted: string | undefined) => quoted ?? ' ').trim();
  const sections = new Map<string, string>();
  for (SECTION.lastIndex = 0; SECTION.lastIndex < source.length; ) {
    const match = SECTION.exec(source);
    if (match === null) {
      const place = `section ${sections.size + 1}`;
      throw new ConfigError(
        `KAFKA_OPTS: ${path}: ${place} is not of the form KafkaServer { LoginModule required …; };`,
      );
    }
    const [, name = '', body = ''] = match;
    sections.set(name, body.trim());
  }
  return sections;
}

/**
 * Settings that the file stands for, by name.
 * @throws ConfigError where it cannot be read
 */
export function jaasSettings(path: string): ReadonlyMap<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new ConfigError(`KAFKA_OPTS: java.security.auth.login.config is ${path}, which cannot be read (${code})`);
  }
  const settings = new Map<string, string>();
  for (const [name, body] of jaasSections(text, path)) {
    if (name === 'KafkaServer') settings.set('sasl.jaas.config', body);
    const [, listener] = /^(.+)\.KafkaServer$/.exec(name) ?? [];
    if (listener !== undefined) settings.set(`listener.name.${listener.toLowerCase()}.sasl.jaas.config`, body);
  }
  return settings;
}
