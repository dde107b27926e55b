// The variables of the memory plugin: defaults, conversion, errors.
import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { manifest } from './index.js';

const validate = (variables: Record<string, string>) => manifest.config?.['~standard'].validate(variables);

describe('the manifest of cache-memory', () => {
  it('keeps version 1 of the cache contract, and needs no permission and no secret', () => {
    expect(manifest).toMatchObject({
      kind: 'cache',
      contract: 1,
      name: 'cache-memory',
      version: packageJson.version,
      env: ['MEMORY_MAX_ENTRIES', 'MEMORY_MAX_BYTES'],
    });
    expect(manifest.secrets).toEqual([]);
    expect(manifest.permissions).toEqual([]);
  });

  it('has the defaults 10,000 entries and 64 MiB', async () => {
    expect(await validate({})).toEqual({
      value: { MEMORY_MAX_ENTRIES: 10_000, MEMORY_MAX_BYTES: 67_108_864 },
    });
  });

  it('converts the variables to numbers, up to the largest allowed', async () => {
    expect(await validate({ MEMORY_MAX_ENTRIES: '1', MEMORY_MAX_BYTES: '9007199254740991' })).toEqual({
      value: { MEMORY_MAX_ENTRIES: 1, MEMORY_MAX_BYTES: Number.MAX_SAFE_INTEGER },
    });
    expect(await validate({ MEMORY_MAX_ENTRIES: '10000000' })).toMatchObject({
      value: { MEMORY_MAX_ENTRIES: 10_000_000 },
    });
  });

  it.each(['', '0', '-1', '1.5', '1e3', '0x10', '007', ' 5', '5 ', '10000001', 'many', '99999999999999999999999'])(
    'refuses "%s" entries',
    async (value) => {
      expect(await validate({ MEMORY_MAX_ENTRIES: value })).toMatchObject({
        issues: [{ path: ['MEMORY_MAX_ENTRIES'], message: 'wanted a whole number from 1 to 10000000' }],
      });
    },
  );

  it('lists the errors of both variables together', async () => {
    expect(await validate({ MEMORY_MAX_ENTRIES: '0', MEMORY_MAX_BYTES: '9007199254740993' })).toMatchObject({
      issues: [
        { path: ['MEMORY_MAX_ENTRIES'], message: 'wanted a whole number from 1 to 10000000' },
        { path: ['MEMORY_MAX_BYTES'], message: 'wanted a whole number from 1 to 9007199254740991' },
      ],
    });
  });
});
