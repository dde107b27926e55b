// A call of the cache plugin: its options, and the kind of its failure.
import type { CallOptions } from '@pluggable/contract';

/** Kind of a failed call. `timeout`: no answer in time. `open`: refused by an open circuit breaker. `error`: any other failure. */
export type CallFailure = 'error' | 'timeout' | 'open';

export function failureOf(code: string): CallFailure {
  switch (code) {
    case 'PLUGIN_CALL_TIMEOUT':
      return 'timeout';
    case 'PLUGIN_BREAKER_OPEN':
      return 'open';
    default:
      return 'error';
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

/** The options for the plugin: the host refuses unknown ones. */
export function callOptions(options: CallOptions | undefined): CallOptions | undefined {
  return options?.signal && { signal: options.signal };
}
