/** gzip (RFC 1952), by Node's zlib on its thread pool. Streams of several members are read. Levels -1 and 1 to 9. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Codec } from './codecs.ts';
import { damaged } from './damaged.ts';

const gzipAsync = promisify<Buffer, { level: number }, Buffer>(gzip);
const gunzipAsync = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

/** zlib's own default level. */
const DEFAULT_LEVEL = -1;

export const gzipCodec: Codec = {
  compress: (bytes, level = DEFAULT_LEVEL) => gzipAsync(bytes, { level }),
  async decompress(bytes, maxBytes) {
    try {
      // zlib stops at the bound, having allocated no more than it and one chunk.
      return await gunzipAsync(bytes, { maxOutputLength: maxBytes });
    } catch (error) {
      throw damaged('gzip', maxBytes, error);
    }
  },
};
