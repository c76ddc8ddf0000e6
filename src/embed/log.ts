/** Where a broker in a program logs to: nowhere, standard output, the program's console, or its pino. */
import {
  isWritten,
  type LineLevel,
  LineLogger,
  LOG_LEVELS,
  type LogFields,
  type Logger,
  type LogLevel,
  silentLogger,
} from '../base/logger.ts';

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

const METHODS = ['debug', 'info', 'warn', 'error'] as const;

/** Whether a value can be logged to. */
export function isLog(value: unknown): value is LogOption {
  if (typeof value === 'string') return LOG_LEVELS.includes(value as LogLevel);
  if (typeof value !== 'object' || value === null) return false;
  return METHODS.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** The logger that the broker writes to. */
export async function loggerFor(log: LogOption | undefined): Promise<Logger> {
  if (log === undefined || log === 'silent') return silentLogger;
  if (typeof log !== 'string')
    return 'child' in log ? toPino(log) : new ProgramLogger(toConsole(log), { level: 'debug' });
  const { createPinoLogger } = await import('../base/pino-logger.ts');
  const logger = createPinoLogger({ level: log });
  // Lines are kept until the library is there; nobody waits for it.
  void logger.open();
  return logger;
}

type Write = (level: LineLevel, event: string, message: string, fields: LogFields) => void;

/** A logger over a function that writes a line. Its children have its level. */
class ProgramLogger extends LineLogger {
  readonly #write: Write;
  readonly #shared: { level: LogLevel };
  readonly #fields: LogFields;

  constructor(write: Write, shared: { level: LogLevel }, fields: LogFields = {}) {
    super();
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

  child(fields: LogFields): Logger {
    return new ProgramLogger(this.#write, this.#shared, { ...this.#fields, ...fields });
  }

  protected override log(level: LineLevel, event: string, message: string, fields: LogFields | undefined): void {
    if (!isWritten(level, this.#shared.level)) return;
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
  return new ProgramLogger(
    (level, event, message, { error, ...fields }) =>
      logger[level]({ event, ...fields, ...(error !== undefined && { err: error }) }, message),
    { level: 'debug' },
  );
}
