import { StoreUnavailableError } from '../../storage/errors.js';
import { CryptoPoolError } from '../../workers/crypto-pool.js';
import { StretchAbandonedError, StretchFailedError } from '../../workers/stretch-queue.js';
import { ApiError } from './errors.js';

/** Seconds after which a failed store or thread is worth another try. */
const RETRY_AFTER_FAILURE_S = 2;

/**
 * Translates what storage and workers throw; unknown errors become errno 999. A failure is the cause; a request whose
 * client hung up is no failure.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StretchAbandonedError) {
    return new ApiError('serviceUnavailable', { retryAfter: RETRY_AFTER_FAILURE_S });
  }
  if (
    error instanceof StoreUnavailableError ||
    error instanceof StretchFailedError ||
    error instanceof CryptoPoolError
  ) {
    return new ApiError('serviceUnavailable', { retryAfter: RETRY_AFTER_FAILURE_S }, { cause: error });
  }
  return new ApiError('unexpected', {}, { cause: error });
}
