/** Floating-point numbers as Java reads and prints them. */

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[fd]?$/i;
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]+\.?|[0-9a-f]*\.[0-9a-f]+)p([+-]?\d+)[fd]?$/i;
const NAMED = /^[+-]?(?:NaN|Infinity)$/;

/** The number that a text is to Java's Double.parseDouble, or null: also `1d`, `.5f`, `0x1p-1`, `NaN`. */
export function parseDouble(text: string): number | null {
  if (DECIMAL.test(text)) return Number(text.replace(/[fd]$/i, ''));
  if (NAMED.test(text)) return Number(text.replace(/^[+-](?=NaN)/, ''));
  const [, sign, mantissa = '', exponent] = HEXADECIMAL.exec(text) ?? [];
  if (exponent === undefined) return null;
  const [whole = '', fraction = ''] = mantissa.split('.');
  const size = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -size : size;
}

/** What Java's Double.toString prints: `1.0`, `0.001`, `1.0E7`. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size === 0 || (size >= 0.001 && size < 10_000_000))
    return /\./.test(String(value)) ? String(value) : `${value}.0`;
  const short = value.toExponential();
  const [mantissa, exponent] = (short.includes('.') ? short : value.toExponential(1)).split('e');
  return `${mantissa}E${Number(exponent)}`;
}
