// A module that failed is evaluated again: the next attempt runs the code instead of returning the cached failure.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CACHE, folder, openCache, pluginFile, PluginSlot } from '../support/built-host.js';
import { cacheHealth } from '../support/cache-health.js';
import { eventually } from '../support/eventually.js';
import { fixture, startProgram } from '../support/program.js';
import { promise } from '../support/promises.js';
import { get } from '../support/request.js';

/** Code that fails until this process sets the flag. */
const UNTIL_READY = `if (!globalThis.isBackEndReady) throw new Error('not there yet');`;
const setReady = (isReady: boolean): void => void Reflect.set(globalThis, 'isBackEndReady', isReady);
const FACTORY = `export const Factory = () => ({ get: () => ({ answer: 'live' }), set() {} });`;

promise(22, () => {
  it('a failed evaluation: a plugin that is not required recovers without a restart', async () => {
    const cwd = await mkdtemp(join(folder, 'evaluation-'));
    await using program = await startProgram({
      cwd,
      env: { CACHE_PLUGIN_PATH: fixture('faults/throws-until-flag.mjs'), CACHE_PLUGIN_REQUIRED: 'false' },
    });
    expect((await get(program.url, '/fib/10')).status).toBe(200);
    await writeFile(join(cwd, 'flag'), '');
    await eventually('a hit', async () => {
      expect((await get(program.url, '/fib/10')).status).toBe(200);
      return (await cacheHealth(program)).lookups.hit > 0;
    });
    await rm(cwd, { recursive: true });
  });

  describe.each(['mjs', 'cjs'])('a failed evaluation of a .%s', (extension) => {
    const source = (code: string) =>
      extension === 'cjs' ? `${code} ${FACTORY.replace('export const Factory', 'exports.Factory')}` : code + FACTORY;

    it('is not remembered, and later attempts do not evaluate a live module again', async () => {
      setReady(false);
      const path = pluginFile(source(`globalThis.runs = (globalThis.runs ?? 0) + 1; ${UNTIL_READY}`), extension);
      Reflect.set(globalThis, 'runs', 0);
      for (let attempts = 0; attempts < 3; attempts++) await expect(openCache(path)).rejects.toThrow('not there yet');
      setReady(true);
      const [one, another] = await Promise.all([openCache(path), openCache(path)]);
      await expect(one.proxy.get('key')).resolves.toEqual({ answer: 'live' });
      await another.close();
      await one.close();
      expect(Reflect.get(globalThis, 'runs')).toBe(4);
    });

    it('fails all waiting attempts, and no later one', async () => {
      setReady(false);
      const path = pluginFile(source(UNTIL_READY), extension);
      const outcomes = await Promise.allSettled([openCache(path), openCache(path)]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      setReady(true);
      await expect(openCache(path)).resolves.toBeDefined();
    });

    it('is not remembered for a file that several plugins import', async () => {
      setReady(false);
      const shared = pluginFile(UNTIL_READY, extension);
      const load = extension === 'cjs' ? `require('${shared}');` : `import '${shared}';`;
      const paths = ['one', 'another'].map((name) => pluginFile(source(`${load} /* ${name} */`), extension));
      for (const path of paths) await expect(openCache(path)).rejects.toThrow('not there yet');
      setReady(true);
      for (const path of paths) await expect(openCache(path)).resolves.toBeDefined();
    });
  });

  it('a failed evaluation: the next attempt does not wait for one that hangs', async () => {
    setReady(false);
    const path = pluginFile(`if (!globalThis.isBackEndReady) await new Promise(() => {}); ${FACTORY}`);
    await expect(openCache(path, { startTimeoutMs: 200 })).rejects.toHaveProperty('code', 'PLUGIN_START_TIMEOUT');
    setReady(true);
    await expect(openCache(path)).resolves.toBeDefined();
  });

  it('a failed evaluation: modules that stay in memory are counted', async () => {
    setReady(false);
    const slot = await PluginSlot.open(CACHE, { plugin: {}, fallback: { get: async () => null, set: async () => {} } });
    const before = slot.status().reimports;
    const path = pluginFile(UNTIL_READY + FACTORY);
    for (let attempts = 0; attempts < 3; attempts++) await slot.swap({ path }).catch(() => undefined);
    expect(slot.status().reimports).toBe(before + 2);
    await slot.close();
  });
});
