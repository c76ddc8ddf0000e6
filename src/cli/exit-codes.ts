/** How the program ends, as the shell sees it. docs/terminal.md has them, too. */
export const ExitCode = {
  OK: 0,
  /** Wrong flags or settings, or something that a command asked for was refused, not found or not answered. */
  USAGE: 1,
  /** Port in use, data directory locked, foreign or damaged. */
  CANNOT_START: 2,
  /** The journal could not be written or synced; what was acknowledged is safe to the level that was set. */
  JOURNAL_FAILED: 3,
  /** `wal verify` found damage, `doctor` found problems. */
  DAMAGED: 4,
  /** Ended by SIGTERM, which a broker takes for OK; and by Ctrl-C. */
  TERMINATED: 143,
  INTERRUPTED: 130,
} as const;
