// The helpers for tests of applications.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ISOLATIONS } from '@pluggable/host';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  codeOf,
  eventsOf,
  folderOf,
  GREETER,
  type Greeter,
  greeter,
  greeterFile,
  startApp,
} from '../../../../test/support/greeters.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import { getPluginRefToken, getPluginToken, InjectPlugin, PluginModule, type PluginRef } from '../index.js';
import { inEveryIsolation, overridePlugin, pluginFromFunction } from './index.js';

const { logger } = recordingLogger();

describe('overridePlugin', () => {
  it('provides a partial fake, and opens no file', async () => {
    @Injectable()
    class Consumer {
      constructor(@InjectPlugin(GREETER, 'eu') readonly plugin: Greeter) {}
    }
    const part = PluginModule.forPlugin(GREETER, { name: 'eu', path: '/no/such/file.mjs' });
    const builder = Test.createTestingModule({ imports: [part], providers: [Consumer] });
    const fake = { greet: async () => 'faked' };
    const app = await overridePlugin(builder, GREETER, fake, 'eu').compile();
    onTestFinished(() => app.close());
    await expect(app.get(Consumer).plugin.greet('you')).resolves.toBe('faked');
    expect(app.get<PluginRef>(getPluginRefToken(GREETER, 'eu')).status().state).toBe('unopened');
  });
});

describe('pluginFromFunction', () => {
  it('runs behind the guard, and the test observes its calls', async () => {
    const greeted: unknown[] = [];
    using file = pluginFromFunction(GREETER, () => ({
      greet: async (person) => {
        greeted.push(person);
        if (person === 'nobody') throw new Error('no such person');
        return `function ${person}`;
      },
    }));
    const app = await startApp(PluginModule.forPlugin(GREETER, { path: file.path, logger }));
    const plugin = app.get<Greeter>(getPluginToken(GREETER));
    await expect(plugin.greet('you')).resolves.toBe('function you');
    expect(await codeOf(plugin.greet('nobody'))).toBe('PLUGIN_CALL_FAILED');
    expect(greeted).toEqual(['you', 'nobody']);
  });

  it('is separate from another one, and deletes its file', () => {
    const paths: string[] = [];
    {
      using one = pluginFromFunction(GREETER, () => ({ greet: async () => 'one' }));
      using other = pluginFromFunction(GREETER, () => ({ greet: async () => 'other' }));
      paths.push(one.path, other.path);
      expect(paths.map((path) => existsSync(path))).toEqual([true, true]);
    }
    expect(new Set(paths).size).toBe(2);
    expect(paths.map((path) => existsSync(dirname(path)))).toEqual([false, false]);
  });

  it('refuses an isolation, with advice', async () => {
    using file = pluginFromFunction(GREETER, () => ({ greet: async () => 'never' }));
    await expect(
      startApp(PluginModule.forPlugin(GREETER, { path: file.path, isolation: 'worker', logger })),
    ).rejects.toThrow('a plugin from a function runs only inline; use a plugin file for other isolations');
  });
});

describe('inEveryIsolation', () => {
  it('runs the test in each isolation, and closes the plugin', async () => {
    const seen: unknown[] = [];
    await inEveryIsolation(GREETER, { path: greeterFile('everywhere') }, async (plugin, isolation) => {
      seen.push([isolation, await plugin.greet('you')]);
    });
    expect(seen).toEqual(ISOLATIONS.map((isolation) => [isolation, 'everywhere you']));
    expect(eventsOf('everywhere').at(-1)).toBe('closed');
  });

  it('names the isolation in which a test fails, even if the plugin does not close', async () => {
    const path = join(folderOf({ 'a.mjs': greeter('failing-test', { close: 'hangs' }) }), 'a.mjs');
    const testing = inEveryIsolation(GREETER, { path, closeTimeoutMs: 20 }, async () => {
      throw new Error('expected more');
    });
    await expect(testing).rejects.toThrow('inline: expected more');
  });
});
