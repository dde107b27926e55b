// The bounds of a start and of an end: every step has the start limit, and ends with the signal of the application.
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
  /** Its code before the exports, and among them. */
  readonly module: string;
  readonly rest: string;
  readonly isolations: readonly Isolation[];
}

/** Plugins that hang in a step, after they have said so: on their output when they are isolated. */
const HANGING: readonly Hanging[] = [
  { step: 'its module ran', module: 'hang();', rest: '', isolations: ['inline'] },
  {
    step: 'its configuration was checked',
    module: '',
    rest: 'const validate = hang;',
    isolations: ['inline', 'worker'],
  },
  { step: 'its factory ran', module: '', rest: 'const opened = hang;', isolations: ['inline', 'process'] },
  { step: 'its ping ran', module: '', rest: 'const ping = hang;', isolations: ['inline', 'process'] },
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

/** Resolves when a plugin says that it hangs. */
function whenHanging(isolation: Isolation): { readonly logger: PluginLogger; readonly hangs: Promise<void> } {
  const { promise: hangs, resolve } = Promise.withResolvers<void>();
  const hear = (message: string): void => {
    if (message.includes('hangs')) resolve();
  };
  if (isolation === 'inline') Reflect.set(globalThis, '__onHang', resolve);
  return { logger: { debug: hear, info: hear, warn: hear, error: hear }, hangs };
}

describe('the start limit', () => {
  it.each(HANGING)('names the step that took too long, inline: $step', async ({ step, ...parts }) => {
    const path = hanging(parts);
    const { logger } = whenHanging('inline');
    await expect(openCache(path, { startTimeoutMs: 300, callTimeoutMs: LONG_MS, logger })).rejects.toMatchObject({
      code: 'PLUGIN_START_TIMEOUT',
      message: `plugin ${path}: found it not live after 300 ms, while ${step}, wanted a live plugin by then; see what it waits for, or raise CACHE_PLUGIN_START_TIMEOUT`,
    });
  });

  it('ends an isolated plugin whose ping took too long', async () => {
    const path = hanging({ module: '', rest: 'const ping = hang;' });
    const before = childrenOf(process.pid);
    const opening = openCache(path, { isolation: 'process', startTimeoutMs: 1_500, callTimeoutMs: LONG_MS });
    await expect(opening).rejects.toHaveProperty('code', 'PLUGIN_START_TIMEOUT');
    await eventually('the end of its process', () => childrenOf(process.pid).length === before.length);
  });

  it('leaves a plugin degraded whose ping takes longer than a call may', async () => {
    const { logger } = whenHanging('inline');
    const path = hanging({ module: '', rest: 'const ping = hang;' });
    const plugin = await openCache(path, { callTimeoutMs: 50, logger });
    expect(plugin.status()).toMatchObject({ state: 'degraded', error: { code: 'PLUGIN_CALL_TIMEOUT' } });
    await plugin.close();
  });

  it.skipIf(process.platform === 'win32')(
    'bounds a file system that does not answer, and so does the signal',
    async () => {
      const fifo = join(folder, 'fifo');
      execFileSync('mkfifo', [fifo]);
      // The only thread for files waits until somebody writes to the pipe.
      const program = `
      import { open } from 'node:fs';
      import { openPlugin } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      open(${JSON.stringify(fifo)}, 'r', () => {});
      const contract = { kind: 'cache', version: 1, methods: {} };
      const path = ${JSON.stringify(pluginFile(''))};
      const say = (error) => console.log(error.message);
      await openPlugin(contract, { path, startTimeoutMs: 200 }).catch(say);
      await openPlugin(contract, { path, signal: AbortSignal.timeout(200) }).catch(say);
    `;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
        env: { UV_THREADPOOL_SIZE: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
        await eventually('both errors', () => output.split('\n').length === 3);
        expect(output).toContain('found it not live after 200 ms, while its file was looked for');
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
  ])('is handed on to a plugin whose $step hangs, and an instance is closed', async ({ rest, isClosed }) => {
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

  it('starts nothing when it was aborted before', async () => {
    const reason = new Error('shutting down');
    const path = pluginFile(`export const seen = {}; globalThis.__isImported = true;`);
    await expect(openCache(path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(Reflect.has(globalThis, '__isImported')).toBe(false);
  });
});

describe('the end of a plugin', () => {
  it('has a bound while a call is in flight, however long the call may take, and cuts that call off', async () => {
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
      message: expect.stringContaining('found a call without an answer when it was closed'),
    });
    expect(seenBy(path)).toMatchObject({ abortedAtClose: true });
    expect(plugin.status().state).toBe('closed');
  });
});
