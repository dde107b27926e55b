// A live plugin: pings, calls and close.
import { describe, expect, it } from 'vitest';
import { CACHE, exportOf, fixture, openPlugin, pluginFile } from '../../../test/support/built-host.js';
import type { PluginOptions } from './plugin-options.js';

/** Opens a cache with these additional methods. Its code shares the object `shared` with the test. */
async function openCache(methods: string, options: Partial<PluginOptions> = {}) {
  const path = pluginFile(
    `export const shared = { events: [] };
    export const manifest = { kind: 'cache', contract: 1, name: 'n', version: '1', secrets: ['TOKEN'] };
    export const Factory = (_log, { signal, config }) => {
      shared.signal = signal;
      return { get: async () => null, set: async () => {}, ${methods} };
    };`,
  );
  const plugin = await openPlugin(CACHE, { path, env: {}, ...options });
  const shared = exportOf(path, 'shared') as { events: string[]; signal: AbortSignal } & Record<string, unknown>;
  return { plugin, path, shared };
}

describe('ping', () => {
  it('leaves a plugin without its back end live, but degraded', async () => {
    const path = fixture('ping-fails.mjs');
    const plugin = await openPlugin(CACHE, { path });
    expect(plugin.status()).toMatchObject({
      state: 'degraded',
      error: {
        code: 'PLUGIN_CALL_FAILED',
        message: `plugin ${path}: found a failed call of ping() (connect ECONNREFUSED 127.0.0.1:6379), wanted an answer; see the log of the plugin`,
      },
    });
    await expect(plugin.proxy.get('key')).resolves.toEqual({ status: 'not-found' });
  });

  it('brings a degraded plugin back to live, and a live one to degraded', async () => {
    const { plugin, shared } = await openCache(`ping: async () => { if (!shared.isUp) throw new Error('down'); }`);
    expect(plugin.status().state).toBe('degraded');

    shared['isUp'] = true;
    await expect(plugin.ping()).resolves.toBe('live');
    expect(plugin.status()).toMatchObject({ state: 'live', error: null });

    shared['isUp'] = false;
    await expect(plugin.ping()).resolves.toBe('degraded');
    expect(plugin.status()).toMatchObject({ state: 'degraded', error: { code: 'PLUGIN_CALL_FAILED' } });
  });

  it('fails when it is not answered in time', async () => {
    const { plugin } = await openCache('ping: () => new Promise(() => {})', { callTimeoutMs: 20 });
    expect(plugin.status()).toMatchObject({ state: 'degraded', error: { code: 'PLUGIN_CALL_TIMEOUT' } });
  });

  it('reports a plugin without a ping as live', async () => {
    const { plugin } = await openCache('');
    await expect(plugin.ping()).resolves.toBe('live');
  });

  it('does not show a secret when it fails', async () => {
    const ping = `ping: async () => { throw new Error('AUTH ' + config.TOKEN); }`;
    const { plugin } = await openCache(ping, { env: { TOKEN: 'hunter2' } });
    expect(plugin.status().error?.message).toContain('found a failed call of ping() (AUTH ***)');
    expect(JSON.stringify(plugin.status())).not.toContain('hunter2');
  });

  it('does not change the state of a closed plugin', async () => {
    const { plugin, shared } = await openCache('ping: async () => { shared.events.push("ping"); }');
    await plugin.close();
    await expect(plugin.ping()).resolves.toBe('closed');
    expect(plugin.status()).toMatchObject({ state: 'closed', error: null });
    expect(shared.events).toEqual(['ping']);
  });
});

describe('a call', () => {
  it('without an answer ends at its deadline and aborts the signal of the plugin', async () => {
    const path = fixture('never-answers.mjs');
    const plugin = await openPlugin(CACHE, {
      path,
      callTimeoutMs: 20,
      settingNames: { callTimeoutMs: 'CACHE_TIMEOUT' },
    });
    for (const call of [() => plugin.proxy.get('key'), () => plugin.proxy.set('key', 'value', 1000)]) {
      await expect(call()).rejects.toHaveProperty('code', 'PLUGIN_CALL_TIMEOUT');
    }
    await expect(plugin.proxy.get('key')).rejects.toThrow(
      `plugin ${path}: found no answer from get(), wanted an answer within 20 ms; check its back end, or raise CACHE_TIMEOUT; the work may still have been done`,
    );
    expect(Reflect.get(globalThis, '__neverAnswersSignals')).toMatchObject([
      { aborted: true },
      { aborted: true },
      { aborted: true },
    ]);
  });

  it('that the plugin rejects reports the reason', async () => {
    const path = fixture('rejecting.mjs');
    const { proxy } = await openPlugin(CACHE, { path });
    await expect(proxy.get('key')).rejects.toMatchObject({
      code: 'PLUGIN_CALL_FAILED',
      message: `plugin ${path}: found a failed call of get() (READONLY You cannot read from this replica), wanted an answer; see the log of the plugin`,
    });
    await expect(proxy.set('key', 'value', 1000)).rejects.toHaveProperty('cause.message', 'OOM command not allowed');
  });

  it('does not show a secret when it fails', async () => {
    const get = `get: async () => { throw new Error('AUTH ' + config.TOKEN); }`;
    const { plugin } = await openCache(get, { env: { TOKEN: 'hunter2' } });
    await expect(plugin.proxy.get('key')).rejects.toThrow('found a failed call of get() (AUTH ***)');
  });

  it('with a wrong answer is refused', async () => {
    const path = fixture('wrong-answer.mjs');
    const { proxy } = await openPlugin(CACHE, { path });
    await expect(proxy.get('key')).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_ANSWER',
      message: `plugin ${path}: found a wrong answer from get(), wanted an answer that matches the contract; correct the plugin`,
    });
  });

  it('cannot reach close() or a method that the plugin does not have', async () => {
    const { plugin } = await openCache('close: async () => {}, flushAll: async () => {}');
    expect(Object.keys(plugin.proxy).toSorted()).toEqual(['get', 'set']);
  });
});

