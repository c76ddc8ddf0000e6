/** What a program gives a broker's methods: who writes JavaScript has no compiler that tells what is wrong. */

/** `what` names the function, and what of it. @throws TypeError */
export function checkText(what: string, value: unknown): asserts value is string {
  if (typeof value === 'string') return;
  throw new TypeError(`${what} is text, not ${shown(value)}`);
}

/** @throws TypeError for what is no object of options */
export function checkOptionsObject(what: string, value: unknown): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new TypeError(`${what}: takes an object of options, not ${shown(value)}`);
}

/** A whole number from 0 on, such as an offset or a partition. */
export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** How a wrong value is shown: short, and on one line. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object';
  if (typeof value === 'number' || typeof value === 'symbol') return String(value);
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
