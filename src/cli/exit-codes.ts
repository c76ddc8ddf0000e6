/** How the program ends, as the shell sees it. */
export const ExitCode = {
  OK: 0,
  /** Wrong flags or settings, or a topic command that failed. */
  USAGE: 1,
  /** Port in use, data directory locked, foreign or damaged. */
  CANNOT_START: 2,
  /** The journal could not be written or synced; what was acknowledged is safe to the level that was set. */
  JOURNAL_FAILED: 3,
  /** `wal verify` found damage. */
  DAMAGED: 4,
} as const;
