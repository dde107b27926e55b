// The channels: their messages, and the spans of the libraries of a plugin in every isolation.
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';
import { CACHE, openCache, pluginFile, PluginSlot } from '../../../../test/support/built-host.js';
import { eventually } from '../../../../test/support/eventually.js';
import { ISOLATIONS } from '../plugin-options.js';
import { type LibrarySpan, MAX_SPANS } from './library-span.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** A cache with this body of `get`, whose library traces `demo:query`. */
const plugin = (body: string, more = ''): string =>
  pluginFile(`
    import { tracingChannel } from 'node:diagnostics_channel';
    export const manifest = {
      kind: 'cache', contract: 1, name: 'traced', version: '1.2.3', secrets: ['TOKEN'], telemetry: ['demo:query'],
    };
    const channel = tracingChannel('demo:query');
    const query = (context, work) => channel.hasSubscribers ? channel.tracePromise(work, context) : work();
    const miss = { status: 'not-found' };
    export const Factory = (log, { config }) => ({
      async get(key, options) { ${body} },
      async set() {}, ${more}
    });
  `);

const undo: (() => void)[] = [];
afterEach(() => {
  for (const end of undo.splice(0)) end();
});

function messagesOf(name: string): Record<string, unknown>[] {
  const messages: Record<string, unknown>[] = [];
  const listener = (message: unknown): void => void messages.push(message as Record<string, unknown>);
  subscribe(name, listener);
  undo.push(() => void unsubscribe(name, listener));
  return messages;
}

function tracedCalls(): { readonly method: string; readonly spans: readonly LibrarySpan[] }[] {
  const calls: { readonly method: string; readonly spans: readonly LibrarySpan[] }[] = [];
  const subscribers = {
    start: (call: { traceparent?: string }) => void (call.traceparent = TRACEPARENT),
    asyncEnd: (call: unknown) => void calls.push(call as (typeof calls)[number]),
  };
  const channel = tracingChannel('pluggable:call');
  channel.subscribe(subscribers);
  undo.push(() => channel.unsubscribe(subscribers));
  return calls;
}

