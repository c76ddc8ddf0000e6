/** Compose files as far as they say what a container's program is given: its environment and its command. */
import assert from 'node:assert/strict';
import { parse } from 'yaml';

export type Variables = Readonly<Record<string, string>>;

export interface Service {
  readonly image?: string;
  readonly environment: Variables;
  readonly ports: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

const asObject = (value: unknown): Raw => (value ?? {}) as Raw;

/** `${NAME}`, `${NAME:-default}`, `${NAME-default}` and `$NAME` from the shell's variables; `$$` is a dollar. */
function interpolated(text: string, shell: Variables): string {
  const reference = /\$(?:\$|\{(\w+)(?:(:?-)([^}]*))?\}|(\w+))/g;
  return text.replace(reference, (all, braced?: string, operator?: string, otherwise = '', bare?: string) => {
    if (all === '$$') return '$';
    const value = shell[braced ?? bare ?? ''];
    return value === undefined || (operator === ':-' && value === '') ? otherwise : value;
  });
}

/** Both forms of YAML for it, a list of NAME=value and a map; a name without a value is the shell's, or none. */
function environmentOf(raw: unknown, shell: Variables): Variables {
  const entries: (readonly [string, unknown])[] = Array.isArray(raw)
    ? raw.map((line: unknown) => {
        const text = String(line);
        const at = text.indexOf('=');
        return at < 0 ? ([text, undefined] as const) : ([text.slice(0, at), text.slice(at + 1)] as const);
      })
    : Object.entries(asObject(raw));
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      if (value === undefined || value === null) return name in shell ? [[name, shell[name] ?? '']] : [];
      return [[name, interpolated(String(value), shell)]];
    }),
  );
}

export interface ComposeFile {
  readonly services: ReadonlyMap<string, Service>;
  /** What the file says of itself under `x-walka`. */
  readonly expected: unknown;
}

/** @param shell variables of who runs `docker compose` */
export function readCompose(text: string, shell: Variables = {}): ComposeFile {
  const file = asObject(parse(text, { merge: true }));
  const services = Object.entries(asObject(file['services'])).map(([name, raw]) => {
    const { image, environment, ports } = asObject(raw);
    const service: Service = {
      ...(typeof image === 'string' ? { image } : {}),
      environment: environmentOf(environment, shell),
      ports: Array.isArray(ports) ? ports.map(String) : [],
    };
    return [name, service] as const;
  });
  assert(services.length > 0, 'a compose file has services');
  return { services: new Map(services), expected: file['x-walka'] };
}
