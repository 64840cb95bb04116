import { StoreUnavailableError } from '../../storage/errors.js';
import { CryptoPoolError } from '../../workers/crypto-pool.js';
import { StretchAbandonedError, StretchFailedError } from '../../workers/stretch-queue.js';
import { ApiError } from './errors.js';

/** Retry-After for a failed store or thread, in seconds. */
const RETRY_AFTER_FAILURE_S = 2;

/**
 * Translates errors of storage and workers. Others become errno 999. Keeps the cause for the log, except for
 * disconnected clients.
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
