/**
 * RC2 in CBC mode (RFC 2268), to read PKCS#12 stores whose certificates were encrypted with it, as Java did until 2021. OpenSSL
 * has it in a provider that Node does not load. Nothing is ever encrypted with it here.
 */

import { turn } from '../../base/real-time.ts';

/** Digits of pi, from which keys are expanded. */
const PI = Buffer.from(
  [
    'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2',
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82',
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626',
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7',
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec',
    'c2e0416e0f51cbcc2491af50a1f470399f7c3a8523b8b47afc02365b25559731',
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9',
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  ].join(''),
  'hex',
);

const BLOCK_BYTES = 8;
/** Bytes before others have their turn: some milliseconds. */
const BYTES_PER_TURN = 8192;
const ROTATIONS = [1, 2, 3, 5] as const;

/** 64 words of 16 bits; `bits` is how much of the key counts. */
function expanded(key: Buffer, bits: number): Uint16Array {
  const bytes = Buffer.alloc(128);
  key.copy(bytes);
  const at = (index: number): number => bytes[index] ?? 0;
  for (let i = key.length; i < 128; i++) bytes[i] = PI[(at(i - 1) + at(i - key.length)) & 0xff] ?? 0;
  const byteLength = Math.ceil(bits / 8);
  bytes[128 - byteLength] = PI[at(128 - byteLength) & (0xff >> (8 * byteLength - bits))] ?? 0;
  for (let i = 127 - byteLength; i >= 0; i--) bytes[i] = PI[at(i + 1) ^ at(i + byteLength)] ?? 0;
  return Uint16Array.from({ length: 64 }, (_, index) => bytes.readUInt16LE(2 * index));
}

function decryptBlock(block: Uint16Array, words: Uint16Array): void {
  const word = (index: number): number => block[index & 3] ?? 0;
  let next = 63;
  const mix = (): void => {
    for (let i = 3; i >= 0; i--) {
      const turn = ROTATIONS[i] ?? 0;
      const value = (word(i) >>> turn) | (word(i) << (16 - turn));
      const others = (word(i + 3) & word(i + 2)) + (~word(i + 3) & word(i + 1));
      block[i] = value - (words[next--] ?? 0) - others;
    }
  };
  const mash = (): void => {
    for (let i = 3; i >= 0; i--) block[i] = word(i) - (words[word(i + 3) & 63] ?? 0);
  };
  for (let round = 0; round < 5; round++) mix();
  mash();
  for (let round = 0; round < 6; round++) mix();
  mash();
  for (let round = 0; round < 5; round++) mix();
}

/**
 * Decrypts, in slices, and takes the padding off.
 * @param bits effective bits of the key
 * @returns null where the padding is wrong, as with a wrong key
 */
export async function decryptRc2(key: Buffer, bits: number, iv: Buffer, data: Buffer): Promise<Buffer | null> {
  if (data.length === 0 || data.length % BLOCK_BYTES !== 0) return null;
  const words = expanded(key, bits);
  const plain = Buffer.alloc(data.length);
  let before = iv;
  for (let at = 0; at < data.length; at += BLOCK_BYTES) {
    if (at > 0 && at % BYTES_PER_TURN === 0) await turn();
    const encrypted = data.subarray(at, at + BLOCK_BYTES);
    const block = Uint16Array.from({ length: 4 }, (_, index) => encrypted.readUInt16LE(2 * index));
    decryptBlock(block, words);
    for (let i = 0; i < 4; i++) plain.writeUInt16LE((block[i] ?? 0) ^ before.readUInt16LE(2 * i), at + 2 * i);
    before = encrypted;
  }
  const padding = plain[plain.length - 1] ?? 0;
  if (padding < 1 || padding > BLOCK_BYTES) return null;
  if (plain.subarray(-padding).some((byte) => byte !== padding)) return null;
  return plain.subarray(0, -padding);
}
