// Time limits of start and close, and the signal of the application.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginLogger } from '@pluggable/contract';
import { describe, expect, it } from 'vitest';
import { folder, openCache, pluginFile, seenBy } from '../../../test/support/built-host.js';
import { childrenOf } from '../../../test/support/children.js';
import { eventually } from '../../../test/support/eventually.js';
import type { Isolation } from './plugin-options.js';

const LONG_MS = 60_000;

interface Hanging {
  readonly step: string;
  /** Code before the exports, and code of the exports. */
  readonly module: string;
  readonly rest: string;
  readonly isolations: readonly Isolation[];
}

/** Plugins that report a step and then hang in it; isolated ones report on their output. */
const HANGING: readonly Hanging[] = [
  { step: 'running its module', module: 'hang();', rest: '', isolations: ['inline'] },
  {
    step: 'checking its configuration',
    module: '',
    rest: 'const validate = hang;',
    isolations: ['inline', 'worker'],
  },
  { step: 'running its factory', module: '', rest: 'const opened = hang;', isolations: ['inline', 'process'] },
  { step: 'running its ping', module: '', rest: 'const ping = hang;', isolations: ['inline', 'process'] },
];

function hanging({ module, rest }: Pick<Hanging, 'module' | 'rest'>): string {
  const parts = ['validate = (value) => ({ value })', 'opened = () => {}', 'ping = () => {}'];
  const others = parts.filter((part) => !rest.includes(`${part.split(' ')[0]} =`)).map((part) => `const ${part};`);
  return pluginFile(`
    export const seen = {};
    function hang() {
      (globalThis.__onHang ?? (() => console.log('hangs')))();
      return new Promise(() => {});
    }
    ${module && `await ${module}`}
    ${rest}
    ${others.join('\n')}
    const config = { '~standard': { version: 1, validate } };
    export const manifest = { kind: 'cache', contract: 1, name: 'hanging', version: '1', config };
    export const Factory = async (_log, { signal }) => {
      seen.signal = signal;
      await opened();
      return { get() {}, set() {}, ping, close() { seen.isClosed = true; } };
    };
  `);
}

/** Resolves when a plugin reports that it hangs. */
function whenHanging(isolation: Isolation): { readonly logger: PluginLogger; readonly hangs: Promise<void> } {
  const { promise: hangs, resolve } = Promise.withResolvers<void>();
  const onLine = (message: string): void => {
    if (message.includes('hangs')) resolve();
  };
  if (isolation === 'inline') Reflect.set(globalThis, '__onHang', resolve);
  return { logger: { debug: onLine, info: onLine, warn: onLine, error: onLine }, hangs };
}

describe('the start limit', () => {
  it.each(HANGING)('reports the step that took too long, inline: $step', async ({ step, ...parts }) => {
    const path = hanging(parts);
    const { logger } = whenHanging('inline');
    await expect(openCache(path, { startTimeoutMs: 1_000, callTimeoutMs: LONG_MS, logger })).rejects.toMatchObject({
      code: 'PLUGIN_START_TIMEOUT',
      message: `plugin ${path}: found a start that took longer than 1000 ms, while ${step}, wanted a live plugin within that time; check what it waits for, or raise CACHE_PLUGIN_START_TIMEOUT`,
    });
  });

  it('ends an isolated plugin whose ping took too long', async () => {
    const path = hanging({ module: '', rest: 'const ping = hang;' });
    const before = childrenOf(process.pid);
    const opening = openCache(path, { isolation: 'process', startTimeoutMs: 1_500, callTimeoutMs: LONG_MS });
    await expect(opening).rejects.toHaveProperty('code', 'PLUGIN_START_TIMEOUT');
    await eventually('the end of its process', () => childrenOf(process.pid).length === before.length);
  });

  it('leaves a plugin degraded if its ping exceeds the call timeout', async () => {
    const { logger } = whenHanging('inline');
    const path = hanging({ module: '', rest: 'const ping = hang;' });
    const plugin = await openCache(path, { callTimeoutMs: 50, logger });
    expect(plugin.status()).toMatchObject({ state: 'degraded', error: { code: 'PLUGIN_CALL_TIMEOUT' } });
    await plugin.close();
  });

  it.skipIf(process.platform === 'win32')(
    'ends a start when the file system does not answer; so does the signal',
    async () => {
      const fifo = join(folder, 'fifo');
      execFileSync('mkfifo', [fifo]);
      // The only file system thread blocks until something is written to the pipe.
      const program = `
      import { open } from 'node:fs';
      import { openPlugin } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      open(${JSON.stringify(fifo)}, 'r', () => {});
      const contract = { kind: 'cache', version: 1, methods: {} };
      const path = ${JSON.stringify(pluginFile(''))};
      const print = (error) => console.log(error.message);
      await openPlugin(contract, { path, startTimeoutMs: 200 }).catch(print);
      await openPlugin(contract, { path, signal: AbortSignal.timeout(200) }).catch(print);
    `;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
        env: { UV_THREADPOOL_SIZE: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
        await eventually('both errors', () => output.split('\n').length === 3);
        expect(output).toContain('found a start that took longer than 200 ms, while locating its file');
        expect(output).toContain('aborted due to timeout');
        await (await open(fifo, 'w')).close();
        await once(child, 'close');
      } finally {
        child.kill('SIGKILL');
      }
    },
  );
});

