// The error codes: a test reaches each of them. The specs of the parts test the messages.
import { createHash } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PluginOptions } from '@pluggable/host';
import { describe, expect, it } from 'vitest';
import { CACHE, fixture, folder, openPlugin, pluginFile, PluginSlot } from '../../../test/support/built-host.js';
import { deserializeRefusal, type MessageOf } from './isolation/protocol.js';
import { refuseOldNode } from './open/supported-node.js';
import type { PluginErrorCode } from './plugin-error-codes.js';
import { isPluginError, PluginError, reasonOf } from './plugin.error.js';

symlinkSync('loop.mjs', join(folder, 'loop.mjs'));

const openPath = (path: string, startTimeoutMs = 10_000, options: Partial<PluginOptions> = {}) =>
  openPlugin(CACHE, { path, env: {}, startTimeoutMs, callTimeoutMs: 20, closeTimeoutMs: 20, ...options });
const open = (name: string, startTimeoutMs?: number) => openPath(fixture(name), startTimeoutMs);

const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** A plugin in a worker, with this body of get(). */
const openIsolated = (get: string, options: Partial<PluginOptions>) =>
  openPath(pluginFile(`export const Factory = () => ({ async get() { ${get} }, set() {} });`), undefined, {
    isolation: 'worker',
    ...options,
  });

/** Sends messages to the guest like a host of another version. */
async function startOfAnotherVersion(): Promise<never> {
  const guest = new Worker(new URL('../dist/isolation/guest.js', import.meta.url));
  try {
    await once(guest, 'message');
    guest.postMessage({ type: 'start', protocol: 0, source: { path: 'plugin.mjs' } });
    const [refusal] = (await once(guest, 'message')) as [MessageOf<'refused'>];
    throw deserializeRefusal(refusal, 'plugin.mjs');
  } finally {
    await guest.terminate();
  }
}

/** Several plugins in one application: the specs of libs/nestjs meet them. */
type OfApplications = 'PLUGIN_NOT_SWAPPABLE' | 'PLUGIN_NAME_TAKEN';

