// A plugin of version 1 with a host of version 2: it serves through an adapter, equally in every isolation.
import { adapter, type CallOptions, type Contract, defineContract, type Lifecycle } from '@pluggable/contract';
import { type OpenPlugin, ISOLATIONS, type Isolation, type PluginOptions } from '@pluggable/host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPlugin, pluginFile, PluginSlot } from '../support/built-host.js';
import { childrenOf } from '../support/children.js';
import { eventually } from '../support/eventually.js';
import { promise } from '../support/promises.js';
import { recordingLogger } from '../support/recording-logger.js';

interface OldPrices extends Lifecycle {
  price(sku: string, options?: CallOptions): Promise<number>;
}

interface Prices extends Lifecycle {
  quote(sku: string, options?: CallOptions): Promise<{ readonly sku: string; readonly price: number }>;
  /** The state of the signal of the last hanging call. */
  last?(options?: CallOptions): Promise<string>;
}

const OLD_PRICES = defineContract<OldPrices>({
  kind: 'prices',
  version: 1,
  methods: { price: { args: ['sku'], timeoutMs: 60_000, errors: ['UNKNOWN_SKU', 'OUT_OF_STOCK'] } },
}).with({ output: { price: (answer) => typeof answer === 'number' } });

const PRICES = defineContract<Prices>({
  kind: 'prices',
  version: 2,
  methods: { quote: { args: ['sku'], timeoutMs: 200, errors: ['UNKNOWN_SKU'] }, last: { args: [], optional: true } },
});

/** Version 2, with this adapter for version 1. */
const accepting = (adapt: (old: OldPrices) => unknown): Contract<Prices> =>
  PRICES.with({ accepts: [adapter(OLD_PRICES, adapt as (old: OldPrices) => Prices)] });

const NEW_PRICES = accepting((old) => ({
  quote: async (sku: string, options?: CallOptions) => ({ sku, price: await old.price(sku, options) }),
  last: async (options?: CallOptions) => String(await old.price('last', options)),
}));

const METHODS = `let signal; let pings = 0; return {
  async price(sku, options) {
    if (sku === 'unknown') throw Object.assign(new Error('no such sku'), { code: 'UNKNOWN_SKU', details: { sku } });
    if (sku === 'none left') throw Object.assign(new Error('none left'), { code: 'OUT_OF_STOCK' });
    if (sku === 'broken') return 'a text';
    if (sku === 'hangs') { signal = options.signal; return await new Promise(() => {}); }
    if (sku === 'last') return signal === undefined ? -1 : Number(signal.aborted);
    if (sku === 'ping') return pings;
    return 5;
  },
  async ping() { pings++; },
`;
const manifest = (contract: number) =>
  `export const manifest = { kind: 'prices', contract: ${contract}, name: 'prices', version: '1' };`;
const OLD_FACTORY = `export const Factory = () => { ${METHODS} }; };`;
const OLD = pluginFile(`${manifest(1)} ${OLD_FACTORY}`);
const WITHOUT_MANIFEST = pluginFile(OLD_FACTORY);
const NEW = pluginFile(
  `${manifest(2)} export const Factory = () => ({ async quote(sku) { return { sku, price: 6 }; } });`,
);

const open = (
  contract: Contract<Prices>,
  isolation: Isolation,
  options: Partial<PluginOptions> = {},
): Promise<OpenPlugin<Prices>> => openPlugin(contract, { path: OLD, isolation, env: {}, ...options });

