// The contract of test/fixtures/plugins/same-everywhere.mjs, and that plugin in an isolation.
import { createRequire } from 'node:module';
import { type CallOptions, defineContract, type Lifecycle } from '@pluggable/contract';
import type { OpenPlugin, Isolation, PluginOptions } from '@pluggable/host';
import { fixture, openPlugin } from './built-host.js';

interface Price {
  readonly sku: string;
  readonly price: number;
}

export interface Prices extends Lifecycle {
  quote(sku: string, options?: CallOptions): Promise<Price>;
  /** A text that describes the value as the plugin sees it. */
  seen(value: unknown, options?: CallOptions): Promise<string>;
  echo(value: unknown): Promise<unknown>;
  areSame(one: unknown, another: unknown): Promise<boolean>;
  /** A value of the fixture, by name. */
  made(name: string): Promise<unknown>;
  /** Rejects with a domain error that has the value of this name as its details. */
  rejects(name: string): Promise<never>;
  /** Throws the value of this name. */
  throws(how: string, when: 'at once' | 'later'): Promise<never>;
  /** Keeps the value itself, changes it, and returns it. */
  keep(value: unknown): Promise<unknown>;
  kept(): Promise<unknown>;
  rejectsWithKept(): Promise<never>;
  wait(id: string, ms: number, options?: CallOptions): Promise<string>;
  /** Never answers. */
  hang(id: string, options?: CallOptions): Promise<never>;
  /** The state of the signal of an earlier call. */
  abortionOf(id: string): Promise<string>;
  /** The values that the plugin got after the argument. */
  optionsOf(key: string, options?: CallOptions): Promise<readonly string[]>;
  /** The number of calls of quote() and seen() that have reached the plugin. */
  calls(): Promise<number>;
}

const PRICES = defineContract<Prices>({
  kind: 'prices',
  version: 2,
  methods: {
    quote: { args: ['sku'], errors: ['UNKNOWN_SKU'] },
    seen: { args: ['value'] },
    echo: { args: ['value'], timeoutMs: 10_000 },
    areSame: { args: ['one', 'another'] },
    made: { args: ['name'] },
    rejects: { args: ['name'], errors: ['HAS_DETAILS'] },
    throws: { args: ['how', 'when'], errors: ['UNKNOWN_SKU'] },
    keep: { args: ['value'] },
    kept: { args: [] },
    rejectsWithKept: { args: [], errors: ['HAS_DETAILS'] },
    wait: { args: ['id', 'ms'], timeoutMs: 3_000 },
    hang: { args: ['id'], timeoutMs: 100 },
    abortionOf: { args: ['id'] },
    optionsOf: { args: ['key'] },
    calls: { args: [] },
  },
});

const PATH = fixture('same-everywhere.mjs');

export const openPrices = (isolation: Isolation, options: Partial<PluginOptions> = {}): Promise<OpenPlugin<Prices>> =>
  openPlugin(PRICES, { path: PATH, isolation, env: {}, ...options });

/** The exports of the fixture from Node's loader: vitest would create its own module instances. */
export const { VALUES, HOW_THROWN, described } = createRequire(import.meta.url)(
  PATH,
) as typeof import('../fixtures/plugins/same-everywhere.mjs');
