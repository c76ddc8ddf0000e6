/** What the share coordinator refused, as an answer says it of one partition or topic. */
import { errorText, KafkaError } from '../../../../protocol/errors.ts';

export interface ErrorAnswer {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** @throws what is no KafkaError */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (!(error instanceof KafkaError)) throw error;
  return { errorCode: error.code, errorMessage: error.message || errorText(error.code) };
}
