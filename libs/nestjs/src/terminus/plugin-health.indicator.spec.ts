// The health indicator of plugins.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fallback, folderOf, GREETER, greeter, greeterFile } from '../../../../test/support/greeters.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import { createPluginModule, getPluginToken, PluginModule, PluginRegistry } from '../index.js';
import { pluginFromFunction } from '../testing/index.js';
import { PluginHealthIndicator } from './index.js';

@Module({ imports: [TerminusModule], providers: [PluginHealthIndicator] })
class HealthModule {}

@Module({})
class DetailedModule extends createPluginModule({
  contract: GREETER,
  details: () => ({ count: 1, status: 'down', state: 'fine', error: 'none' }),
}) {}

const { logger } = recordingLogger();

async function start(imports: DynamicModule[], overridden: readonly symbol[] = []) {
  const builder = Test.createTestingModule({ imports: [HealthModule, ...imports] });
  for (const token of overridden) builder.overrideProvider(token).useValue({});
  const app = await builder.compile();
  onTestFinished(() => app.close());
  return { app, health: app.get(PluginHealthIndicator, { strict: false }) };
}

describe('The health of plugins', () => {
  it('is up for a live plugin and for one without a path, and contains neither paths nor settings', async () => {
    const { health } = await start([
      PluginModule.forPlugin(GREETER, { path: greeterFile('healthy'), logger }),
      PluginModule.forPlugin(GREETER, { name: 'eu', fallback, logger }),
    ]);
    const result = await health.check();
    expect(result).toEqual({
      greeter: {
        status: 'up',
        state: 'live',
        name: 'healthy',
        version: '1',
        isolation: 'inline',
        since: expect.any(Date),
        restarts: 0,
        openBreakers: [],
        error: null,
      },
      'greeter/eu': { status: 'up', state: 'none' },
    });
  });

  it('is degraded for a plugin whose ping fails, and down if it must be live', async () => {
    const path = greeterFile('ill', { ping: 'fails' });
    const { health } = await start([PluginModule.forPlugin(GREETER, { path, logger })]);
    const shown = { state: 'degraded', error: 'PLUGIN_CALL_FAILED' };
    await expect(health.check()).resolves.toMatchObject({ greeter: { status: 'degraded', ...shown } });
    await expect(health.check({ mustBeLive: ['greeter'] })).resolves.toMatchObject({
      greeter: { status: 'down', ...shown },
    });
  });

  it('pings the plugin each time', async () => {
    let isWell = true;
    using file = pluginFromFunction(GREETER, () => ({
      greet: async () => 'hello',
      ping: async () => {
        if (!isWell) throw new Error('no back end');
      },
    }));
    const { health } = await start([PluginModule.forPlugin(GREETER, { path: file.path, logger })]);
    await expect(health.check()).resolves.toMatchObject({ greeter: { status: 'up' } });
    isWell = false;
    await expect(health.check()).resolves.toMatchObject({ greeter: { status: 'degraded' } });
    isWell = true;
    await expect(health.check()).resolves.toMatchObject({ greeter: { status: 'up' } });
  });

  it('is degraded while a plugin that is not required cannot start, and down if it must be live', async () => {
    const path = join(folderOf(), 'nowhere.mjs');
    const { health } = await start([PluginModule.forPlugin(GREETER, { path, required: false, fallback, logger })]);
    const shown = { state: 'failed', error: 'PLUGIN_NOT_FOUND' };
    await expect(health.check()).resolves.toMatchObject({ greeter: { status: 'degraded', ...shown } });
    await expect(health.check({ mustBeLive: ['greeter'] })).resolves.toMatchObject({
      greeter: { status: 'down', ...shown },
    });
    expect(JSON.stringify(await health.check())).not.toContain(path);
  });

  it('is down for a fallback and for an unknown name that must be live', async () => {
    const { health } = await start([PluginModule.forPlugin(GREETER, { fallback, logger })]);
    await expect(health.check({ mustBeLive: ['greeter', 'mailer'] })).resolves.toEqual({
      greeter: { status: 'down', state: 'none' },
      mailer: { status: 'down', message: 'unknown plugin' },
    });
  });

  it('is degraded for a folder with a failed file', async () => {
    const directory = folderOf({ 'a.mjs': greeter('one-of-folder') });
    const { app, health } = await start([PluginModule.forDirectory(GREETER, { directory, logger })]);
    await expect(health.check()).resolves.toMatchObject({
      'greeter/*': { status: 'up', plugins: 1, failed: 0 },
      'greeter/one-of-folder': { status: 'up' },
    });
    writeFileSync(join(directory, 'b.mjs'), 'throw new Error("no")');
    await app.get(PluginRegistry, { strict: false }).refresh();
    await expect(health.check()).resolves.toMatchObject({
      'greeter/*': { status: 'degraded', plugins: 1, failed: 1 },
    });
  });

  it('contains the details of a domain module, which do not replace other fields', async () => {
    const { health } = await start([DetailedModule.forRoot({ path: greeterFile('detailed'), logger })]);
    await expect(health.check()).resolves.toMatchObject({
      greeter: { status: 'up', state: 'live', error: null, count: 1 },
    });
  });

  it('omits a plugin whose token is overridden, even if it must be live', async () => {
    const part = PluginModule.forPlugin(GREETER, { path: '/no/such/file.mjs' });
    const { health } = await start([part], [getPluginToken(GREETER)]);
    await expect(health.check({ mustBeLive: ['greeter'] })).resolves.toEqual({});
  });
});
