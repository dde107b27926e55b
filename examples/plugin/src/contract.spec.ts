// The built file keeps the contract.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeCacheContract, pluginFile } from '@pluggable/cache-testkit';

const env = { FILES_DIR: mkdtempSync(join(tmpdir(), 'cache-files-')) };

describeCacheContract('cache-files', { create: pluginFile('dist/cache-files.mjs', { env }) });
