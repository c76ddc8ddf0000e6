/** A logger that keeps warnings and errors, for tests of what is said. */
import type { LogFields, Logger } from '../../src/base/logger.ts';

export class Lines implements Logger {
  readonly lines: Array<{ readonly event: string; readonly message: string; readonly fields: LogFields }> = [];
  level = 'debug' as const;

  debug(): void {}
  info(): void {}

  warn(event: string, message: string, fields: LogFields = {}): void {
    this.lines.push({ event, message, fields });
  }

  error(event: string, message: string, fields: LogFields = {}): void {
    this.lines.push({ event, message, fields });
  }

  child(): Logger {
    return this;
  }
}
