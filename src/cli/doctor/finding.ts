/** What `walka doctor` finds. */

export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** Problem: it will not work. Hint: it will hurt, or may be meant otherwise. */
  readonly level: 'ok' | 'hint' | 'problem';
  readonly message: string;
  /** How to mend it; null where there is nothing to mend. */
  readonly fix: string | null;
}

export function ok(check: string, message: string): Finding {
  return { check, level: 'ok', message, fix: null };
}

export function hint(check: string, message: string, fix: string): Finding {
  return { check, level: 'hint', message, fix };
}

export function problem(check: string, message: string, fix: string): Finding {
  return { check, level: 'problem', message, fix };
}
