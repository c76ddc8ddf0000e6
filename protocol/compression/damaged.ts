/** The error for compressed records that cannot be expanded. */
import { ErrorCode, KafkaError } from '../errors.ts';

/** More came out than may: what a codec throws of its own accord. */
export class TooLargeError extends Error {}

/** True for zlib's own word for it. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof TooLargeError || (error as { code?: unknown } | null)?.code === 'ERR_BUFFER_TOO_LARGE';
}

/** INVALID_RECORD: the input is damaged, or stands for more than `maxBytes` bytes. A KafkaError stays what it is. */
export function damaged(codec: string, maxBytes: number, cause: unknown): KafkaError {
  if (cause instanceof KafkaError) return cause;
  const reason = isTooLarge(cause) ? `expand to more than ${maxBytes} bytes` : 'cannot be expanded';
  return new KafkaError(ErrorCode.INVALID_RECORD, `The batch's ${codec} records ${reason}.`, { cause });
}
