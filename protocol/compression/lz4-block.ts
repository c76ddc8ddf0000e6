/**
 * WebAssembly that expands raw LZ4 blocks; it takes a third to two thirds of the time of the library, which allocates for each block. The
 * source is `lz4-block.wat`; a test holds these bytes against it.
 */
export const lz4BlockModule = Buffer.from(
  'AGFzbQEAAAABEAJgA39/fwF/YAR/f39/AX8DAwIAAQUDAQAiBgYBfwFBAAsHEwIGbWVtb3J5AgAGZXhwYW5kAAEK+gMCPQEBfwNAIAEgAk8EQCACJA' +
    'BB/////wcPCyABLQAAIQMgAUEBaiEBIAAgA2ohACADQf8BRg0ACyABJAAgAAu5AwEGfyACIQQDQCAAIAFPBEBBfw8LIAAtAAAhBSAAQQFqIQAgBUEE' +
    'diEGIAZBD0YEQCAGIAAgARAAIQYjACEACyAGIAEgAGtLIAYgAyACa0tyBEBBfw8LIAZBEE0EQCACIAD9AAAA/QsAAAUgAiAAIAb8CgAACyAAIAZqIQ' +
    'AgAiAGaiECIAAgAUYEQCACDwsgASAAa0EISSADIAJrQQxJcgRAQX8PCyAALwAAIQcgAEECaiEAIAdFIAcgAiAEa0tyBEBBfw8LIAVBD3EhBiAGQQ9G' +
    'BEAgBiAAIAEQACEGIwAhACABIABrQQZJBEBBfw8LCyAGIAMgAmtBCWtLBEBBfw8LIAZBBGohBiACIAdrIQggAiAGaiEJIAdBEE8EQANAIAIgCP0AAA' +
    'D9CwAAIAJBEGohAiAIQRBqIQggAiAJSQ0ACwUCQANAIAIgCGtBCE8NASACIAlPDQFBACEFA0AgAiAFaiAIIAVqLQAAOgAAIAVBAWohBSAFIAdJDQAL' +
    'IAIgB2ohAgwACwsCQANAIAIgCU8NASACIAgpAAA3AAAgAkEIaiECIAhBCGohCAwACwsLIAkhAgwAC0F/Cw==',
  'base64',
);

/** Position behind the length that `lengthFrom` read. */
let behind = 0;

/** A length whose low part is `low`: 15 means that it goes on at `at`. At the end of the block it is too long. */
function lengthFrom(low: number, block: Buffer, at: number): number {
  let length = low;
  behind = at;
  for (let byte = low === 15 ? 255 : 0; byte === 255 && behind < block.length; length += byte) {
    byte = block[behind++] as number;
  }
  return length;
}

/**
 * True if the block ends as `lz4-block.wat` says it must, so that every reader can read it; what expands it may be less
 * strict. Some bytes of it may still be damaged. The output has `room` bytes.
 */
export function endsInLiterals(block: Buffer, room: number): boolean {
  let at = 0;
  let out = 0;
  while (at < block.length) {
    const token = block[at] as number;
    const literals = lengthFrom(token >>> 4, block, at + 1);
    at = behind + literals;
    out += literals;
    if (at === block.length) return true;
    if (at > block.length - 8 || out > room - 12) return false;
    out += lengthFrom(token & 15, block, at + 2) + 4;
    at = behind;
    if (at > block.length - 6 || out > room - 5) return false;
  }
  return false;
}
