/** 32 bits, unsigned, of a whole number: those of numbers that follow each other share neither their low nor their high ones. */
export function numberHash(key: number): number {
  const low = key | 0;
  const h = Math.imul(low === key ? low : low ^ Math.imul((key / 2 ** 32) | 0, 0x85ebca6b), 0x9e3779b1);
  return (h ^ (h >>> 15)) >>> 0;
}
