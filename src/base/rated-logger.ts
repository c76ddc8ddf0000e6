/**
 * A logger for lines that clients can cause as often as they like: of each event, the first lines in a window of time are
 * written, then one that counts the rest. So whoever attacks a broker does not fill its disk, and what somebody else did
 * is not lost among a million lines. Each line is one, whatever names are in it.
 */
import type { Clock } from './clock.ts';
import { type LineLevel, LineLogger, type LogFields, type Logger, type LogLevel } from './logger.ts';

const WINDOW_MS = 10_000;
/** Lines of one event in a window. */
const MAX_LINES = 20;

/** Line ends and whatever else is no letter. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/** Lines of one event in the window at hand. */
interface Count {
  readonly level: LineLevel;
  lines: number;
}

/** What a logger and its children share. */
interface Shared {
  readonly clock: Clock;
  readonly counts: Map<string, Count>;
}

/** Limits `logger`, and all loggers made from the result together. Lines of level debug pass. */
export function ratedLogger(logger: Logger, clock: Clock): Logger {
  return new RatedLogger(logger, { clock, counts: new Map() });
}

/** Nobody begins a line of his own, or colours one, by the name of a topic that is not there. */
function oneLine(message: string): string {
  return message.replaceAll(CONTROLS, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

class RatedLogger extends LineLogger {
  readonly #logger: Logger;
  readonly #shared: Shared;

  constructor(logger: Logger, shared: Shared) {
    super();
    this.#logger = logger;
    this.#shared = shared;
  }

  get level(): LogLevel {
    return this.#logger.level;
  }

  set level(level: LogLevel) {
    this.#logger.level = level;
  }

  protected override log(level: LineLevel, event: string, message: string, fields: LogFields | undefined): void {
    if (level === 'debug' || this.#mayWrite(level, event)) this.#logger[level](event, oneLine(message), fields);
  }

  child(fields: LogFields): Logger {
    return new RatedLogger(this.#logger.child(fields), this.#shared);
  }

  #mayWrite(level: LineLevel, event: string): boolean {
    const { clock, counts } = this.#shared;
    if (counts.size === 0) clock.setTimer(WINDOW_MS, () => this.#endWindow());
    const count = counts.get(event) ?? { level, lines: 0 };
    counts.set(event, count);
    count.lines += 1;
    return count.lines <= MAX_LINES;
  }

  #endWindow(): void {
    const { counts } = this.#shared;
    for (const [event, { level, lines }] of counts) {
      const leftOut = lines - MAX_LINES;
      if (leftOut <= 0) continue;
      const message = `${leftOut} more such lines (${event}) in the last ${WINDOW_MS / 1000} s were left out`;
      this.#logger[level]('lines-left-out', message, { of: event, leftOut });
    }
    counts.clear();
  }
}
