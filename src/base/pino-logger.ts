/**
 * The logger that writes: JSON lines by pino, or lines for people where standard output is a terminal. Both libraries
 * are loaded on demand, so that they do not delay the start; lines logged before are kept with their time.
 */
import { monotonicMs, startTimeout, stopTimeout, wallClockMs } from './real-time.ts';
import type { EventEmitter } from 'node:events';
import type { DestinationStream } from 'pino';
import {
  isWritten,
  type LineLevel,
  LineLogger,
  type LogFields,
  type LogFormat,
  type Logger,
  type LogLevel,
} from './logger.ts';

export type { LogLevel } from './logger.ts';

interface Line {
  readonly level: LineLevel;
  readonly timeMs: number;
  readonly fields: LogFields;
  readonly message: string;
}

/** Where lines go once the library is there. */
interface Sink {
  write(line: Line): void;
  /** Resolves when what is buffered is written, or nobody takes it. */
  flush(): Promise<void>;
}

export interface PinoLoggerOptions {
  readonly level: LogLevel;
  /** Default auto: text where standard output is a terminal. */
  readonly format?: LogFormat;
  /** File descriptor. Default: standard output. */
  readonly fd?: number;
}

export interface OwnedLogger extends Logger {
  /** Loads the library and writes what was kept; later lines are written as they come. Idempotent. */
  open(): Promise<void>;
  /** Loads the library if need be and writes everything at once: before the process ends. */
  flush(): Promise<void>;
}

/** Longest wait for a reader of our output that does not take it, in ms; at the end of the process as well. */
const FLUSH_LIMIT_MS = 500;
/** Most characters that wait for such a reader; further lines are dropped. */
const MAX_WAITING_LENGTH = 1024 * 1024;

/** What pino writes to; it calls `flushSync` at the end of the process, and `retryEAGAIN` while a pipe is full. */
type Destination = DestinationStream & EventEmitter & { flushSync: () => void; retryEAGAIN?: () => boolean };

/** A full disk may have room again. */
const PASSING_FAILURES: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Writes to a descriptor without ever blocking the broker or ending it: when the reader is gone, so are the lines; when
 * the disk is full, they wait (`MAX_WAITING_LENGTH` of them) and the next line tries again.
 */
class Output {
  readonly #destination: Destination;
  #waitingBytes = 0;
  #isGone = false;
  /** The last attempt failed. */
  #isFailing = false;
  /** Somebody waited for the reader, and the reader took nothing. */
  #isStuck = false;
  /** Nothing is tried before the next line. */
  #isResting = false;
  #onIdle: (() => void) | null = null;

  constructor(destination: Destination) {
    this.#destination = destination;
    const flushSync = destination.flushSync.bind(destination);
    // Pino's own tries again for ever: the process would not end before there is room.
    destination.flushSync = () => {
      if (this.#isFailing || this.#isStuck) return;
      const endMs = monotonicMs() + FLUSH_LIMIT_MS;
      destination.retryEAGAIN = () => monotonicMs() < endMs;
      try {
        flushSync();
      } catch {
        // What nobody takes is lost with the process.
      }
    };
    destination.on('write', (byteLength: number) => {
      this.#isFailing = this.#isStuck = false;
      this.#took(byteLength);
    });
    destination.on('drop', (text: string) => this.#took(Buffer.byteLength(text)));
    destination.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.#isFailing = this.#isResting = true;
      this.#isGone = !PASSING_FAILURES.has(code);
      this.#onIdle?.();
    });
  }

  write(text: string): void {
    if (this.#isGone) return;
    this.#waitingBytes += Buffer.byteLength(text);
    this.#isResting = false;
    this.#destination.write(text);
  }

  /** Resolves when all is written, or cannot be. */
  async flush(): Promise<void> {
    if (this.#isResting || this.#waitingBytes === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = startTimeout(() => {
      this.#isStuck = true;
      resolve();
    }, FLUSH_LIMIT_MS);
    this.#onIdle = resolve;
    await promise;
    stopTimeout(timer);
  }

  #took(byteLength: number): void {
    this.#waitingBytes -= byteLength;
    if (this.#waitingBytes === 0) this.#onIdle?.();
  }
}

async function openSink(options: PinoLoggerOptions): Promise<Sink> {
  const { pino } = await import('pino');
  const destination = pino.destination({ fd: options.fd ?? 1, sync: false, maxLength: MAX_WAITING_LENGTH });
  const output = new Output(destination as Destination);
  let through = { write: (text: string) => output.write(text) };
  const { format = 'auto' } = options;
  if (format === 'text' || (format === 'auto' && process.stdout.isTTY)) {
    const { prettyFactory } = await import('pino-pretty');
    const pretty = prettyFactory({
      // https://no-color.org and https://force-color.org: set, and not empty.
      colorize: (process.stdout.isTTY || Boolean(process.env['FORCE_COLOR'])) && !process.env['NO_COLOR'],
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss.l',
      ignore: 'event',
    });
    through = { write: (text) => output.write(pretty(text)) };
  }
  let timeMs = 0;
  const pinoOptions = {
    base: null,
    level: 'debug',
    timestamp: () => `,"time":${timeMs}`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.err },
  };
  const logger = pino(pinoOptions, through);
  return {
    write: (line) => {
      timeMs = line.timeMs;
      logger[line.level](line.fields, line.message);
    },
    flush: () => output.flush(),
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
    if (!isWritten(level, this.level)) return;
    const line = { level, timeMs: wallClockMs(), fields, message };
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
    await this.#sink?.flush();
  }
}

class PinoLogger extends LineLogger implements OwnedLogger {
  readonly #writer: LineWriter;
  readonly #fields: LogFields;

  constructor(writer: LineWriter, fields: LogFields) {
    super();
    this.#writer = writer;
    this.#fields = fields;
  }

  get level(): LogLevel {
    return this.#writer.level;
  }

  set level(level: LogLevel) {
    this.#writer.level = level;
  }

  protected override log(level: LineLevel, event: string, message: string, fields: LogFields | undefined): void {
    this.#writer.log(level, message, { event, ...this.#fields, ...fields });
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
