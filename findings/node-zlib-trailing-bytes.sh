#!/usr/bin/env bash
# Node's one-shot decompressors disagree about bytes after the end of the compressed data. gunzipSync and
# zstdDecompressSync both go on with another gzip member or zstd frame that follows. What follows and is neither makes
# gunzipSync throw, while zstdDecompressSync drops it without a word (the zstd tool and zstd-jni, which Kafka's Java side
# reads with, report an error), as inflateSync and brotliDecompressSync do. And gunzipSync is strict only by half: one zero
# byte after a member counts as padding, and everything behind it goes unread, even a whole sound member. Only the option
# `info` shows how many bytes were really read.
#
# Versions: Node 26.10.0. Needs bash, npm.
# Seen 2026-11-29: what stands in `expected` below. Exit status 0 while that is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

expected='gzip + gzip: one two
zstd + zstd: one two
gzip + text: Z_DATA_ERROR
zstd + text: one
deflate + text: one
brotli + text: one
gzip + zero byte + text: one
gzip + zero byte + gzip: one
zstd + text, bytes unread: 4
gzip + zero byte + gzip, bytes unread: all of the second'

echo '{ "private": true, "allowScripts": { "node": true } }' > package.json
npm install --silent --no-audit --no-fund node@26.10.0 > npm.log
cat > read.mjs <<'JS'
import * as zlib from 'node:zlib';

const show = (name, read) => {
  let text;
  try {
    text = String(read());
  } catch (error) {
    text = error.code;
  }
  console.log(`${name}: ${text}`);
};
const join = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const { gzipSync, zstdCompressSync, gunzipSync, zstdDecompressSync } = zlib;
const [gzip, zstd] = [gzipSync('one'), zstdCompressSync('one')];
const padded = join(gzip, '\0', gzipSync(' two'));

show('gzip + gzip', () => gunzipSync(join(gzip, gzipSync(' two'))));
show('zstd + zstd', () => zstdDecompressSync(join(zstd, zstdCompressSync(' two'))));
show('gzip + text', () => gunzipSync(join(gzip, 'text')));
show('zstd + text', () => zstdDecompressSync(join(zstd, 'text')));
show('deflate + text', () => zlib.inflateSync(join(zlib.deflateSync('one'), 'text')));
show('brotli + text', () => zlib.brotliDecompressSync(join(zlib.brotliCompressSync('one'), 'text')));
show('gzip + zero byte + text', () => gunzipSync(join(gzip, '\0text')));
show('gzip + zero byte + gzip', () => gunzipSync(padded));
const unread = (bytes, { engine }) => bytes.length - engine.bytesWritten;
show('zstd + text, bytes unread', () => unread(join(zstd, 'text'), zstdDecompressSync(join(zstd, 'text'), { info: true })));
show('gzip + zero byte + gzip, bytes unread', () => {
  const left = unread(padded, gunzipSync(padded, { info: true }));
  return left >= padded.length - gzip.length - 1 ? 'all of the second' : left;
});
JS
seen=$(node_modules/.bin/node read.mjs)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'No longer as described; expected:'; printf '%s\n' "$expected"; exit 1; }
echo 'As described.'
