// The module in a Nest application: how it is configured, what it provides, when its plugin ends.
import { once } from 'node:events';
import { get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DynamicModule, Inject, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Cache } from './contract/index.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { recordingLogger } from '../../../test/support/recording-logger.js';
import { CACHE, CacheModule, type CacheModuleOptions, type CacheOptionsFactory, CachePlugin } from './index.js';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/plugins/', import.meta.url));
const fixture = (name: string) => join(FIXTURES, name);

@Module({})
class RootModule {}

/** Starts an application without a server, of these modules. */
const start = (...imports: Required<ModuleMetadata>['imports']) =>
  NestFactory.createApplicationContext({ module: RootModule, imports }, { logger: false, abortOnError: false });

function fail(): never {
  throw new Error('no log today');
}

/** What happens to the plugin complete.mjs, and around it. */
let events: string[] = [];
beforeEach(() => {
  events = [];
  Reflect.set(globalThis, '__completeEvents', events);
});

const silent = recordingLogger().logger;

@Injectable()
class CacheSettings implements CacheOptionsFactory {
  readonly logger = silent;

  createCacheOptions(): CacheModuleOptions {
    return { path: fixture('complete.mjs'), logger: this.logger };
  }
}

@Module({ providers: [CacheSettings], exports: [CacheSettings] })
class SettingsModule {}

@Injectable()
class Consumer {
  constructor(@Inject(CACHE) readonly cache: Cache) {}
}

@Module({ providers: [Consumer] })
class FeatureModule {}

