// Messages, output and log lines of an isolated plugin: an invalid message ends only this plugin, and floods are bounded. One case
// of each kind; the soak test has all messages in all states.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openCache, pluginFile } from '../support/built-host.js';
import { eventually } from '../support/eventually.js';
import { floodOfLog, floodOfOutput, LINES } from '../support/flooding-plugin.js';
import { endOfGuest, endOfStart, openPosting } from '../support/posting-plugin.js';
import { fixture, startProgram } from '../support/program.js';
import { promise } from '../support/promises.js';
import { recordingLogger } from '../support/recording-logger.js';
import { get } from '../support/request.js';

const ISOLATIONS = ['worker', 'process'] as const;
const HALF_RIGHT = ['a reply and a null', 'two replies to one call', 'a reply and a batch'];
const manifest = `export const manifest = { kind: 'cache', contract: 1, name: 'guest', version: '1' };`;
/** A cache with this body of get(). */
const withGet = (body: string) =>
  pluginFile(`${manifest} export const Factory = (log) => ({ async get(key, call) { ${body} }, async set() {} });`);

promise(17, () => {
  it.each([
    { isolation: 'worker', name: 'null' },
    { isolation: 'worker', name: 'an unknown level' },
    { isolation: 'worker', name: 'ready' },
    { isolation: 'worker', name: 'answer without a body' },
    { isolation: 'worker', name: 'failure whose details are shared memory' },
    { isolation: 'worker', name: 'unsendable with a long way out' },
    { isolation: 'worker', name: 'a hole in the spans' },
    { isolation: 'worker', name: 'a batch in a batch' },
    { isolation: 'worker', name: 'a batch of too many messages' },
    { isolation: 'worker', name: 'a batch of four billion holes' },
    { isolation: 'process', name: 'a type of every object' },
    { isolation: 'process', name: 'live a second time' },
    { isolation: 'process', name: 'failure with deep details' },
    { isolation: 'process', name: 'failure with too many causes' },
    { isolation: 'process', name: 'a span with a long attribute' },
    { isolation: 'process', name: 'a batch of too many messages' },
    { isolation: 'process', name: 'a batch that ends with nonsense' },
    { isolation: 'process', name: 'no frame' },
    { isolation: 'process', name: 'a frame that is not a message' },
  ] as const)('ends a live $isolation that sends nonsense: $name', async ({ isolation, name }) => {
    expect(await endOfGuest(isolation, name)).toEqual(['PLUGIN_MISBEHAVED', 'restarting', 'PLUGIN_MISBEHAVED']);
  });

  it.each([
    { isolation: 'worker', name: 'a level of every object' },
    { isolation: 'worker', name: 'a contract that the host does not have' },
    { isolation: 'process', name: 'live a second time' },
  ] as const)(
    'refuses a $isolation that sends an invalid message while it starts: $name',
    async ({ isolation, name }) => {
      expect(await endOfStart(isolation, name)).toBe('PLUGIN_MISBEHAVED');
    },
  );

  it.each(ISOLATIONS)('accepts a valid reply of a %s', async (isolation) => {
    const codes = { failure: 'PLUGIN_CALL_FAILED', unsendable: 'PLUGIN_WRONG_ANSWER' };
    for (const [name, code] of Object.entries(codes)) {
      expect(await endOfGuest(isolation, name)).toEqual([code, 'live', undefined]);
    }
  });

  it.each(ISOLATIONS)('handles batched messages of a %s in order', async (isolation) => {
    const { logger, lines } = recordingLogger();
    const plugin = await openPosting(isolation, { logger });
    await expect(plugin.proxy.get('a batch')).rejects.toHaveProperty('code', 'PLUGIN_CALL_FAILED');
    expect(lines.map(([, text]) => text)).toEqual(['[plugin/posts] hello', '[plugin/posts] hello']);
    expect(plugin.status()).toMatchObject({ state: 'live', restarts: 0 });
    await plugin.close();
  });

  it.each(ISOLATIONS.flatMap((isolation) => HALF_RIGHT.map((name) => ({ isolation, name }))))(
    'accepts the valid messages of a batch, and ends the $isolation at an invalid one: $name',
    async ({ isolation, name }) => {
      expect(await endOfGuest(isolation, name)).toEqual(['PLUGIN_CALL_FAILED', 'restarting', 'PLUGIN_MISBEHAVED']);
    },
  );

  it('restarts a guest that sent an invalid message', async () => {
    const plugin = await openPosting('process');
    await plugin.proxy.get('null').catch(() => undefined);
    expect(plugin.status()).toMatchObject({ state: 'restarting', error: { code: 'PLUGIN_MISBEHAVED' } });
    await eventually('the plugin', () => plugin.status().state === 'live');
    await expect(plugin.proxy.get('is alive')).resolves.toEqual({});
    expect(plugin.status().restarts).toBe(1);
    await plugin.close();
  });

  it('reads a message that arrives byte by byte', async () => {
    const { logger, lines } = recordingLogger();
    const plugin = await openPosting('process', { logger });
    await plugin.proxy.get('byte by byte');
    expect(lines).toEqual([['info', '[plugin/posts] byte by byte', { at: 'x'.repeat(500) }]]);
    await plugin.close();
  });

  it.each(ISOLATIONS)('fails only the call whose answer is too large: %s', async (isolation) => {
    const path = withGet(`return key === 'large' ? { text: 'x'.repeat(17 * 1024 * 1024) } : {};`);
    const plugin = await openCache(path, { isolation, callTimeoutMs: 5_000 });
    await expect(plugin.proxy.get('large')).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_ANSWER',
      message: expect.stringMatching(/part of more than 16777216 characters at get: answer.*; send less at a time/),
    });
    await expect(plugin.proxy.get('large', { signal: new AbortController().signal })).rejects.toThrow('16777216');
    await expect(plugin.proxy.get('key')).resolves.toEqual({});
    expect(plugin.status()).toMatchObject({ state: 'live', restarts: 0 });
    await plugin.close();
  });

  it.each(ISOLATIONS)('accepts an answer of a %s that crosses the abort of its call', async (isolation) => {
    const path = withGet(`
      if (key === 'at the abortion') await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
      return {};`);
    const plugin = await openCache(path, { isolation, callTimeoutMs: 5_000 });
    for (let calls = 0; calls < 200; calls++) {
      const caller = new AbortController();
      const { signal } = caller;
      const call = plugin.proxy.get(calls % 2 === 0 ? 'at once' : 'at the abortion', { signal });
      call.catch(() => undefined);
      if (calls % 3 === 0) await Promise.resolve();
      if (calls % 3 === 1) await delay(0);
      caller.abort(new Error('gone'));
      await call.catch(() => undefined);
    }
    await expect(plugin.proxy.get('at once')).resolves.toEqual({});
    expect(plugin.status()).toMatchObject({ state: 'live', restarts: 0 });
    await plugin.close();
  });

  it('bounds the log of a process, and reports the number of dropped lines after the flood', async () => {
    const { lines, dropped, state } = await floodOfLog('process', async (said) => {
      await eventually('the count', () => said.some(([, text]) => text.endsWith(' log lines dropped')));
    });
    expect(lines + dropped).toBe(LINES);
    expect(lines).toBeLessThan(LINES / 5);
    expect(state).toBe('live');
  });

  it('bounds the output of a worker: lines, their length, and endless lines', async () => {
    const { lines, dropped, longest, state } = await floodOfOutput('worker');
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThan(15_000);
    expect(dropped).toBeGreaterThan(0);
    expect(longest).toBeLessThan(9_000);
    expect(state).toBe('live');
  });

  it.each([
    ['log lines', 'line'],
    ['batches of log lines', 'Array(16).fill(line)'],
  ])('ends a worker that floods the channel with %s', async (_, sent) => {
    const { logger, lines } = recordingLogger();
    const path = pluginFile(`import { parentPort } from 'node:worker_threads'; ${manifest}
      const line = { type: 'log', level: 'info', message: 'line' };
      export const Factory = () => ({
        async get() { for (;;) parentPort.postMessage(${sent}); },
        async set() {} });`);
    const plugin = await openCache(path, { isolation: 'worker', logger, callTimeoutMs: 20_000 });
    await expect(plugin.proxy.get('key')).rejects.toHaveProperty('code', 'PLUGIN_MISBEHAVED');
    expect(lines.length).toBeLessThan(30_000);
    await plugin.close();
  });

  it('keeps the program running when its plugin posts null', async () => {
    const env = { CACHE_PLUGIN_PATH: fixture('faults/posts-null.mjs'), CACHE_PLUGIN_ISOLATION: 'worker' };
    await using program = await startProgram({ env });
    await program.line('[plugin/case] ended; will be restarted', { code: 'PLUGIN_MISBEHAVED' });
    await program.line('[plugin/case] live again');
    expect((await get(program.url, '/fib/20')).body).toEqual({ result: 6_765 });
    expect((await program.stop()).code).toBe(0);
  });
});
