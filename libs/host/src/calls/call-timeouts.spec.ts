// The deadline of each method.
import { defineContract } from '@pluggable/contract';
import { describe, expect, it } from 'vitest';
import { type CallTimeouts, fillOptions } from '../plugin-options.js';
import { longestTimeoutMs, refuseUnknownMethods, timeoutOf } from './call-timeouts.js';

interface Mailer {
  send(mail: string): Promise<void>;
  count(): Promise<number>;
}

const MAILER = defineContract<Mailer>({
  kind: 'mailer',
  version: 1,
  methods: { send: { args: ['mail'], timeoutMs: 10_000 }, count: { args: [] } },
});

describe('the deadline of a method', () => {
  it.each([
    { given: {}, send: 10_000, count: 1_000, ping: 1_000, longest: 10_000 },
    { given: 50, send: 50, count: 50, ping: 50, longest: 50 },
    { given: { send: 20 }, send: 20, count: 1_000, ping: 1_000, longest: 1_000 },
    { given: { count: 20_000, ping: 30_000 }, send: 10_000, count: 20_000, ping: 30_000, longest: 20_000 },
  ])('comes from the options, else the contract, else is 1 s: $given', ({ given, longest, ...expected }) => {
    const timeouts = ['send', 'count', 'ping'].map((name) => [name, timeoutOf(MAILER, name, given)]);
    expect(Object.fromEntries(timeouts)).toEqual(expected);
    expect(longestTimeoutMs(MAILER, given)).toBe(longest);
  });

  it('is 1 s for a method of Object.prototype, and for a contract without methods', () => {
    expect(timeoutOf(MAILER, 'constructor', {})).toBe(1_000);
    expect(longestTimeoutMs({ kind: 'none', methods: {} }, {})).toBe(1_000);
  });
});

describe('a timeout of a method', () => {
  it('is refused when the contract has no such method', () => {
    const { path, settingNames } = fillOptions({ path: 'p.mjs' });
    const refuse = (callTimeoutMs: CallTimeouts) => refuseUnknownMethods(MAILER, { path, settingNames, callTimeoutMs });
    expect(() => refuse({ send: 1, ping: 1 })).not.toThrow();
    for (const name of ['sned', 'close', 'constructor']) {
      expect(() => refuse({ [name]: 1 })).toThrow(
        `plugin p.mjs: found callTimeoutMs.${name}, wanted methods of the mailer contract: send, count, ping; correct the option callTimeoutMs`,
      );
    }
  });
});
