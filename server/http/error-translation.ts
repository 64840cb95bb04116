import { StoreUnavailableError } from '../../storage/errors.js';
import { CryptoPoolBusyError } from '../../workers/crypto-pool.js';
import { TaskAbandonedError, TaskFailedError } from '../../workers/task-queue.js';
import { ApiError } from './errors.js';
import { toRetryAfter } from './load-shedding.js';

const RETRY_AFTER_FAILURE_S = 2;

/** Translates errors of storage and workers; others become errno 999. The cause is for the log. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TaskAbandonedError) {
    return new ApiError('serviceUnavailable', { retryAfter: RETRY_AFTER_FAILURE_S });
  }
  if (error instanceof CryptoPoolBusyError) {
    return new ApiError('serviceUnavailable', { retryAfter: toRetryAfter(error.waitMs) });
  }
  if (error instanceof StoreUnavailableError || error instanceof TaskFailedError) {
    return new ApiError('serviceUnavailable', { retryAfter: RETRY_AFTER_FAILURE_S }, { cause: error });
  }
  return new ApiError('unexpected', {}, { cause: error });
}
