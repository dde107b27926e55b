// A cache plugin that stores each entry in a file: slow, but entries survive a restart.
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertTtl, CACHE_CONTRACT } from '@pluggable/cache/contract';
import { definePlugin } from '@pluggable/contract';
import * as z from 'zod/mini';

/** Relative to the working directory of the application. Permissions are fixed: an isolated plugin can use only this folder. */
const FOLDER = 'cache-files';

interface Entry {
  readonly value: string;
  readonly expiresAtMs: number;
}

export const { manifest, Factory } = definePlugin(CACHE_CONTRACT, {
  name: 'cache-files',
  version: '1.0.0',
  config: z.object({ FILES_DIR: z.prefault(z.string(), FOLDER) }),
  env: { FILES_DIR: 'public' },
  // With `/*`, because Node treats a missing folder as a file.
  permissions: [`fs.read:${FOLDER}/*`, `fs.write:${FOLDER}/*`],
  create: async ({ config: { FILES_DIR: folder }, log }) => {
    await mkdir(folder, { recursive: true });
    let isClosed = false;
    const begin = (signal?: AbortSignal): void => {
      signal?.throwIfAborted();
      if (isClosed) throw new Error('the cache is closed');
    };
    const fileOf = (key: string): string => join(folder, createHash('sha256').update(key).digest('hex'));

    return {
      async get(key, options) {
        begin(options?.signal);
        const file = fileOf(key);
        const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error;
        });
        if (text === undefined) return { status: 'not-found' };
        const { value, expiresAtMs } = JSON.parse(text) as Entry;
        return Date.now() < expiresAtMs ? { status: 'hit', value } : { status: 'expired' };
      },
      async set(key, value, ttlMs, options) {
        begin(options?.signal);
        assertTtl(ttlMs);
        const entry: Entry = { value, expiresAtMs: Date.now() + ttlMs };
        // Renamed, so that a reader never sees a partial file.
        const written = join(folder, `${randomUUID()}.new`);
        await writeFile(written, JSON.stringify(entry));
        await rename(written, fileOf(key));
        log.debug('set', { key, ttlMs });
      },
      async ping(options) {
        begin(options?.signal);
        await access(folder);
      },
      async close() {
        isClosed = true;
      },
    };
  },
});
