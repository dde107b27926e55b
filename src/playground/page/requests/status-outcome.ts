// The outcome of a request without a result, by its status.

/**
 * @param status status of the answer; 0 without an answer
 * @returns `refused` for 429 and 503, `timed-out` for 504, otherwise `failed`
 */
export function outcomeOfStatus(status: number): 'refused' | 'timed-out' | 'failed' {
  if (status === 429 || status === 503) return 'refused';
  return status === 504 ? 'timed-out' : 'failed';
}

/** Whether the service refused the request before any work, so that it publishes no step of the request: status 400 to 499. */
export function isClientError(status: number): boolean {
  return status >= 400 && status < 500;
}
