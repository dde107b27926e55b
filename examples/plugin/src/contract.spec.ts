// The built plugin passes the contract kit.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CACHE_CONTRACT } from '@pluggable/cache/contract';
import { pluginFile } from '@pluggable/testkit';
import { describeCacheContract } from '@pluggable/testkit/cache';

const env = { FILES_DIR: mkdtempSync(join(tmpdir(), 'cache-files-')) };

describeCacheContract('cache-files', { create: pluginFile(CACHE_CONTRACT, 'dist/cache-files.mjs', { env }) });
