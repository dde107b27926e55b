// The schemas of the admin routes: the status of a plugin, and the request for a swap.
import { ref } from './components.js';
import { COUNTS, DATE, ISOLATION, NUMBER, object, orNull, TEXT, TEXT_OR_NULL, TEXTS } from './schemas.js';

export const SWAP_EXAMPLE = { path: 'plugins/example-cache.mjs', isolation: 'process' };

export const PLUGIN_EXAMPLE = {
  name: 'cache',
  kind: 'cache',
  state: 'live',
  plugin: {
    path: '/app/plugins/example-cache.mjs',
    name: 'example-cache',
    version: '0.1.0',
    kind: 'cache',
    contract: 1,
    isolation: 'inline',
    hash: 'sha256-EiTXTvovS+4fpMfr5CU6Ndah7GplF+RhL68UnZl1atI=',
    state: 'live',
    restarts: 0,
    since: '2026-11-28T12:00:00.000Z',
    openBreakers: [],
    calls: { get: { answers: 4, domainErrors: 0, failures: 0, refusals: 0 } },
    error: null,
    config: {},
    variables: ['EXAMPLE_MAX_ENTRIES'],
  },
  failure: null,
  swaps: 0,
  reimports: 0,
  details: { lookups: { hit: 3, 'not-found': 1 }, writes: { stored: 1 } },
};

export function pluginSchemas() {
  const state = ref('schemas', 'PluginState');
  const failed = object({ code: { ...TEXT, pattern: '^[A-Z_]+$' }, message: TEXT });
  const plugin = object({
    name: { ...TEXT, description: '`kind/name`, or only `kind`.' },
    kind: TEXT,
    state,
    plugin: orNull(ref('schemas', 'LivePlugin')),
    failure: orNull(object({ error: failed, attempts: NUMBER, nextAttempt: DATE })),
    swaps: NUMBER,
    reimports: NUMBER,
    details: { type: 'object', additionalProperties: COUNTS },
  });
  const calls = object({ answers: NUMBER, domainErrors: NUMBER, failures: NUMBER, refusals: NUMBER });
  return {
    Plugin: plugin,
    Swapped: object({ ...plugin.properties, lasts: TEXT }),
    LivePlugin: object({
      path: TEXT,
      name: TEXT,
      version: TEXT_OR_NULL,
      kind: TEXT,
      contract: NUMBER,
      isolation: ISOLATION,
      hash: { ...TEXT, pattern: '^sha256-' },
      state,
      restarts: NUMBER,
      since: DATE,
      openBreakers: TEXTS,
      calls: { type: 'object', additionalProperties: calls },
      error: orNull(failed),
      config: { type: 'object', additionalProperties: TEXT },
      variables: TEXTS,
    }),
    Plugins: object({
      plugins: { type: 'array', items: ref('schemas', 'Plugin') },
      folders: {
        type: 'array',
        items: object({ name: TEXT, directory: TEXT, failed: { type: 'object', additionalProperties: failed } }),
      },
    }),
    Refreshed: object({
      folders: {
        type: 'object',
        additionalProperties: object({ added: TEXTS, changed: TEXTS, removed: TEXTS, failed: TEXTS }),
      },
    }),
    SwapRequest: object(
      {
        path: { ...TEXT, minLength: 1, description: 'A file of `CACHE_PLUGIN_DIR`: a path, or a `file:` URL.' },
        factoryName: { ...TEXT, minLength: 1, description: 'The export that is the factory.' },
        integrity: { ...TEXT, description: 'The pin of the file, like `sha256-<base64>`.' },
        isolation: ISOLATION,
      },
      ['factoryName', 'integrity', 'isolation'],
    ),
  };
}
