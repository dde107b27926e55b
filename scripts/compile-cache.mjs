// Writes the compile cache for the start of the service: imports the modules of the service, without a start.
import { rmSync } from 'node:fs';
import { constants, enableCompileCache, flushCompileCache } from 'node:module';
import { COMPILE_CACHE as directory } from '../dist/fast-loading.js';

const { ENABLED, FAILED } = constants.compileCacheStatus;

rmSync(directory, { recursive: true, force: true });
if (supportsReadOnly() && enableCompileCache({ directory }).status === ENABLED) {
  await import('../dist/start.js');
  flushCompileCache();
}

/** On a Node with `readOnly`, this call fails, because the folder does not exist. On others, the service would write to its cache. */
function supportsReadOnly() {
  try {
    return enableCompileCache({ directory, readOnly: true }).status === FAILED;
  } catch {
    return false;
  }
}
