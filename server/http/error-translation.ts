import { StoreUnavailableError } from '../../storage/errors.js';
import { CryptoPoolError } from '../../workers/crypto-pool.js';
import {
  StretchAbandonedError,
  StretchFailedError,
  StretchOverloadError,
} from '../../workers/stretch-queue.js';
import { ApiError } from './errors.js';

/** Seconds after which a failed store or thread is worth another try. */
const RETRY_AFTER_FAILURE_S = 2;
/** How much of the predicted wait is added at random, so that refused clients do not come back together. */
const RETRY_JITTER = 0.5;
/** At least so much may be added, in seconds: Retry-After is in whole ones, and less would spread nobody. */
const MIN_JITTER_S = 2;

/**
 * What storage and workers throw, as the client is told; everything unknown is errno 999. What has failed is the
 * cause; refusing more than there is room for, and dropping what nobody waits for, is no failure.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StretchOverloadError) {
    const waitSeconds = error.predictedWaitMs / 1000;
    const jitterSeconds = Math.random() * Math.max(RETRY_JITTER * waitSeconds, MIN_JITTER_S);
    return new ApiError('serviceUnavailable', { retryAfter: Math.ceil(waitSeconds + jitterSeconds) });
  }
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
