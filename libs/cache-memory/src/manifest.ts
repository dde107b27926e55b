// What the plugin says of itself, and its variables.
import type { PluginManifest } from '@pluggable/contract';
import * as z from 'zod/mini';
import packageJson from '../package.json' with { type: 'json' };

/** A variable that holds a whole number from 1 to `most`. */
function count(fallback: number, most: number) {
  const wanted = `wanted a whole number from 1 to ${most}`;
  const digits = z.prefault(z.string().check(z.regex(/^[1-9]\d*$/, wanted)), String(fallback));
  return z.pipe(z.pipe(digits, z.transform(Number)), z.number().check(z.maximum(most, wanted)));
}

const config = z.object({
  /** Most entries; the least recently used goes first. */
  MEMORY_MAX_ENTRIES: count(10_000, 10_000_000),
  /** Most bytes of keys and values together, in UTF-8. */
  MEMORY_MAX_BYTES: count(64 * 1024 * 1024, Number.MAX_SAFE_INTEGER),
});

export type MemoryConfig = z.infer<typeof config>;

export const manifest: PluginManifest<MemoryConfig> = {
  kind: 'cache',
  contract: 1,
  name: 'cache-memory',
  version: packageJson.version,
  config,
  env: ['MEMORY_MAX_ENTRIES', 'MEMORY_MAX_BYTES'],
};
