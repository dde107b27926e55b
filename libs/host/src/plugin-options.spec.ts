// Defaults and validation of plugin options.
import { describe, expect, it } from 'vitest';
import { fillOptions, type PluginOptions } from './plugin-options.js';

describe('fillOptions', () => {
  it('completes a path with the documented defaults', () => {
    expect(fillOptions({ path: 'p.mjs' })).toMatchObject({
      path: 'p.mjs',
      factoryName: 'Factory',
      startTimeoutMs: 10_000,
      callTimeoutMs: {},
      closeTimeoutMs: 5_000,
      settingNames: {
        path: 'the option path',
        factoryName: 'the option factoryName',
        startTimeoutMs: 'the option startTimeoutMs',
        callTimeoutMs: 'the option callTimeoutMs',
      },
    });
    expect(fillOptions({ path: 'p.mjs' }).env).toBe(process.env);
  });

  it('treats undefined as an option that is not set', () => {
    const undefinedOptions = { factoryName: undefined, startTimeoutMs: undefined, env: undefined, logger: undefined };
    expect(fillOptions({ path: 'p.mjs', ...undefinedOptions })).toEqual(fillOptions({ path: 'p.mjs' }));
  });

  it('keeps given options', () => {
    const given = {
      path: 'p.mjs',
      factoryName: 'create',
      startTimeoutMs: 1,
      callTimeoutMs: 2,
      closeTimeoutMs: 3,
      env: {},
    };
    expect(fillOptions({ ...given, settingNames: { path: 'CACHE_PLUGIN_PATH' } })).toMatchObject({
      ...given,
      settingNames: { path: 'CACHE_PLUGIN_PATH', factoryName: 'the option factoryName' },
    });
  });

  it.each(['startTimeoutMs', 'callTimeoutMs', 'closeTimeoutMs'] as const)(
    'refuses a %s that is not a whole number >= 1, or exceeds the longest timer',
    (name) => {
      expect(() => fillOptions({ path: 'p.mjs', [name]: 2 ** 31 })).toThrow(
        `plugin p.mjs: found ${name} 2147483648, wanted a whole number of milliseconds, at most 2147483647; correct the option ${name}`,
      );
      for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => fillOptions({ path: 'p.mjs', [name]: value })).toThrow(
          `plugin p.mjs: found ${name} ${value}, wanted a whole number of milliseconds, at least 1; correct the option ${name}`,
        );
      }
    },
  );

  it.each(['5s', true])('refuses a callTimeoutMs that is %j, by the name of its setting', (callTimeoutMs) => {
    const settingNames = { callTimeoutMs: 'MAILER_TIMEOUT' };
    expect(() => fillOptions({ path: 'p.mjs', callTimeoutMs: callTimeoutMs as never, settingNames })).toThrow(
      `found callTimeoutMs ${JSON.stringify(callTimeoutMs)}, wanted a whole number of milliseconds, or an object with one for each method; correct MAILER_TIMEOUT`,
    );
  });

  it.each(['thread', ''])('refuses the isolation %j', (isolation) => {
    expect(() => fillOptions({ path: 'p.mjs', isolation: isolation as never })).toThrow(
      `plugin p.mjs: found isolation ${JSON.stringify(isolation)}, wanted one of inline, worker, process; correct the option isolation`,
    );
  });

  it('refuses an unknown option, such as a misspelt one', () => {
    const options = { path: 'p.mjs', isolaton: 'process' } as PluginOptions;
    expect(() => fillOptions(options)).toThrow(
      'plugin p.mjs: found the unknown option "isolaton", wanted a known option; correct its name or remove it',
    );
  });
});
