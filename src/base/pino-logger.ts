/**
 * The logger that writes: JSON lines by pino, or lines for people where standard output is a terminal. Both libraries
 * are loaded on demand, so that they do not delay the start; lines logged before are kept with their time.
 */
import type { LogFields, Logger, LogLevel } from './logger.ts';

export type { LogLevel } from './logger.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

type LineLevel = Exclude<LogLevel, 'silent'>;

interface Line {
  readonly level: LineLevel;
  readonly timeMs: number;
  readonly fields: LogFields;
  readonly message: string;
}

/** Where lines go once the library is there. */
interface Sink {
  write(line: Line): void;
  /** Writes what is buffered, at once. */
  flush(): void;
}

export interface PinoLoggerOptions {
  readonly level: LogLevel;
  /** For people instead of machines. Default: whether standard output is a terminal. */
  readonly pretty?: boolean;
  /** File descriptor. Default: standard output. */
  readonly fd?: number;
}

export interface OwnedLogger extends Logger {
  /** Loads the library and writes what was kept; later lines are written as they come. Idempotent. */
  open(): Promise<void>;
  /** Loads the library if need be and writes everything at once: before the process ends. */
  flush(): Promise<void>;
}

async function openSink(options: PinoLoggerOptions): Promise<Sink> {
  const { pino } = await import('pino');
  const fd = options.fd ?? 1;
  let timeMs = 0;
  const pinoOptions = {
    base: null,
    level: 'debug',
    timestamp: () => `,"time":${timeMs}`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.err },
  };
  if (options.pretty ?? process.stdout.isTTY) {
    const { prettyFactory } = await import('pino-pretty');
    const pretty = prettyFactory({
      colorize: true,
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss.l',
      ignore: 'event',
    });
    const destination = pino.destination({ fd, sync: true });
    destination.on('error', () => {});
    const through = { write: (text: string) => void destination.write(pretty(text)) };
    const logger = pino(pinoOptions, through);
    return {
      write: (line) => {
        timeMs = line.timeMs;
        logger[line.level](line.fields, line.message);
      },
      flush: () => destination.flushSync(),
    };
  }
  const destination = pino.destination({ fd, sync: false });
  // A reader of our output that went away must not end the broker.
  destination.on('error', () => {});
  const logger = pino(pinoOptions, destination);
  return {
    write: (line) => {
      timeMs = line.timeMs;
      logger[line.level](line.fields, line.message);
    },
    flush: () => destination.flushSync(),
  };
}

/** Most lines kept while the library is not loaded; older ones go first. */
const MAX_KEPT_LINES = 1000;

/** Shared by a logger and its children. */
class LineWriter {
  readonly #options: PinoLoggerOptions;
  level: LogLevel;
  #kept: Line[] = [];
  #sink: Sink | null = null;
  #opening: Promise<void> | null = null;

  constructor(options: PinoLoggerOptions) {
    this.#options = options;
    this.level = options.level;
  }

  log(level: LineLevel, message: string, fields: LogFields): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.level)) return;
    const line = { level, timeMs: Date.now(), fields, message };
    if (this.#sink !== null) {
      this.#sink.write(line);
      return;
    }
    this.#kept.push(line);
    if (this.#kept.length > MAX_KEPT_LINES) this.#kept.shift();
  }

  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<void> {
    const sink = await openSink(this.#options);
    this.#sink = sink;
    for (const line of this.#kept) sink.write(line);
    this.#kept = [];
  }

  async flush(): Promise<void> {
    if (this.#sink === null && this.#kept.length === 0) return;
    await this.open();
    try {
      this.#sink?.flush();
    } catch {
      // Standard output is gone: there is nobody to tell.
    }
  }
}

class PinoLogger implements OwnedLogger {
  readonly #writer: LineWriter;
  readonly #fields: LogFields;

  constructor(writer: LineWriter, fields: LogFields) {
    this.#writer = writer;
    this.#fields = fields;
  }

  get level(): LogLevel {
    return this.#writer.level;
  }

  set level(level: LogLevel) {
    this.#writer.level = level;
  }

  #log(level: LineLevel, event: string, message: string, fields: LogFields | undefined): void {
    this.#writer.log(level, message, { event, ...this.#fields, ...fields });
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
    return new PinoLogger(this.#writer, { ...this.#fields, ...fields });
  }

  open(): Promise<void> {
    return this.#writer.open();
  }

  flush(): Promise<void> {
    return this.#writer.flush();
  }
}

/** A logger that keeps its lines until `open` or `flush` is called. */
export function createPinoLogger(options: PinoLoggerOptions): OwnedLogger {
  return new PinoLogger(new LineWriter(options), {});
}