describe('CacheModule', () => {
  const PATH = 'a path from another provider';

  @Module({ providers: [{ provide: PATH, useValue: fixture('complete.mjs') }], exports: [PATH] })
  class PathModule {}

  it.each<{ how: string; part: DynamicModule }>([
    { how: 'forRoot', part: CacheModule.forRoot({ path: fixture('complete.mjs'), logger: silent }) },
    {
      how: 'forRootAsync with useFactory',
      part: CacheModule.forRootAsync({
        imports: [PathModule],
        inject: [PATH],
        useFactory: async (path: string) => ({ path, logger: silent }),
      }),
    },
    { how: 'forRootAsync with useClass', part: CacheModule.forRootAsync({ useClass: CacheSettings }) },
    {
      how: 'forRootAsync with useExisting',
      part: CacheModule.forRootAsync({ imports: [SettingsModule], useExisting: CacheSettings }),
    },
  ])('provides the cache of the plugin: $how', async ({ part }) => {
    const app = await start(part);
    const cache = app.get<Cache>(CACHE);
    await cache.set('key', '0', 60_000);
    await expect(cache.get('key')).resolves.toEqual({ status: 'hit', value: '0' });
    expect(app.get(CachePlugin).status()).toMatchObject({ state: 'live', plugin: { name: 'complete-fixture' } });
    await app.close();
    expect(events).toEqual(['opened', 'closed']);
  });

  it('uses the instance that exists: useExisting', async () => {
    const { logger, lines } = recordingLogger();
    @Module({
      providers: [{ provide: CacheSettings, useValue: { createCacheOptions: () => ({ logger }) } }],
      exports: [CacheSettings],
    })
    class OtherSettingsModule {}
    const app = await start(CacheModule.forRootAsync({ imports: [OtherSettingsModule], useExisting: CacheSettings }));
    expect(lines).toHaveLength(1);
    await app.close();
  });

  it('gives its cache to the modules that import it', async () => {
    const cacheModule = CacheModule.forRoot({ logger: silent });
    const app = await start({ module: FeatureModule, imports: [cacheModule] });
    expect(app.get(Consumer, { strict: false }).cache).toBe(app.get(CACHE, { strict: false }));
    await app.close();
  });

  it('gives its cache to every module when it is global, and only then', async () => {
    const app = await start(CacheModule.forRoot({ logger: silent, isGlobal: true }), FeatureModule);
    expect(app.get(Consumer, { strict: false }).cache).toBe(app.get(CACHE, { strict: false }));
    await app.close();
    await expect(start(CacheModule.forRoot({ logger: silent }), FeatureModule)).rejects.toThrow(
      /Consumer.*Symbol\(CACHE\)/s,
    );
  });

  it('may be global with forRootAsync, too', async () => {
    const cacheModule = CacheModule.forRootAsync({ isGlobal: true, useFactory: () => ({ logger: silent }) });
    const app = await start(cacheModule, FeatureModule);
    expect(app.get(Consumer, { strict: false }).cache).toBe(app.get(CACHE, { strict: false }));
    await app.close();
  });

  it.each(['', undefined])('serves the no-op cache when the path is %j, and says so', async (path) => {
    const { logger, lines } = recordingLogger();
    const app = await start(CacheModule.forRoot({ path, logger }));
    expect(lines).toEqual([['info', 'no cache plugin configured; using nop cache']]);
    const cache = app.get<Cache>(CACHE);
    await cache.set('key', 'value', 1000);
    await expect(cache.get('key')).resolves.toEqual({ status: 'not-found' });
    expect(app.get(CachePlugin).status()).toMatchObject({ state: 'none', plugin: null, failure: null });
    expect(app.get(CachePlugin).status()).toMatchObject({
      lookups: { 'not-found': 0, skipped: 1 },
      writes: { stored: 0, skipped: 1 },
    });
    await expect(app.get(CachePlugin).ping()).resolves.toBe('none');
    await app.close();
  });

  it.each([
    { file: 'no-such-file.mjs', code: 'PLUGIN_NOT_FOUND' },
    { file: 'wrong-kind.mjs', code: 'PLUGIN_WRONG_KIND' },
    { file: 'factory-rejects.mjs', code: 'PLUGIN_FACTORY_REJECTED' },
  ])('fails the start of the application with $code for $file', async ({ file, code }) => {
    await expect(start(CacheModule.forRoot({ path: fixture(file), logger: silent }))).rejects.toMatchObject({
      name: 'PluginError',
      code,
    });
  });

  it('hands its options to the host', async () => {
    const options: CacheModuleOptions = {
      path: fixture('custom-name.mjs'),
      factoryName: 'createCash',
      settingNames: { factoryName: 'CACHE_PLUGIN_FACTORY_NAME' },
      logger: silent,
    };
    await expect(start(CacheModule.forRoot(options))).rejects.toThrow(
      'wanted a function named "createCash"; export it, or set CACHE_PLUGIN_FACTORY_NAME',
    );
  });
});

