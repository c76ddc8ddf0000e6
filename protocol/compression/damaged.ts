/** The error for compressed records that cannot be expanded. */
import { ErrorCode, KafkaError } from '../errors.ts';

/** INVALID_RECORD: the input is damaged, or stands for more than `maxBytes` bytes. */
export function damaged(codec: string, maxBytes: number, cause: unknown): KafkaError {
  const tooLarge = cause instanceof RangeError || (cause as { code?: unknown } | null)?.code === 'ERR_BUFFER_TOO_LARGE';
  const reason = tooLarge ? `expand to more than ${maxBytes} bytes` : 'cannot be expanded';
  return new KafkaError(ErrorCode.INVALID_RECORD, `The batch's ${codec} records ${reason}.`);
}
