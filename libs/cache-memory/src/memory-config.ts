// The variables of the memory plugin.
import * as z from 'zod/mini';

/** A variable that holds a whole number from 1 to `most`. */
function count(fallback: number, most: number) {
  const wanted = `wanted a whole number from 1 to ${most}`;
  const digits = z.prefault(z.string().check(z.regex(/^[1-9]\d*$/, wanted)), String(fallback));
  return z.pipe(z.pipe(digits, z.transform(Number)), z.number().check(z.maximum(most, wanted)));
}

export const config = z.object({
  /** Largest number of entries. The least recently used entry is dropped first. */
  MEMORY_MAX_ENTRIES: count(10_000, 10_000_000),
  /** Largest size of all keys and values together, in bytes of UTF-8. */
  MEMORY_MAX_BYTES: count(64 * 1024 * 1024, Number.MAX_SAFE_INTEGER),
});

export type MemoryConfig = z.infer<typeof config>;
