/** A logger that keeps warnings and errors, for tests of what is said. */
import { type LineLevel, LineLogger, type LogFields, type Logger } from '../../src/base/logger.ts';

export class Lines extends LineLogger {
  readonly lines: Array<{ readonly event: string; readonly message: string; readonly fields: LogFields }> = [];
  level = 'debug' as const;

  protected override log(level: LineLevel, event: string, message: string, fields: LogFields = {}): void {
    if (level === 'warn' || level === 'error') this.lines.push({ event, message, fields });
  }

  child(): Logger {
    return this;
  }
}
