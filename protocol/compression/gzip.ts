/** gzip (RFC 1952), by Node's zlib. Streams of several members are read. Levels -1 and 1 to 9. */
import { promisify } from 'node:util';
import { createGunzip, gunzipSync, gzip } from 'node:zlib';
import type { Codec } from './codecs.ts';
import { damaged } from './damaged.ts';
import { expand, expandNow, type Engine } from './zlib-pieces.ts';

const gzipAsync = promisify<Buffer, { level: number }, Buffer>(gzip);

/** zlib's own default level. */
const DEFAULT_LEVEL = -1;
/** A byte stands for at most so many. */
const MAX_EXPANSION = 1032;

/** The last four bytes are the size of the last member, which is most often the only one. */
function sizeHint(bytes: Buffer): number {
  return bytes.length < 4 ? 0 : Math.min(bytes.readUInt32LE(bytes.length - 4), bytes.length * MAX_EXPANSION);
}

const engine: Engine = {
  expandSync: gunzipSync as unknown as Engine['expandSync'],
  createStream: createGunzip as unknown as Engine['createStream'],
  sizeHint,
  hasFrames: false,
};

export const gzipCodec: Codec = {
  compress: (bytes, level = DEFAULT_LEVEL) => gzipAsync(bytes, { level }),
  expandNow(bytes, maxBytes, take) {
    try {
      return expandNow(engine, bytes, maxBytes, take);
    } catch (error) {
      throw damaged('gzip', maxBytes, error);
    }
  },
  async expand(bytes, maxBytes, take) {
    try {
      await expand(engine, bytes, maxBytes, take);
    } catch (error) {
      throw damaged('gzip', maxBytes, error);
    }
  },
};
