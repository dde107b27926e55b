// The memory plugin: fast, local to one process, lost at its end.
import { CACHE_CONTRACT } from '@pluggable/cache/contract';
import { definePlugin } from '@pluggable/contract';
import packageJson from '../package.json' with { type: 'json' };
import { MemoryCache } from './memory-cache.js';
import { config } from './memory-config.js';

export const { manifest, Factory } = definePlugin(CACHE_CONTRACT, {
  name: 'cache-memory',
  version: packageJson.version,
  config,
  env: { MEMORY_MAX_ENTRIES: 'public', MEMORY_MAX_BYTES: 'public' },
  create: ({ config: limits, log }) => {
    log.debug('loaded', { maxEntries: limits.MEMORY_MAX_ENTRIES, maxBytes: limits.MEMORY_MAX_BYTES });
    return new MemoryCache(log, limits);
  },
});
