// The Redis cache from the sources, opened like a host opens it.
import type { Cache } from '@pluggable/cache/contract';
import { Factory, manifest } from '../../libs/cache-redis/src/index.js';
import { type RecordedLine, recordingLogger } from './recording-logger.js';

const CALL_TIMEOUT_MS = 100;

export interface OpenedCache extends AsyncDisposable {
  readonly cache: Cache;
  /** The whole log so far. */
  readonly lines: RecordedLine[];
  /** The warnings, without other fields. */
  warnings(): [message: string, error: unknown][];
}

/** @param variables as a user sets them */
export async function openRedisCache(
  variables: Record<string, string>,
  callTimeoutMs = CALL_TIMEOUT_MS,
): Promise<OpenedCache> {
  const { logger, lines } = recordingLogger();
  const result = await manifest.config?.['~standard'].validate(variables);
  if (result === undefined || result.issues !== undefined) throw new Error(JSON.stringify(result?.issues));
  const { signal } = new AbortController();
  const cache = await Factory(logger, { config: result.value, callTimeoutMs, signal });
  return {
    cache,
    lines,
    warnings: () =>
      lines.filter(([level]) => level === 'warn').map(([, message, fields]) => [message, fields?.['error']]),
    [Symbol.asyncDispose]: async () => await cache.close?.(),
  };
}

/** The error of ping; undefined when the cache can be used. */
export async function problemOf(cache: Cache): Promise<string | undefined> {
  const error: unknown = await cache.ping?.().catch((failure: unknown) => failure);
  return error instanceof Error ? error.message : undefined;
}