describe.each(ISOLATIONS)('%s', (isolation) => {
  const identity = { contract: 'cache', plugin: 'traced', version: '1.2.3', isolation };

  it('publishes one message for each finished call, with its outcome', async () => {
    const calls = messagesOf('pluggable:call');
    const opened = await openCache(
      plugin(`
        if (key === 'fails') throw Object.assign(new Error('no'), { code: 'E_NO' });
        if (key === 'hangs') await new Promise((resolve) => setTimeout(resolve, 2_000));
        return miss;
      `),
      { isolation, callTimeoutMs: 300 },
    );
    await opened.proxy.get('key');
    await expect(opened.proxy.get('fails')).rejects.toBeInstanceOf(Error);
    await expect(opened.proxy.get('hangs')).rejects.toBeInstanceOf(Error);
    await expect(opened.proxy.get('key', { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    await expect((opened.proxy.get as (...args: unknown[]) => Promise<unknown>)(1, 2, 3)).rejects.toBeInstanceOf(Error);
    await opened.close();
    await expect(opened.proxy.get('key')).rejects.toBeInstanceOf(Error);

    const get = { ...identity, method: 'get', durationMs: expect.any(Number) };
    expect(calls).toEqual([
      { ...get, outcome: 'answer', code: undefined },
      { ...get, outcome: 'failure', code: 'PLUGIN_CALL_FAILED' },
      { ...get, outcome: 'timeout', code: 'PLUGIN_CALL_TIMEOUT' },
      { ...get, outcome: 'abort', code: undefined },
      { ...get, outcome: 'refusal', code: 'PLUGIN_WRONG_ARGUMENTS' },
      { ...get, outcome: 'refusal', code: 'PLUGIN_CLOSED' },
    ]);
    expect(calls[2]?.['durationMs']).toBeGreaterThanOrEqual(299);
  });

  it('publishes the life of a plugin, and its circuit breakers', async () => {
    const lives = messagesOf('pluggable:lifecycle');
    const breakers = messagesOf('pluggable:breaker');
    const path = plugin(`throw new Error('no')`);
    const slot = await PluginSlot.open(CACHE, { plugin: { path, isolation } });
    for (let i = 0; i < 50; i++) await slot.proxy.get('key').catch(() => undefined);
    await expect(slot.swap({ path: `${path}-that-is-not-there.mjs` })).rejects.toBeInstanceOf(Error);
    await slot.swap({ path: plugin('return miss') });
    await slot.close();

    expect(breakers).toEqual([{ ...identity, method: 'get', state: 'open', code: 'PLUGIN_CALL_FAILED' }]);
    expect(lives.map(({ event, code }) => [event, code])).toEqual([
      ['opened', undefined],
      ['start-failed', 'PLUGIN_NOT_FOUND'],
      ['opened', undefined],
      ['swapped', undefined],
      ['closed', undefined],
      ['closed', undefined],
    ]);
    expect(lives[0]).toEqual({ ...identity, event: 'opened', path, code: undefined });
  });

  it('collects the spans of the libraries of a traced call, with secrets masked', async () => {
    const traced = tracedCalls();
    const opened = await openCache(
      plugin(`
        const inBatch = await query({ db: 1, isRead: true, name: key, of: { a: 1 }, url: 'demo://:' + config.TOKEN }, async () => miss);
        await query({ name: 'fails' }, async () => { throw new Error('denied for ' + config.TOKEN); }).catch(() => {});
        return { ...inBatch, traceparent: options.traceparent };
      `),
      { isolation, env: { TOKEN: 'hunter2-hunter2' } },
    );
    const startMs = Date.now();
    await expect(opened.proxy.get('key')).resolves.toMatchObject({ traceparent: TRACEPARENT });
    await opened.close();

    const call = traced.find(({ method }) => method === 'get');
    expect(call).toMatchObject({ ...identity, method: 'get' });
    expect(call?.spans).toEqual([
      {
        channel: 'demo:query',
        startMs: expect.any(Number),
        endMs: expect.any(Number),
        error: undefined,
        attributes: { db: 1, isRead: true, name: 'key', url: 'demo://:***' },
      },
      expect.objectContaining({ error: 'denied for ***', attributes: { name: 'fails' } }),
    ]);
    for (const span of call?.spans ?? []) {
      expect(span.startMs).toBeGreaterThan(startMs - 100);
      expect(span.endMs).toBeGreaterThanOrEqual(span.startMs);
      expect(span.endMs).toBeLessThan(Date.now() + 100);
    }
  });

  it('keeps the spans of concurrent calls apart, and bounds them', async () => {
    const traced = tracedCalls();
    const opened = await openCache(
      plugin(`
        for (let i = 0; i < Number(key); i++) await query({ i, key }, async () => {});
        return miss;
      `),
      { isolation },
    );
    await Promise.all(['1', '2', '3', '100'].map((key) => opened.proxy.get(key)));
    await opened.close();

    const counts = traced.map(({ spans }) => [
      [...new Set(spans.map(({ attributes }) => attributes['key']))].join(' and '),
      spans.length,
    ]);
    expect(Object.fromEntries(counts)).toEqual({ '1': 1, '2': 2, '3': 3, '100': MAX_SPANS });
  });

  it('collects nothing in a call that is not traced', async () => {
    const opened = await openCache(
      plugin(`return { ...miss, is: channel.hasSubscribers, traceparent: options.traceparent };`),
      {
        isolation: isolation === 'inline' ? 'worker' : isolation,
      },
    );
    await expect(opened.proxy.get('key')).resolves.toEqual({ status: 'not-found', is: false, traceparent: undefined });
    await opened.close();
  });
});

it.each(['worker', 'process'] as const)('publishes the end and the restart of a %s', async (isolation) => {
  const lives = messagesOf('pluggable:lifecycle');
  const opened = await openCache(plugin(`process.exit(3)`), { isolation });
  await expect(opened.proxy.get('key')).rejects.toBeInstanceOf(Error);
  await eventually('the restart', () => lives.some(({ event }) => event === 'restarted'));
  await opened.close();
  expect(lives.map(({ event, code }) => [event, code])).toEqual([
    ['opened', undefined],
    ['ended', 'PLUGIN_ENDED'],
    ['restarted', undefined],
    ['closed', undefined],
  ]);
});
