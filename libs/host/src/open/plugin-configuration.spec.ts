// The configuration of a plugin: variables, masking and validation errors.
import type { SchemaIssue, SchemaResult, StandardSchema } from '@pluggable/contract';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configurePlugin } from './plugin-configuration.js';

const PATH = '/plugins/p.mjs';

function schema(
  validate: (variables: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>>,
): StandardSchema {
  return { '~standard': { version: 1, validate } };
}

/** A schema that always finds these problems. */
const refusing = (...issues: SchemaIssue[]) => schema(() => ({ issues }));

function configure(
  manifest: { config?: StandardSchema; env?: readonly string[]; secrets?: readonly string[] },
  env: Record<string, string | undefined>,
) {
  return configurePlugin(PATH, { config: undefined, env: [], secrets: [], ...manifest }, env);
}

const invalid = (problems: string) => ({
  code: 'PLUGIN_CONFIG_INVALID',
  message: `plugin ${PATH}: found an invalid configuration (${problems}), wanted variables that the schema of the plugin accepts; correct these variables`,
});

describe('configurePlugin', () => {
  it('passes only the variables that the manifest names', async () => {
    const { value, shown } = await configure({ env: ['URL'] }, { URL: 'redis://host', AWS_SECRET: 'not for plugins' });
    expect(value).toEqual({ URL: 'redis://host' });
    expect(shown).toEqual({ URL: 'redis://host' });
  });

  it('passes only these variables to the schema', async () => {
    const { value } = await configure(
      { env: ['URL'], config: schema((variables) => ({ value: variables })) },
      { URL: 'redis://host', AWS_SECRET: 'not for plugins' },
    );
    expect(value).toEqual({ URL: 'redis://host' });
  });

  it('treats an empty variable as not set', async () => {
    const { value, shown } = await configure({ env: ['URL', 'DB'] }, { URL: '', DB: undefined });
    expect(value).toEqual({});
    expect(shown).toEqual({});
  });

  it('passes a variable that only `secrets` names', async () => {
    expect(await configure({ secrets: ['TOKEN'] }, { TOKEN: 'hunter2' })).toMatchObject({
      value: { TOKEN: 'hunter2' },
      shown: { TOKEN: '***' },
    });
  });

  it('passes the output of the schema, and shows the original values', async () => {
    const config = z.object({ PORT: z.coerce.number(), DB: z.string().default('0') });
    expect(await configure({ config, env: ['PORT', 'DB'] }, { PORT: '6379' })).toMatchObject({
      value: { PORT: 6379, DB: '0' },
      shown: { PORT: '6379' },
    });
  });

  it('waits for an asynchronous schema', async () => {
    const config = z.object({ URL: z.string().refine(async (url) => url.startsWith('redis:'), 'wanted redis:') });
    await expect(configure({ config, env: ['URL'] }, { URL: 'http://host' })).rejects.toMatchObject(
      invalid('URL is "http://host": wanted redis:'),
    );
  });

  it('lists all problems with the values that were set', async () => {
    const config = refusing(
      { path: ['URL'], message: 'wanted a URL' },
      { path: [{ key: 'DB' }], message: 'wanted a number' },
      { path: ['NODES', 0], message: 'wanted a host' },
      { message: 'wanted URL or NODES' },
    );
    await expect(configure({ config, env: ['URL', 'DB'] }, { URL: 'no "url"' })).rejects.toMatchObject(
      invalid(
        'URL is "no \\"url\\"": wanted a URL; DB is not set: wanted a number; NODES.0 is not set: wanted a host; wanted URL or NODES',
      ),
    );
  });

  it('masks a secret in shown values and in messages', async () => {
    const manifest = { env: ['URL', 'TOKEN'], secrets: ['TOKEN'] };
    const env = { URL: 'redis://:hunter2@host', TOKEN: 'hunter2' };
    const { value, shown, mask } = await configure(manifest, env);
    expect(value).toEqual(env);
    expect(shown).toEqual({ URL: 'redis://:***@host', TOKEN: '***' });
    expect(mask('AUTH hunter2 failed for hunter2')).toBe('AUTH *** failed for ***');

    const config = refusing({ path: ['TOKEN'], message: '"hunter2" is short' }, { path: ['URL'], message: 'no host' });
    await expect(configure({ ...manifest, config }, env)).rejects.toMatchObject(
      invalid('TOKEN is ***: "***" is short; URL is "redis://:***@host": no host'),
    );
  });

  it('masks the whole of a secret that starts with another secret', async () => {
    const { mask } = await configure({ secrets: ['SHORT', 'LONG'] }, { SHORT: 'abc', LONG: 'abcdef' });
    expect(mask('abcdef and abc')).toBe('*** and ***');
  });

  it('masks a multi-line secret, also if it is joined to one line', async () => {
    const config = schema((variables) => {
      throw new Error(`not a key: ${(variables as { KEY: string }).KEY}`);
    });
    await expect(configure({ config, secrets: ['KEY'] }, { KEY: 'line 1\n  line 2\n' })).rejects.toMatchObject(
      invalid('its schema threw: not a key: ***'),
    );
  });

  it('masks nothing when no secret is set', async () => {
    const { mask } = await configure({ secrets: ['TOKEN'] }, { TOKEN: '' });
    expect(mask('any text')).toBe('any text');
  });

  it('treats a throwing schema as a refusal, and masks its message', async () => {
    const config = schema((variables) => {
      throw new TypeError(`cannot parse ${JSON.stringify(variables)}`);
    });
    await expect(configure({ config, secrets: ['TOKEN'] }, { TOKEN: 'hunter2' })).rejects.toMatchObject({
      ...invalid('its schema threw: cannot parse {"TOKEN":"***"}'),
      cause: {
        message: 'cannot parse {"TOKEN":"***"}',
        stack: expect.stringMatching(/^TypeError: cannot parse {"TOKEN":"\*\*\*"}\n\s+at /),
      },
    });
  });

  it('treats a schema without a result as a refusal', async () => {
    const config = schema(() => undefined as unknown as SchemaResult<unknown>);
    await expect(configure({ config }, {})).rejects.toMatchObject({ code: 'PLUGIN_CONFIG_INVALID' });
  });

  it('treats a rejecting schema as a refusal', async () => {
    const config = schema(() => Promise.reject(new Error('no schema today')));
    await expect(configure({ config }, {})).rejects.toMatchObject(invalid('its schema threw: no schema today'));
  });
});
