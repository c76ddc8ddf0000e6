/** Durations as ISO 8601 and Java's Duration write them: days, hours, minutes and seconds, `P1DT2H3M4.5S`. */

const DURATION =
  /^([+-]?)P(?:([+-]?\d+)D)?(?:T(?=[+-]?\d)(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:[.,]\d{0,9})?)S)?)?$/i;

function number(part: string | undefined): number {
  return Number((part ?? '0').replace(',', '.'));
}

/** Whole milliseconds, or null for what is no duration. */
export function parseIsoDuration(text: string): number | null {
  const match = DURATION.exec(text);
  if (match === null) return null;
  const [, sign, days, hours, minutes, seconds] = match;
  if (days === undefined && hours === undefined && minutes === undefined && seconds === undefined) return null;
  const total = ((number(days) * 24 + number(hours)) * 60 + number(minutes)) * 60 + number(seconds);
  return Math.floor(total * 1000) * (sign === '-' ? -1 : 1);
}
