// One plugin in each isolation: its arguments, its results and the aborts on both sides are the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenPlugin, ISOLATIONS, type Isolation } from '@pluggable/host';

import { eventually } from '../support/eventually.js';
import { described, HOW_THROWN, openPrices, type Prices, VALUES } from '../support/prices.js';
import { promise } from '../support/promises.js';

/** The abort as the plugin sees it. */
const ABORTED = '"DOMException AbortError: This operation was aborted"';

const plugins = new Map<Isolation, OpenPlugin<Prices>>();

beforeAll(async () => {
  for (const isolation of ISOLATIONS) plugins.set(isolation, await openPrices(isolation));
});
afterAll(async () => {
  for (const plugin of plugins.values()) await plugin.close();
});

const opened = (): OpenPlugin<Prices>[] => [...plugins.values()];

/** The outcome of a call, as text: the typed value, or all parts of the error. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return await call.then(described, (error: unknown) => textOf(error, 0));
}

function textOf(error: unknown, causes: number): string {
  if (!(error instanceof Error) || causes > 10) return described(error);
  const { name, message, cause } = error;
  const { code, details } = error as { readonly code?: unknown; readonly details?: unknown };
  const why = cause === undefined ? '' : ` because ${textOf(cause, causes + 1)}`;
  return `${name} ${String(code)}: ${message} ${described(details)}${why}`;
}

/** The outcome of a call, which is equal in all isolations. */
async function outcomeEverywhere(call: (proxy: Prices) => Promise<unknown>): Promise<string> {
  const [inline = '', ...isolated] = await Promise.all(opened().map(({ proxy }) => outcomeOf(call(proxy))));
  expect(isolated).toEqual([inline, inline]);
  return inline;
}

/** A wrong answer counts as a failure: valid answers in between keep the breaker closed. */
const goodCalls = () =>
  Promise.all(
    [1, 2].flatMap(() =>
      opened().flatMap(({ proxy }) => [
        proxy.made('a text'),
        outcomeOf(proxy.rejects('a text')),
        outcomeOf(proxy.throws('an Error', 'later')),
      ]),
    ),
  );

const CARRIED = VALUES.filter(({ arrives }) => arrives !== undefined);
const REFUSED = VALUES.filter(({ arrives }) => arrives === undefined);

/** The outcomes of the value of this name as argument, answer and error details. */
async function outcomesOf(name: string, make: () => unknown) {
  return {
    asArgument: await outcomeEverywhere(async (prices) => await prices.seen(await make())),
    asAnswer: await outcomeEverywhere((prices) => prices.made(name)),
    asDetails: await outcomeEverywhere((prices) => prices.rejects(name)),
  };
}

const loose = (proxy: Prices) => proxy as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;

