/** gzip (RFC 1952), by Node's zlib. Streams of several members are read. Levels -1 and 1 to 9. */
import { promisify } from 'node:util';
import { constants, createGunzip, gzip } from 'node:zlib';
import { type Codec, SMALL_BYTES } from './codecs.ts';
import { damaged } from './damaged.ts';
import { expand, expandNow, KeptEngine, type ZlibStream } from './zlib-pieces.ts';

const gzipAsync = promisify<Buffer, { level: number }, Buffer>(gzip);

/** zlib's own default level. */
const DEFAULT_LEVEL = -1;

const createStream = (): ZlibStream => createGunzip({ chunkSize: SMALL_BYTES });
const engine = new KeptEngine(() => createGunzip(), constants.Z_FINISH);

export const gzipCodec: Codec = {
  compress: (bytes, level = DEFAULT_LEVEL) => gzipAsync(bytes, { level }),
  expandNow: (bytes, maxBytes, take) => expandNow(engine, bytes, maxBytes, take),
  async expand(bytes, maxBytes, take) {
    try {
      await expand(createStream, false, bytes, maxBytes, take);
    } catch (error) {
      throw damaged('gzip', maxBytes, error);
    }
  },
};
