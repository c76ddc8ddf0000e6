/** Failures as they stand in responses. */
import { ErrorCode, errorText, KafkaError } from '../../protocol/errors.ts';
import type { BrokerServices } from './types.ts';

export interface ErrorFields {
  readonly errorCode: number;
  /** Null where the code says all there is to say, as in Kafka. */
  readonly errorMessage: string | null;
}

export const NO_ERROR: ErrorFields = { errorCode: ErrorCode.NONE, errorMessage: null };

/** A code with its own text for a message. */
export function codeFields(errorCode: number): ErrorFields {
  return { errorCode, errorMessage: errorText(errorCode) };
}

/** What a thrown error looks like to the client. Unexpected ones are logged and their text is kept from the client. */
export function errorFields(error: unknown, services: BrokerServices): ErrorFields {
  if (error instanceof KafkaError) {
    const { code, message } = error;
    return { errorCode: code, errorMessage: message === errorText(code) ? null : message };
  }
  services.logger.error('handler-failed', 'A request failed unexpectedly.', { error });
  return { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: null };
}

/** How an action ended: error fields, or none. */
export async function outcome(action: () => unknown, services: BrokerServices): Promise<ErrorFields> {
  try {
    await action();
    return NO_ERROR;
  } catch (error) {
    return errorFields(error, services);
  }
}
