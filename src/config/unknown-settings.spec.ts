// Detection of misspelt settings.
import { describe, expect, it } from 'vitest';
import { settings } from './settings.js';
import { unknownSettings } from './unknown-settings.js';

const OF_PLUGIN = ['REDIS_ADDR', 'REDIS_PASSWORD', 'REDIS_DB', 'PATHS'];
const unknownIn = (...names: string[]) =>
  unknownSettings(Object.fromEntries(names.map((name) => [name, 'hunter2'])), OF_PLUGIN);

describe('unknownSettings', () => {
  it.each([
    ['PORTT', 'PORT'],
    ['PROT', 'PORT'],
    ['PRT', 'PORT'],
    ['port', 'PORT'],
    ['Host', 'HOST'],
    ['LOG_LEVL', 'LOG_LEVEL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['LOG-LEVEL', 'LOG_LEVEL'],
    ['REDIS_ADRR', 'REDIS_ADDR'],
    ['REDIS_PASWORD', 'REDIS_PASSWORD'],
    ['ADMIN_TOKENS', 'ADMIN_TOKEN'],
    ['SHUTDOWN_GRASE', 'SHUTDOWN_GRACE'],
    ['CACHE_PLUGIN_PTH', 'CACHE_PLUGIN_PATH'],
    ['CACHE_PLUGN_PAHT', 'CACHE_PLUGIN_PATH'],
    ['FIB_MAX', 'FIB_MAX_N'],
  ])('suggests for %s: %s', (name, didYouMean) => {
    expect(unknownIn(name)).toEqual([{ name, didYouMean }]);
  });

  it.each(['CACHE_SIZE', 'COMPUTE_THREADS_MAX', 'HTTP_TIMEOUT_MS'])('reports %s without a suggestion', (name) => {
    expect(unknownIn(name)).toEqual([{ name }]);
  });

  it.each(
    `PATH Path HOME HOSTNAME HOSTTYPE USER LOGNAME SHELL PWD TERM TZ LANG HTTP_PROXY http_proxy HTTPS_PROXY NO_PROXY NODE_ENV
    npm_lifecycle_event _ CI OTHER_MAX REDIS_PORT REDIS_SERVICE_HOST REDIS_PORT_6379_TCP_ADDR KUBERNETES_PORT SSH_TTY
    INVOCATION_ID`.split(/\s+/),
  )('does not report %s, which is not a setting of the application', (name) => {
    expect(unknownIn(name)).toEqual([]);
  });

  it('does not report known settings', () => {
    expect(unknownIn(...Object.keys(settings.shape), ...OF_PLUGIN)).toEqual([]);
  });

  it('does not return values', () => {
    expect(JSON.stringify(unknownIn('REDIS_PASWORD', 'CACHE_X'))).not.toContain('hunter2');
  });
});
