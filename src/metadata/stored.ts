/** What the catalog could not do, as clients are told. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { CatalogError } from '../storage/catalog/catalog-error.ts';

/** @throws KafkaError KAFKA_STORAGE_ERROR (as a rejection) where the catalog refused */
export async function stored<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof CatalogError)) throw error;
    throw new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, error.message, { cause: error });
  }
}
