// An old instance behind an adapter. Whole plugins of an older version are in test/promises/21.
import { type Adapter, adapter, type CallOptions, defineContract, type Lifecycle } from '@pluggable/contract';
import { describe, expect, it } from 'vitest';
import { AdaptedInstance } from './adapted-instance.js';
import { InlineInstance } from './plugin-instance.js';
import { Rejection } from './rejection.js';

interface Old extends Lifecycle {
  price(sku: string, options?: CallOptions): Promise<number>;
}

interface New extends Lifecycle {
  quote(sku: string, options?: CallOptions): Promise<string>;
  toString(): Promise<string>;
}

const OLD = defineContract<Old>({ kind: 'prices', version: 1, methods: { price: { args: ['sku'], errors: ['NO'] } } });
const NEW = defineContract<Pick<New, 'quote'>>({ kind: 'prices', version: 2, methods: { quote: { args: ['sku'] } } });
const { signal } = new AbortController();

function adapted(old: object, from: Adapter, longestCallMs = 10_000) {
  const methods = new Set(['price', 'ping', 'close'].filter((name) => Reflect.has(old, name)));
  const instance = new InlineInstance(old, methods, OLD.methods);
  const options = { path: '/p.mjs', mask: (text: string) => text, callTimeoutSetting: 'PRICES_TIMEOUT', longestCallMs };
  return new AdaptedInstance(instance, from, NEW, options);
}

const quoting = (quote: (old: Old, sku: string, options?: CallOptions) => Promise<unknown>): Adapter =>
  adapter(OLD, (old) => ({ quote: (sku: string, options?: CallOptions) => quote(old, sku, options) }));

describe('an adapted instance', () => {
  it('has ping and close of the old instance', async () => {
    const events: string[] = [];
    const old = { price: async () => 1, ping: async () => void events.push('ping'), close: async () => void events.push('close') }; // prettier-ignore
    const contract = adapter(OLD, () => ({
      quote: async () => '',
      ping: async () => void events.push('wrong'),
      more: 1,
    }));
    const instance = adapted(old, contract);
    expect([...instance.methods]).toEqual(['quote', 'ping', 'close']);
    await instance.call('ping', [], signal);
    await instance.close();
    expect(events).toEqual(['ping', 'close']);
    expect([...adapted({ price: async () => 1 }, contract).methods]).toEqual(['quote']);
  });

  it('copies plain answers of the adapter and refuses other answers', async () => {
    const list = ['tea'];
    const plain = adapted(
      { price: async () => 1 },
      quoting(async () => list),
    );
    const answer = await plain.call('quote', ['tea'], signal);
    expect(answer).toEqual(list);
    expect(answer).not.toBe(list);
    const other = adapted(
      { price: async () => 1 },
      quoting(async () => new URL('https://example.org')),
    );
    await expect(other.call('quote', ['tea'], signal)).rejects.toHaveProperty('name', 'NotPlain');
  });

  it.each([
    { old: 'rejects', price: async () => fail('no leaves'), code: 'PLUGIN_CALL_FAILED' },
    { old: 'answers with data that is not plain', price: async () => () => 1, code: 'PLUGIN_WRONG_ANSWER' },
  ])('fails as the old instance does when it $old', async ({ price, code }) => {
    const instance = adapted(
      { price },
      quoting((old, sku, options) => old.price(sku, options)),
    );
    await expect(instance.call('quote', ['tea'], signal)).rejects.toMatchObject({ name: 'PluginError', code });
  });

  it('rejects with an error that the adapter throws', async () => {
    const instance = adapted(
      { price: async () => 1 },
      quoting(async () => fail('no table')),
    );
    const failure = await instance.call('quote', ['tea'], signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Rejection);
    expect(failure).toHaveProperty('message', 'no table');
  });

  it('reports a wrong call of the old instance by the adapter', async () => {
    const wrong = quoting((old) => (old.price as unknown as () => Promise<number>)());
    await expect(adapted({ price: async () => 1 }, wrong).call('quote', ['tea'], signal)).rejects.toMatchObject({
      code: 'PLUGIN_WRONG_ARGUMENTS',
      found: '0 arguments in a call of price()',
    });
  });

  it('ends a call for which the adapter passes no call options', async () => {
    const signals: AbortSignal[] = [];
    const old = {
      price: (_: string, options: Required<CallOptions>) => {
        signals.push(options.signal);
        return new Promise<never>(() => {});
      },
    };
    const careless = adapted(
      old,
      quoting((prices, sku) => prices.price(sku)),
      20,
    );
    await expect(careless.call('quote', ['tea'], signal)).rejects.toMatchObject({
      code: 'PLUGIN_CALL_TIMEOUT',
      message: expect.stringContaining('no answer from price(), wanted an answer within 20 ms'),
    });
    expect(signals).toMatchObject([{ aborted: true }]);
  });

  it('is refused when a method exists only on Object.prototype', () => {
    const contract = defineContract<Pick<New, 'toString'>>({
      kind: 'k',
      version: 2,
      methods: { toString: { args: [] } },
    });
    const old = new InlineInstance({}, new Set(), OLD.methods);
    const options = {
      path: '/p.mjs',
      mask: (text: string) => text,
      callTimeoutSetting: 'PRICES_TIMEOUT',
      longestCallMs: 1,
    };
    const make = () =>
      new AdaptedInstance(
        old,
        adapter(OLD, () => ({})),
        contract,
        options,
      );
    expect(make).toThrow('the adapter from version 1 to 2 of the k contract returns no method toString()');
  });
});

function fail(message: string): never {
  throw new Error(message);
}