describe('close', () => {
  const CLOSE = 'close: async () => { shared.events.push("closed"); }';

  it('ends the instance and then aborts the signal of its context', async () => {
    const { plugin, shared } = await openCache(CLOSE);
    shared.signal.addEventListener('abort', () => shared.events.push('aborted'));
    await plugin.close();
    expect(shared.events).toEqual(['closed', 'aborted']);
    expect(plugin.status().state).toBe('closed');
  });

  it('refuses calls after it', async () => {
    const { plugin, path } = await openCache(CLOSE);
    await plugin.close();
    await expect(plugin.proxy.get('key')).rejects.toMatchObject({
      code: 'PLUGIN_CLOSED',
      message: `plugin ${path}: found a call of get() after the plugin was closed, wanted no calls after the close; stop the callers first`,
    });
  });

  it('closes the instance once, even after several calls', async () => {
    const { plugin, shared } = await openCache(CLOSE);
    await Promise.all([plugin.close(), plugin.close()]);
    await plugin.close();
    expect(shared.events).toEqual(['closed']);
  });

  it('waits for calls in flight before it closes the instance, and refuses new ones', async () => {
    const { plugin, shared } = await openCache(
      `${CLOSE}, get: () => new Promise((resolve) => (shared.answer = resolve))`,
      {
        callTimeoutMs: 5_000,
      },
    );
    const answered = plugin.proxy.get('key').then(() => shared.events.push('answered'));
    const closed = plugin.close();
    expect(plugin.status().state).toBe('draining');
    await expect(plugin.proxy.get('key')).rejects.toHaveProperty('code', 'PLUGIN_CLOSED');
    expect(shared.signal.aborted).toBe(false);

    (shared['answer'] as (answer: null) => void)(null);
    await Promise.all([answered, closed]);
    expect(shared.events).toEqual(['answered', 'closed']);
  });

  it('does not wait longer for a call than its deadline', async () => {
    const { plugin, shared } = await openCache(`${CLOSE}, get: () => new Promise(() => {})`, { callTimeoutMs: 20 });
    const failure = plugin.proxy.get('key').catch((error: unknown) => error);
    await plugin.close();
    expect(await failure).toHaveProperty('code', 'PLUGIN_CALL_TIMEOUT');
    expect(shared.events).toEqual(['closed']);
  });

  it('succeeds for a plugin without close', async () => {
    const { plugin } = await openCache('');
    await expect(plugin.close()).resolves.toBeUndefined();
    expect(plugin.status().state).toBe('closed');
  });

  it.each([
    { how: 'hangs', body: 'new Promise(() => {})', reason: 'not finished within 20 ms' },
    { how: 'rejects', body: `Promise.reject(new Error('QUIT refused'))`, reason: 'QUIT refused' },
    { how: 'throws', body: `{ throw new Error('QUIT refused'); }`, reason: 'QUIT refused' },
    { how: 'repeats a secret', body: `Promise.reject(new Error(config.TOKEN))`, reason: '***' },
  ])('rejects with PLUGIN_CLOSE_FAILED when the plugin’s $how, and the plugin is closed', async ({ body, reason }) => {
    const options = { closeTimeoutMs: 20, env: { TOKEN: 'hunter2' } };
    const { plugin, path, shared } = await openCache(`close: () => ${body}`, options);
    const failure = {
      code: 'PLUGIN_CLOSE_FAILED',
      message: `plugin ${path}: found a close() that failed (${reason}), wanted a close() that succeeds within 20 ms; see the log of the plugin`,
    };
    await expect(plugin.close()).rejects.toMatchObject(failure);
    expect(plugin.status().state).toBe('closed');
    expect(shared.signal.aborted).toBe(true);
    await expect(plugin.close()).rejects.toMatchObject(failure);
    await expect(plugin.proxy.get('key')).rejects.toHaveProperty('code', 'PLUGIN_CLOSED');
  });
});
