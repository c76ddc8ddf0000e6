/** Where a broker in a program logs to: nowhere, standard output, the program's console, or its pino. */
import type { LogFields, Logger, LogLevel } from '../base/logger.ts';
import { silentLogger } from '../base/logger.ts';

/** What of a console is used; `console` itself is one. */
export interface ConsoleLike {
  debug(...data: unknown[]): void;
  info(...data: unknown[]): void;
  warn(...data: unknown[]): void;
  error(...data: unknown[]): void;
}

/** What of a pino logger is used. */
export interface PinoLike {
  level: string;
  child(bindings: Record<string, unknown>): PinoLike;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A level, whose lines go to standard output, or what is to write the lines. */
export type LogOption = LogLevel | ConsoleLike | PinoLike;

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];
const METHODS = ['debug', 'info', 'warn', 'error'] as const;

type LineLevel = (typeof METHODS)[number];

/** Whether a value can be logged to. */
export function isLog(value: unknown): value is LogOption {
  if (typeof value === 'string') return LEVELS.includes(value as LogLevel);
  if (typeof value !== 'object' || value === null) return false;
  return METHODS.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** The logger that the broker writes to. */
export async function loggerFor(log: LogOption | undefined): Promise<Logger> {
  if (log === undefined || log === 'silent') return silentLogger;
  if (typeof log !== 'string') return 'child' in log ? toPino(log) : new LineLogger(toConsole(log), { level: 'debug' });
  const { createPinoLogger } = await import('../base/pino-logger.ts');
  const logger = createPinoLogger({ level: log });
  // Lines are kept until the library is there; nobody waits for it.
  void logger.open();
  return logger;
}

type Write = (level: LineLevel, event: string, message: string, fields: LogFields) => void;

/** A logger over a function that writes a line. Its children have its level. */
class LineLogger implements Logger {
  readonly #write: Write;
  readonly #shared: { level: LogLevel };
  readonly #fields: LogFields;

  constructor(write: Write, shared: { level: LogLevel }, fields: LogFields = {}) {
    this.#write = write;
    this.#shared = shared;
    this.#fields = fields;
  }

  get level(): LogLevel {
    return this.#shared.level;
  }

  set level(level: LogLevel) {
    this.#shared.level = level;
  }

  debug(event: string, message: string, fields?: LogFields): void {
    this.#log('debug', event, message, fields);
  }

  info(event: string, message: string, fields?: LogFields): void {
    this.#log('info', event, message, fields);
  }

  warn(event: string, message: string, fields?: LogFields): void {
    this.#log('warn', event, message, fields);
  }

  error(event: string, message: string, fields?: LogFields): void {
    this.#log('error', event, message, fields);
  }

  child(fields: LogFields): Logger {
    return new LineLogger(this.#write, this.#shared, { ...this.#fields, ...fields });
  }

  #log(level: LineLevel, event: string, message: string, fields: LogFields | undefined): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.#shared.level)) return;
    this.#write(level, event, message, { ...this.#fields, ...fields });
  }
}

function toConsole(target: ConsoleLike): Write {
  return (level, _event, message, fields) => {
    if (Object.keys(fields).length === 0) target[level](`walka: ${message}`);
    else target[level](`walka: ${message}`, fields);
  };
}

/** Pino itself decides by its level; what errors are in the fields is serialized as it is set to do with `err`. */
function toPino(target: PinoLike): Logger {
  const logger = target.child({ name: 'walka' });
  return new LineLogger(
    (level, event, message, { error, ...fields }) =>
      logger[level]({ event, ...fields, ...(error !== undefined && { err: error }) }, message),
    { level: 'debug' },
  );
}
