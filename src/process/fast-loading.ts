// Faster loading of the application by the compile cache of Node. Must run before the imports.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The folder that `scripts/compile-cache.mjs` fills, beside the bundle, for this version of Node. */
export const COMPILE_CACHE = fileURLToPath(new URL(`./compile-cache/${process.version}`, import.meta.url));

/**
 * Reads compiled code from the cache of the build, and never writes to it. So the cache contains only the application and no
 * plugin: Node identifies code by its length and a CRC-32, which is not sufficient for pinned bytes.
 *
 * Without such a cache, Node compiles as usual: for another version of Node, another user, another folder, or with
 * NODE_DISABLE_COMPILE_CACHE. NODE_COMPILE_CACHE replaces the cache.
 */
export function readCompileCache(): void {
  // The build creates no cache on a Node without `readOnly`, which would write to it.
  if (!existsSync(COMPILE_CACHE)) return;
  // In a variable, because the types do not include `readOnly` yet.
  const options = { directory: COMPILE_CACHE, readOnly: true };
  enableCompileCache(options);
}