describe('the signal of the application', () => {
  const cases = HANGING.flatMap((one) => one.isolations.map((isolation) => ({ ...one, isolation })));

  it.each(cases)('ends a start at once, $isolation, while $step', async ({ isolation, ...parts }) => {
    const path = hanging(parts);
    const before = childrenOf(process.pid);
    const { logger, hangs } = whenHanging(isolation);
    const application = new AbortController();
    const limits = { startTimeoutMs: LONG_MS, callTimeoutMs: LONG_MS, signal: application.signal };
    const opening = openCache(path, { isolation, logger, ...limits });
    await hangs;
    const reason = new Error('shutting down');
    application.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await eventually('the end of its process', () => childrenOf(process.pid).length === before.length);
  });

  it.each([
    { step: 'factory', rest: 'const opened = hang;', isClosed: undefined },
    { step: 'ping', rest: 'const ping = hang;', isClosed: true },
  ])('is passed to a plugin whose $step hangs, and an instance is closed', async ({ rest, isClosed }) => {
    const path = hanging({ module: '', rest });
    const { logger, hangs } = whenHanging('inline');
    const application = new AbortController();
    const opening = openCache(path, { logger, callTimeoutMs: LONG_MS, signal: application.signal });
    await hangs;
    const reason = new Error('shutting down');
    application.abort(reason);
    await expect(opening).rejects.toBe(reason);
    expect(seenBy(path)).toMatchObject({ signal: { aborted: true, reason } });
    expect(seenBy(path).isClosed).toBe(isClosed);
  });

  it('starts nothing if it is already aborted', async () => {
    const reason = new Error('shutting down');
    const path = pluginFile(`export const seen = {}; globalThis.__isImported = true;`);
    await expect(openCache(path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(Reflect.has(globalThis, '__isImported')).toBe(false);
  });
});

describe('the end of a plugin', () => {
  it('has a time limit while a call is in flight, and rejects this call', async () => {
    const path = pluginFile(`
      export const seen = {};
      export const Factory = () => ({
        get: (_key, { signal }) => { seen.signal = signal; return new Promise(() => {}); },
        set() {},
        close() { seen.abortedAtClose = seen.signal.aborted; },
      });
    `);
    const plugin = await openCache(path, { callTimeoutMs: LONG_MS, closeTimeoutMs: 200 });
    const call = plugin.proxy.get('key').catch((error: unknown) => error);
    await plugin.close();
    expect(await call).toMatchObject({
      code: 'PLUGIN_CLOSED',
      message: expect.stringContaining('found an unanswered call while the plugin was closed'),
    });
    expect(seenBy(path)).toMatchObject({ abortedAtClose: true });
    expect(plugin.status().state).toBe('closed');
  });
});
