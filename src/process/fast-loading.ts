// Makes Node load the application sooner. Must run before the application is imported.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Where `scripts/compile-cache.mjs` writes the compile cache: beside the bundle, for this version of Node alone. */
export const COMPILE_CACHE = fileURLToPath(new URL(`./compile-cache/${process.version}`, import.meta.url));

/**
 * Takes compiled code from the cache that was written with the build, and never writes to it. So the cache holds the application
 * alone, and no plugin: Node knows code again by its length and a CRC-32, which is not enough for pinned bytes.
 *
 * Node compiles as ever where there is no such cache: for another version of Node, another user, another place of the build, or
 * with NODE_DISABLE_COMPILE_CACHE. A cache that NODE_COMPILE_CACHE names is used in its place.
 */
export function readCompileCache(): void {
  // There is none for a Node that does not know `readOnly`: it would write, too.
  if (!existsSync(COMPILE_CACHE)) return;
  // A variable, because the types do not know `readOnly` yet.
  const options = { directory: COMPILE_CACHE, readOnly: true };
  enableCompileCache(options);
}