promise(21, () => {
  describe('every kind of value', () => {
    it.each(CARRIED)('arrives equally as argument, answer and details: $name', async ({ name, make, arrives }) => {
      const arrived = described(await arrives?.());
      const { asArgument, asAnswer, asDetails } = await outcomesOf(name, make);
      expect(asArgument).toBe(described(arrived));
      expect(asAnswer).toBe(arrived);
      expect(asDetails).toBe(`Error HAS_DETAILS: ${name} ${arrived}`);
    });

    it.each(REFUSED)('is refused equally as argument, answer and details: $name', async ({ name, make, found }) => {
      await goodCalls();
      const { asArgument, asAnswer, asDetails } = await outcomesOf(name, make);
      expect([asArgument, asAnswer, asDetails]).toEqual(
        Array.from({ length: 3 }, () => expect.stringMatching(found ?? '')),
      );
      expect(asArgument).toMatch(/^PluginError PLUGIN_WRONG_ARGUMENTS: .* at seen: value/);
      expect(asAnswer).toMatch(/^PluginError PLUGIN_WRONG_ANSWER: .* at made: answer/);
      expect(asDetails).toMatch(/^PluginError PLUGIN_WRONG_ANSWER: .* at rejects: details/);
    });

    it('has the same limits: two bytes per character, and for all arguments together', async () => {
      const large = '茶'.repeat(9 * 1_024 * 1_024);
      for (const { proxy } of opened()) expect((await proxy.echo(large)) === large).toBe(true);
      const tooLarge = /PLUGIN_WRONG_ARGUMENTS.*part of more than 16777216 characters at areSame: another/;
      expect(await outcomeEverywhere((prices) => prices.areSame(large, large))).toMatch(tooLarge);
      const holes = Object.assign([], { length: 600_000 });
      expect(await outcomeEverywhere((prices) => prices.echo([holes, [...holes]]))).toContain(
        'more than 1000000 values',
      );
    });

    it('stays one object if two arguments share it', async () => {
      const value = { x: 1 };
      expect(await outcomeEverywhere((prices) => prices.areSame(value, value))).toBe('true');
      expect(await outcomeEverywhere((prices) => prices.areSame(value, { x: 1 }))).toBe('false');
    });

    it.each(ISOLATIONS)('is not shared, and leaves the buffers of its sender unchanged: %s', async (isolation) => {
      const { proxy } = pluginIn(isolation);
      const buffer = new ArrayBuffer(8);
      const value = { list: ['mine'], bytes: new Uint8Array(buffer, 4), map: new Map([['by', 'me']]), buffer };
      const before = described(value);
      const answer = (await proxy.keep(value)) as typeof value;
      expect(described(value)).toBe(before);
      expect(answer.list).toEqual(['mine', 'by the plugin']);

      value.list.push('later');
      value.bytes.fill(7);
      answer.map.clear();
      answer.list.length = 0;
      const kept = (await proxy.kept()) as typeof value;
      expect(kept).toMatchObject({ list: ['mine', 'by the plugin'], map: new Map([['by', 'the plugin']]) });
      expect([...kept.bytes]).toEqual([9, 0, 0, 0]);

      const rejection = (await proxy.rejectsWithKept().catch((error: unknown) => error)) as { details: typeof value };
      rejection.details.list.length = 0;
      expect(described(await proxy.kept())).toBe(described(kept));
    });
  });

  describe('a domain error', () => {
    it('counts as an answer: thirty of them leave the breaker closed, and are counted separately', async () => {
      const before = opened().map((plugin) => plugin.status().calls['quote']);
      const skus = Array.from({ length: 30 }, (_, index) => `unknown ${index}`);
      for (const sku of skus) {
        const error = `Error UNKNOWN_SKU: no such sku ${described({ sku })}`;
        expect(await outcomeEverywhere((prices) => prices.quote(sku))).toBe(error);
      }
      expect(await outcomeEverywhere((prices) => prices.quote('tea'))).toBe(described({ sku: 'tea', price: 1 }));
      for (const [index, plugin] of opened().entries()) {
        const { answers = 0, domainErrors = 0, failures, refusals } = before[index] ?? {};
        const counts = { answers: answers + 1, domainErrors: domainErrors + 30, failures, refusals };
        expect(plugin.status()).toMatchObject({ state: 'live', openBreakers: [], calls: { quote: counts } });
      }
    });

    it.each(HOW_THROWN)('and any other thrown value, synchronous or not, arrives equally: %s', async (how) => {
      await goodCalls();
      const later = await outcomeEverywhere((prices) => prices.throws(how, 'later'));
      expect(await outcomeEverywhere((prices) => prices.throws(how, 'at once'))).toBe(later);
      expect(later).toMatch(/^\w+ (UNKNOWN_SKU|PLUGIN_CALL_FAILED|PLUGIN_WRONG_ANSWER): /);
    });

    it.each([
      { how: 'an Error', error: { name: 'Error', code: 'UNKNOWN_SKU', message: 'no tea', details: { sku: 'tea' } } },
      { how: 'an Error of a subclass', error: { name: 'UnknownSku', code: 'UNKNOWN_SKU', message: 'no\ntea ' } },
      { how: 'a plain object', error: { name: 'UnknownSku', message: 'no tea', details: [1n] } },
      { how: 'a code alone', error: { name: 'Error', code: 'UNKNOWN_SKU', message: '' } },
      { how: 'a cause', error: { code: 'UNKNOWN_SKU', cause: { name: 'TypeError', message: 'no leaves' } } },
      {
        how: 'an undeclared code',
        error: { name: 'PluginError', cause: { code: 'OUT_OF_STOCK', message: 'no leaves' } },
      },
      { how: 'a revoked Proxy', error: { cause: { message: 'a thrown object that cannot be shown' } } },
      { how: 'undefined', error: { cause: { name: 'Error', message: 'undefined' } } },
    ])('keeps its content: $how', async ({ how, error }) => {
      for (const { proxy } of opened()) await expect(proxy.throws(how, 'later')).rejects.toMatchObject(error);
    });

    it('closes the breaker at the end of a trial; an undeclared error opens it', async () => {
      for (let calls = 0; calls < 40; calls++) await outcomeEverywhere((prices) => prices.quote('broken'));
      for (const plugin of opened()) expect(plugin.status().openBreakers).toEqual(['quote']);
      for (const plugin of opened()) {
        const trial = () => outcomeOf(plugin.proxy.quote('unknown'));
        await eventually('a trial', async () => (await trial()).includes('UNKNOWN_SKU'));
        expect(plugin.status().openBreakers).toEqual([]);
      }
      expect(await outcomeEverywhere((prices) => prices.quote('tea'))).toBe(described({ sku: 'tea', price: 1 }));
    });
  });

  describe('a deadline', () => {
    it('is that of the method, otherwise 1 s; the error says that the work may have been done', async () => {
      const [waited, slow] = await Promise.all([
        outcomeEverywhere((prices) => prices.wait('two seconds', 2_000)),
        outcomeEverywhere((prices) => prices.quote('slow')),
      ]);
      expect(waited).toBe('"waited"');
      expect(slow).toMatch(/PLUGIN_CALL_TIMEOUT.*no answer from quote\(\), wanted an answer within 1000 ms/);
      expect(slow).toContain('the work may still have been done');
    });

    it('aborts the signal of the plugin, with the same reason', async () => {
      const late = await outcomeEverywhere((prices) => prices.hang('late'));
      expect(late).toContain('no answer from hang(), wanted an answer within 100 ms');
      expect(await outcomeEverywhere((prices) => prices.abortionOf('late'))).toBe(ABORTED);
    });

    it.each(ISOLATIONS)('can be set for all methods, or for each: %s', async (isolation) => {
      const all = await openPrices(isolation, { callTimeoutMs: 150 });
      await expect(all.proxy.wait('all', 1_000)).rejects.toThrow('within 150 ms');
      await expect(all.proxy.hang('all')).rejects.toThrow('within 150 ms');
      await all.close();
      const each = await openPrices(isolation, { callTimeoutMs: { quote: 50 } });
      await expect(each.proxy.quote('slow')).rejects.toThrow('within 50 ms');
      await expect(each.proxy.hang('each')).rejects.toThrow('within 100 ms');
      await each.close();
      await expect(openPrices(isolation, { callTimeoutMs: { qoute: 50 } })).rejects.toThrow(
        'found callTimeoutMs.qoute, wanted methods of the prices contract: ',
      );
    });
  });

  it.each(ISOLATIONS)(
    'the abort of a caller reaches the plugin, with the same reason, and without the reason of the caller: %s',
    async (isolation) => {
      const { proxy } = pluginIn(isolation);
      const caller = new AbortController();
      const waiting = outcomeOf(proxy.wait('left', 2_000, { signal: caller.signal }));
      await eventually('the call', async () => (await proxy.abortionOf('left')) === 'not aborted');
      caller.abort(new RangeError('the client is gone'));
      expect(await waiting).toContain('the client is gone');
      expect(await proxy.abortionOf('left')).toBe(JSON.parse(ABORTED));
      const none = await outcomeOf(proxy.wait('none', 1, { signal: caller.signal }));
      expect(none).toContain('the client is gone');
      expect(await proxy.abortionOf('none')).toBe('not called');
    },
  );

  describe('a wrong call', () => {
    const WRONG: readonly (readonly [name: string, args: readonly unknown[]])[] = [
      ['no arguments', []],
      ['too many arguments', ['tea', {}, {}]],
      ['another text', ['tea', 'green']],
      ['null as options', ['tea', null]],
      ['a number as options', ['tea', 5]],
      ['a list as options', ['tea', ['green']]],
      ['a Map as options', ['tea', new Map()]],
      ['a function as options', ['tea', () => {}]],
      ['options of another name', ['tea', { ttlMs: 5 }]],
      ['the signal itself', ['tea', new AbortController().signal]],
      ['null as signal', ['tea', { signal: null }]],
      ['an object as signal', ['tea', { signal: {} }]],
      ['an event target as signal', ['tea', { signal: new EventTarget() }]],
      ['a signal that throws', ['tea', { get signal() { throw new Error('no'); } }]], // prettier-ignore
    ];

    it.each(WRONG)('reaches no plugin, and its error reports that: %s', async (_, args) => {
      const calls = await outcomeEverywhere((proxy) => proxy.calls());
      const wrong = await outcomeEverywhere((proxy) => loose(proxy)['quote']?.(...args) ?? Promise.resolve());
      expect(wrong).toMatch(/PLUGIN_WRONG_ARGUMENTS.*quote\(\).*correct the caller/);
      expect(await outcomeEverywhere((proxy) => proxy.calls())).toBe(calls);
    });

    it('never opens a breaker', async () => {
      for (let times = 0; times < 40; times++) await outcomeEverywhere((proxy) => proxy.seen(() => {}));
      for (const plugin of opened())
        expect(plugin.status()).toMatchObject({ openBreakers: [], calls: { seen: { failures: 0 } } });
      expect(await outcomeEverywhere((proxy) => proxy.seen(1))).toBe('"1"');
    });

    it.each([
      [[]],
      [[undefined]],
      [[{}]],
      [[{ signal: undefined }]],
      [[{ signal: new AbortController().signal, tenant: 'a' }]],
    ])('is not a call with the options %j: the plugin gets only a signal', async (options) => {
      const got = await outcomeEverywhere(
        (proxy) => loose(proxy)['optionsOf']?.('key', ...options) ?? Promise.resolve(),
      );
      expect(got).toBe(described(['signal true false']));
    });
  });
});

function pluginIn(isolation: Isolation): OpenPlugin<Prices> {
  const plugin = plugins.get(isolation);
  if (plugin === undefined) throw new Error(`no plugin in ${isolation}`);
  return plugin;
}
