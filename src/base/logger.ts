/** Structured logging: a level, an event in kebab-case, a sentence, and fields with units. */

export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Levels that a line can have. */
export type LineLevel = Exclude<LogLevel, 'silent'>;

/** From the least on. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** Levels of Kafka's loggers (log4j), and what they mean here. */
export const KAFKA_LOG_LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['TRACE', 'debug'],
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['ERROR', 'error'],
  ['FATAL', 'error'],
]);

/** Whether a logger of level `least` writes lines of `level`. */
export function isWritten(level: LineLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

/** Lines for people, JSON lines, or what suits where they go. */
export type LogFormat = 'auto' | 'text' | 'json';

export interface Logger {
  /** Least level that is written. Setting it sets it for all loggers made from the same one. */
  level: LogLevel;
  debug(event: string, message: string, fields?: LogFields): void;
  info(event: string, message: string, fields?: LogFields): void;
  warn(event: string, message: string, fields?: LogFields): void;
  error(event: string, message: string, fields?: LogFields): void;
  /** A logger whose lines all carry `fields`. */
  child(fields: LogFields): Logger;
}

/** Drops everything. */
export const silentLogger: Logger = {
  level: 'silent',
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/** A logger that does the same with lines of all levels. */
export abstract class LineLogger implements Logger {
  abstract level: LogLevel;

  /** Does it. */
  protected abstract log(level: LineLevel, event: string, message: string, fields: LogFields | undefined): void;

  abstract child(fields: LogFields): Logger;

  debug(event: string, message: string, fields?: LogFields): void {
    this.log('debug', event, message, fields);
  }

  info(event: string, message: string, fields?: LogFields): void {
    this.log('info', event, message, fields);
  }

  warn(event: string, message: string, fields?: LogFields): void {
    this.log('warn', event, message, fields);
  }

  error(event: string, message: string, fields?: LogFields): void {
    this.log('error', event, message, fields);
  }
}
