/** The bytes of parts, for who looks into them instead of sending them. */
import type { Part } from './counted.ts';

/** Copies `byteLength` bytes of the parts, and lets them go. @throws StorageError (as a rejection) */
export async function partsBytes(parts: readonly Part[], byteLength: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(byteLength);
  let at = 0;
  try {
    for (const part of parts) {
      for (const slice of await part.load()) {
        at += slice.bytes.copy(bytes, at);
        slice.owner.release();
      }
    }
  } finally {
    for (const part of parts) part.release();
  }
  return bytes.subarray(0, at);
}
