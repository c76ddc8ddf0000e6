/** Numbers as people read them. */

/** Three digits that count. */
export function show(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** `1.23×`; of ten and more without a digit after the point. */
export function showRatio(ratio: number): string {
  if (ratio > 0 && ratio < 0.1) return `${ratio.toFixed(3)}×`;
  return Number.isFinite(ratio) ? `${show(ratio)}×` : '–';
}
