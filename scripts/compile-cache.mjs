// Writes the compile cache that the service reads at its start: it loads the modules of the service, and starts nothing.
import { rmSync } from 'node:fs';
import { constants, enableCompileCache, flushCompileCache } from 'node:module';
import { COMPILE_CACHE as directory } from '../dist/fast-loading.js';

const { ENABLED, FAILED } = constants.compileCacheStatus;

rmSync(directory, { recursive: true, force: true });
if (knowsReadOnly() && enableCompileCache({ directory }).status === ENABLED) {
  await import('../dist/start.js');
  flushCompileCache();
}

/** A Node that knows it fails here, because the folder does not exist. Another one would let the service write to its cache. */
function knowsReadOnly() {
  try {
    return enableCompileCache({ directory, readOnly: true }).status === FAILED;
  } catch {
    return false;
  }
}