/** The compiler requires an entry for exactly the codes of the union. */
const WAYS: Record<Exclude<PluginErrorCode, OfApplications>, () => Promise<unknown>> = {
  PLUGIN_OPTION_INVALID: () => openPath(fixture('complete.mjs'), 0),
  PLUGIN_RUNTIME_UNSUPPORTED: async () => refuseOldNode('plugin.mjs', '20.20.2'),
  PLUGIN_PATH_INVALID: () => openPath('https://example.org/plugin.mjs'),
  PLUGIN_NOT_FOUND: () => openPath(join(folder, 'missing.mjs')),
  PLUGIN_NOT_A_FILE: () => openPath(folder),
  PLUGIN_NOT_READABLE: () => openPath(join(folder, 'loop.mjs')),
  PLUGIN_OUTSIDE_DIRECTORY: () => openPath(fixture('complete.mjs'), undefined, { directory: folder }),
  PLUGIN_INTEGRITY_INVALID: () => openPath(fixture('complete.mjs'), undefined, { integrity: 'md5-AAAA' }),
  PLUGIN_INTEGRITY_MISMATCH: () => openPath(fixture('complete.mjs'), undefined, { integrity: hashOf('another file') }),
  PLUGIN_NOT_ONE_FILE: () => {
    const source = `import './another.mjs'; export const Factory = () => ({ get() {}, set() {} });`;
    return openPath(pluginFile(source), undefined, { integrity: hashOf(source) });
  },
  PLUGIN_NOT_LOADABLE: () => open('throws-on-import.mjs'),
  PLUGIN_NO_FACTORY: () => open('no-factory.mjs'),
  PLUGIN_FACTORY_NOT_A_FUNCTION: () => open('factory-not-a-function.mjs'),
  PLUGIN_MANIFEST_INVALID: () => open('broken-manifest.mjs'),
  PLUGIN_WRONG_KIND: () => open('wrong-kind.mjs'),
  PLUGIN_WRONG_CONTRACT_VERSION: () => open('wrong-contract-version.mjs'),
  PLUGIN_VARIABLE_RESERVED: () =>
    openPath(fixture('complete.mjs'), undefined, { reservedVariables: ['FIXTURE_TOKEN'] }),
  PLUGIN_CONFIG_INVALID: () => open('invalid-config.mjs'),
  PLUGIN_FACTORY_THREW: () => open('factory-throws.mjs'),
  PLUGIN_FACTORY_REJECTED: () => open('factory-rejects.mjs'),
  PLUGIN_START_TIMEOUT: () => open('factory-hangs.mjs', 20),
  PLUGIN_WRONG_SHAPE: () => open('missing-method.mjs'),
  PLUGIN_ENDED: async () => (await openIsolated(`process.exit()`, { callTimeoutMs: 5_000 })).proxy.get('key'),
  PLUGIN_BLOCKED: async () => (await openIsolated(`for (;;);`, { callTimeoutMs: 10_000 })).proxy.get('key'),
  PLUGIN_MISBEHAVED: async () => {
    const source = `import { parentPort } from 'node:worker_threads';
      export const Factory = () => ({ async get() { parentPort.postMessage(null); }, set() {} });`;
    const plugin = await openPath(pluginFile(source), undefined, { isolation: 'worker', callTimeoutMs: 5_000 });
    await plugin.proxy.get('key');
  },
  PLUGIN_SPAWN_FAILED: async () => {
    const { execPath } = process;
    process.execPath = join(folder, 'missing-node');
    try {
      await openPath(fixture('complete.mjs'), undefined, { isolation: 'process' });
    } finally {
      process.execPath = execPath;
    }
  },
  PLUGIN_DOWN: async () => {
    const { proxy } = await openIsolated(`process.exit()`, { callTimeoutMs: 5_000 });
    await proxy.get('key').catch(() => undefined);
    await proxy.get('key');
  },
  PLUGIN_OVERLOADED: async () => {
    const { proxy } = await openIsolated(`return new Promise(() => {})`, { callTimeoutMs: 50, maxCallsInFlight: 1 });
    await Promise.all([proxy.get('key').catch(() => undefined), proxy.get('key')]);
  },
  PLUGIN_HOST_CHANGED: async () => await startOfAnotherVersion(),
  PLUGIN_NOT_USABLE: async () => {
    const slot = await PluginSlot.open(CACHE, { plugin: {}, fallback: { get: async () => null, set: async () => {} } });
    await slot.swap({ path: fixture('ping-fails.mjs') });
  },
  PLUGIN_WRONG_ARGUMENTS: async () => (await open('complete.mjs')).proxy.get(new URL('file:///') as unknown as string),
  PLUGIN_BREAKER_OPEN: async () => {
    const { proxy } = await open('rejecting.mjs');
    for (let calls = 0; calls < 10; calls++) await proxy.get('key').catch(() => undefined);
    await proxy.get('key');
  },
  PLUGIN_CALL_FAILED: async () => (await open('rejecting.mjs')).proxy.get('key'),
  PLUGIN_CALL_TIMEOUT: async () => (await open('never-answers.mjs')).proxy.get('key'),
  PLUGIN_WRONG_ANSWER: async () => (await open('wrong-answer.mjs')).proxy.get('key'),
  PLUGIN_CLOSED: async () => {
    const plugin = await open('complete.mjs');
    await plugin.close();
    await plugin.proxy.get('key');
  },
  PLUGIN_CLOSE_FAILED: async () => (await open('close-hangs.mjs')).close(),
};

describe('PluginErrorCode', () => {
  it.each(Object.entries(WAYS))('can occur: %s', async (code, way) => {
    await expect(way()).rejects.toMatchObject({ name: 'PluginError', code });
  });
});

describe('PluginError', () => {
  const parts = { path: '/p.mjs', found: 'a folder', wanted: 'a file', fix: 'correct the path' };

  it('names path, finding, expectation and fix in one sentence', () => {
    expect(new PluginError('PLUGIN_NOT_A_FILE', parts).message).toBe(
      'plugin /p.mjs: found a folder, wanted a file; correct the path',
    );
  });

  it('has a cause only if one is given', () => {
    expect('cause' in new PluginError('PLUGIN_NOT_A_FILE', parts)).toBe(false);
    expect(new PluginError('PLUGIN_NOT_A_FILE', { ...parts, cause: 'why' }).cause).toBe('why');
  });

  it('is recognised across two copies of the library', async () => {
    const error: unknown = await WAYS.PLUGIN_NOT_FOUND().catch((reason: unknown) => reason);
    expect(error).not.toBeInstanceOf(PluginError);
    expect(isPluginError(error)).toBe(true);
  });

  it.each([
    new Error('other'),
    Object.assign(new Error(), { code: 'ENOENT' }),
    { name: 'PluginError', code: 'X' },
    null,
  ])('is not %s', (other) => {
    expect(isPluginError(other)).toBe(false);
  });
});

describe('reasonOf', () => {
  it.each([
    { thrown: new Error('no back end'), reason: 'no back end' },
    { thrown: new Error('first line\n   second line\n'), reason: 'first line second line' },
    { thrown: new TypeError(), reason: 'TypeError' },
    { thrown: 'text', reason: 'text' },
    { thrown: undefined, reason: 'undefined' },
  ])('returns $reason on one line', ({ thrown, reason }) => {
    expect(reasonOf(thrown)).toBe(reason);
  });
});