describe('CachePlugin', () => {
  it('logs what became live, with the secrets masked', async () => {
    const { logger, lines } = recordingLogger();
    const env = { FIXTURE_URL: 'redis://host', FIXTURE_TOKEN: 'hunter2' };
    const app = await start(CacheModule.forRoot({ path: fixture('complete.mjs'), logger, env }));
    expect(lines.at(-1)).toEqual([
      'info',
      'cache plugin live',
      {
        plugin: 'complete-fixture',
        version: '1.2.3',
        mode: 'inline',
        config: { FIXTURE_URL: 'redis://host', FIXTURE_TOKEN: '***' },
      },
    ]);
    await app.close();
  });

  it('starts with a plugin whose back end is not there, and warns', async () => {
    const { logger, lines } = recordingLogger();
    const app = await start(CacheModule.forRoot({ path: fixture('ping-fails.mjs'), logger }));
    expect(lines).toEqual([
      [
        'warn',
        'cache plugin live, but degraded',
        expect.objectContaining({ plugin: 'ping-fails-fixture', code: 'PLUGIN_CALL_FAILED' }),
      ],
    ]);
    await expect(app.get(CachePlugin).ping()).resolves.toBe('degraded');
    await app.close();
  });

  it.each(['rejecting.mjs', 'never-answers.mjs', 'wrong-answer.mjs'])(
    'turns the failures of %s into misses, which its status counts',
    async (file) => {
      const { logger, lines } = recordingLogger();
      const app = await start(CacheModule.forRoot({ path: fixture(file), logger, callTimeoutMs: 20 }));
      const cache = app.get<Cache>(CACHE);
      const miss = {
        status: 'not-found',
        failure: expect.stringMatching(/error|timeout/),
        code: expect.stringMatching(/^PLUGIN_/),
      };
      await expect(cache.get('key')).resolves.toEqual(miss);
      await expect(cache.get('key')).resolves.toEqual(miss);
      const { lookups, writes } = app.get(CachePlugin).status();
      expect([lookups.error + lookups.timeout, writes.error]).toEqual([2, 0]);
      expect(lines.filter(([level]) => level === 'warn')).toHaveLength(1);
      await app.close();
    },
  );

  it('never fails a call because the logger of the application throws', async () => {
    const logger = { debug: fail, info: fail, warn: fail, error: fail };
    const app = await start(CacheModule.forRoot({ path: fixture('rejecting.mjs'), logger }));
    const cache = app.get<Cache>(CACHE);
    await expect(cache.get('key')).resolves.toMatchObject({ status: 'not-found', failure: 'error' });
    await expect(cache.set('key', 'value', 1000)).resolves.toBeUndefined();
    await app.close();
  });

  it('does not keep the application from closing when the plugin does not end, and warns', async () => {
    const { logger, lines } = recordingLogger();
    const app = await start(CacheModule.forRoot({ path: fixture('close-hangs.mjs'), logger, closeTimeoutMs: 20 }));
    await app.close();
    expect(lines.at(-1)).toEqual([
      'warn',
      'cache plugin not closed',
      { error: expect.stringContaining('found close() failing (not done within 20 ms)') },
    ]);
  });

  it('closes the plugin once, after the server: a request in flight keeps its cache', async () => {
    const app = await NestFactory.create<NestExpressApplication>(
      CacheModule.forRoot({ path: fixture('complete.mjs'), logger: silent }),
      { logger: false, abortOnError: false },
    );
    const cache = app.get<Cache>(CACHE);
    const gate = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    app.use('/slow', (_request: IncomingMessage, response: ServerResponse) => {
      arrived.resolve();
      void gate.promise
        .then(() => cache.set('key', 'value', 60_000))
        .then(() => cache.get('key'))
        .then((lookup) => response.end(lookup.status));
    });
    await app.listen(0, '127.0.0.1');
    const server: Server = app.getHttpServer();
    server.on('close', () => events.push('server closed'));

    const { port } = server.address() as AddressInfo;
    const request = get({ port, host: '127.0.0.1', path: '/slow', agent: false });
    await arrived.promise;
    const closed = app.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.listening).toBe(false);
    expect(app.get(CachePlugin).status().state).toBe('live');

    gate.resolve();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(Buffer.concat(await response.toArray()).toString()).toBe('hit');
    await closed;
    expect(events).toEqual(['opened', 'server closed', 'closed']);
    expect(app.get(CachePlugin).status().state).toBe('closed');
  });

  it.each(['complete.mjs', 'nowhere.mjs'])(
    'swaps nothing in where no folder is said, and looks for no file: %s',
    async (name) => {
      const app = await start(CacheModule.forRoot({ logger: silent }));
      const plugin = app.get(CachePlugin);

      await expect(plugin.swap({ path: fixture(name) })).rejects.toMatchObject({
        code: 'PLUGIN_OUTSIDE_DIRECTORY',
        message: `plugin ${fixture(name)}: found no folder from which plugins are swapped in, wanted one; set the option directory`,
      });
      expect(plugin.status()).toMatchObject({ state: 'none', swaps: 0 });
      await app.close();
    },
  );
});