promise(21, () => {
  describe.each(ISOLATIONS)('a plugin of version 1 under version 2, %s', (isolation) => {
    let plugin: OpenPlugin<Prices>;
    beforeAll(async () => {
      plugin = await open(NEW_PRICES, isolation);
    });
    afterAll(() => plugin.close());

    it('serves through the adapter, and the status has its version', async () => {
      await expect(plugin.proxy.quote('tea')).resolves.toEqual({ sku: 'tea', price: 5 });
      await expect(plugin.ping()).resolves.toBe('live');
      expect(plugin.status()).toMatchObject({ contract: 1, state: 'live', kind: 'prices' });
      expect(Object.keys(plugin.proxy).toSorted()).toEqual(['last', 'ping', 'quote']);
    });

    it('serves without a manifest, with a warning', async () => {
      const { logger, lines } = recordingLogger();
      const bare = await open(NEW_PRICES, isolation, { path: WITHOUT_MANIFEST, logger });
      await expect(bare.proxy.quote('tea')).resolves.toEqual({ sku: 'tea', price: 5 });
      expect(bare.status()).toMatchObject({ contract: 1, version: null });
      expect(lines.map(([, line]) => line).join()).toContain(
        'has no manifest; version 1 of the prices contract and no configuration are assumed',
      );
      await bare.close();
    });

    it('answers wrongly according to the old description', async () => {
      await expect(plugin.proxy.quote('broken')).rejects.toMatchObject({
        code: 'PLUGIN_WRONG_ANSWER',
        message: expect.stringContaining('a wrong answer from price()'),
      });
    });

    it('passes on domain errors that the new contract declares', async () => {
      const unknown = { name: 'Error', code: 'UNKNOWN_SKU', message: 'no such sku', details: { sku: 'unknown' } };
      await expect(plugin.proxy.quote('unknown')).rejects.toMatchObject(unknown);
      await expect(plugin.proxy.quote('none left')).rejects.toMatchObject({
        code: 'PLUGIN_CALL_FAILED',
        cause: { code: 'OUT_OF_STOCK', message: 'none left' },
      });
    });

    it('has the deadline of the new contract in its signal', async () => {
      await expect(plugin.proxy.quote('hangs')).rejects.toThrow(
        'no answer from quote(), wanted an answer within 200 ms',
      );
      await expect(plugin.proxy.last?.()).resolves.toBe('1');
    });

    it('has the breaker of the new contract', async () => {
      for (let calls = 0; calls < 20; calls++) await plugin.proxy.quote('none left').catch(() => undefined);
      expect(plugin.status()).toMatchObject({ state: 'degraded', openBreakers: ['quote'] });
      await eventually('a trial', async () => {
        await plugin.proxy.quote('unknown').catch(() => undefined);
        return plugin.status().openBreakers.length === 0;
      });
      await expect(plugin.proxy.quote('tea')).resolves.toEqual({ sku: 'tea', price: 5 });
    });

    it('gets the abort even if the adapter does not pass on the options', async () => {
      const contract = accepting((old) => ({
        quote: async (sku: string) => ({ sku, price: await old.price(sku) }),
        last: async () => String(await old.price('last')),
      }));
      const careless = await open(contract, isolation, { callTimeoutMs: 100 });
      await expect(careless.proxy.quote('hangs')).rejects.toHaveProperty('code', 'PLUGIN_CALL_TIMEOUT');
      await eventually('the abortion', async () => (await careless.proxy.last?.()) === '1');
      await expect(careless.close()).resolves.toBeUndefined();
    });

    it.each([
      { why: 'throws', adapt: () => { throw new Error('no table'); }, says: 'threw (no table)' }, // prettier-ignore
      { why: 'returns nothing', adapt: () => undefined, says: 'returned a value of type undefined, wanted an object' },
      { why: 'lacks a method', adapt: () => ({ last: async () => '' }), says: 'returns no method quote()' },
      { why: 'is asynchronous', adapt: async () => ({ quote: async () => ({}) }), says: 'returns no method quote()' },
    ])('fails the start with an adapter that $why, and leaves no guest behind', async ({ adapt, says }) => {
      const path = pluginFile(`${manifest(1)} export const Factory = () => { ${METHODS}
        close: () => new Promise(() => {}) }; };`);
      const before = childrenOf(process.pid).length;
      const threads = liveThreads();
      await expect(open(accepting(adapt), isolation, { path, closeTimeoutMs: 100 })).rejects.toThrow(
        `the adapter from version 1 to 2 of the prices contract ${says}`,
      );
      expect(childrenOf(process.pid)).toHaveLength(before);
      expect(liveThreads()).toBe(threads);
    });

    it('is refused if no adapter accepts its version, and the error names all accepted versions', async () => {
      const path = pluginFile(`${manifest(3)} ${OLD_FACTORY}`);
      await expect(open(NEW_PRICES, isolation, { path })).rejects.toMatchObject({
        code: 'PLUGIN_WRONG_CONTRACT_VERSION',
        found: 'a plugin for version 3 of the prices contract',
        wanted: 'a plugin for version 2 or 1, which this application supports',
        fix: 'use a build of the plugin for version 2, or an application that supports version 3',
      });
      await expect(open(PRICES, isolation)).rejects.toMatchObject({
        code: 'PLUGIN_WRONG_CONTRACT_VERSION',
        fix: 'use a build of the plugin for version 2, or add an adapter from version 1 to the contract of the application',
      });
    });

    it('is swapped for one of version 2, and back', async () => {
      const fallback: Prices = { quote: async (sku: string) => ({ sku, price: 0 }) };
      const slot = await PluginSlot.open(NEW_PRICES, { plugin: { path: OLD, isolation, env: {} }, fallback });
      const { proxy } = slot;
      await expect(proxy.quote('tea')).resolves.toEqual({ sku: 'tea', price: 5 });
      await expect(slot.swap({ path: NEW })).resolves.toMatchObject({ contract: 2 });
      await expect(proxy.quote('tea')).resolves.toEqual({ sku: 'tea', price: 6 });
      expect(Reflect.get(proxy, 'last')).toBeUndefined();
      await expect(slot.swap({ path: OLD })).resolves.toMatchObject({ contract: 1 });
      await expect(proxy.quote('tea')).resolves.toEqual({ sku: 'tea', price: 5 });
      await expect(proxy.last?.()).resolves.toBe('-1');
      await slot.close();
    });
  });
});

function liveThreads(): number {
  return (process.report.getReport() as { readonly workers: readonly unknown[] }).workers.length;
}
