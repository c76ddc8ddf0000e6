/** Bytes to store that compress as much as what people store does; the same for the same seed. */

const LEVELS = ['INFO', 'INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR'];
const WORDS = 'request session order payment invoice customer shipment retry timeout accepted rejected cache'.split(
  ' ',
);

/** Numbers from 0 to 2^32 - 1. */
function numbers(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

function filled(byteLength: number, line: (next: () => number, index: number) => string, seed: number): Buffer {
  const next = numbers(seed);
  const lines: string[] = [];
  for (let length = 0, index = 0; length < byteLength; index++) {
    const text = line(next, index);
    lines.push(text);
    length += text.length;
  }
  return Buffer.from(lines.join('')).subarray(0, byteLength);
}

function word(next: () => number): string {
  return WORDS[next() % WORDS.length] as string;
}

/** Events as JSON. */
export function jsonLike(byteLength: number, seed = 1): Buffer {
  return filled(
    byteLength,
    (next, index) =>
      `{"id":${next()},"sequence":${index},"user":"user-${next() % 10_000}","type":"${word(next)}",` +
      `"amount":${(next() % 100_000) / 100},"tags":["${word(next)}","${word(next)}"],"session":"${next().toString(16)}"}\n`,
    seed,
  );
}

/** Lines of a server's log. */
export function logLike(byteLength: number, seed = 1): Buffer {
  return filled(
    byteLength,
    (next, index) =>
      `2026-01-01T00:00:${String(index % 60).padStart(2, '0')}.${String(next() % 1000).padStart(3, '0')}Z ` +
      `${LEVELS[next() % LEVELS.length]} [worker-${next() % 8}] ${word(next)} ${word(next)} id=${next() % 100_000} ` +
      `took ${next() % 500} ms\n`,
    seed,
  );
}

/** Nothing to compress. */
export function randomBytes(byteLength: number, seed = 1): Buffer {
  const next = numbers(seed);
  const bytes = Buffer.alloc(byteLength);
  for (let at = 0; at + 4 <= byteLength; at += 4) bytes.writeUInt32LE(next(), at);
  return bytes;
}
