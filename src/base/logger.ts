/** Structured logging: a level, an event in kebab-case, a sentence, and fields with units. */

export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

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
