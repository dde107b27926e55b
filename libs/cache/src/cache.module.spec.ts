// The module in a Nest application: only the parts of the cache. libs/nestjs tests the rest.
import { once } from 'node:events';
import { get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DynamicModule, Inject, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  type DomainModuleOptions,
  getPluginRefToken,
  getPluginToken,
  InjectPlugin,
  type PluginOptionsFactory,
  type PluginRef,
  PluginRegistry,
} from '@pluggable/nestjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { recordingLogger } from '../../../test/support/recording-logger.js';
import { type Cache, CACHE, CACHE_CONTRACT, CacheModule } from './index.js';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/plugins/', import.meta.url));
const fixture = (name: string) => join(FIXTURES, name);

@Module({})
class RootModule {}

/** Starts an application without a server, of these modules. */
const start = (...imports: Required<ModuleMetadata>['imports']) =>
  NestFactory.createApplicationContext({ module: RootModule, imports }, { logger: false, abortOnError: false });

type App = Awaited<ReturnType<typeof start>>;

const refOf = (app: App, name?: string): PluginRef => app.get(getPluginRefToken(CACHE_CONTRACT, name));

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
class CacheSettings implements PluginOptionsFactory<DomainModuleOptions> {
  createPluginOptions(): DomainModuleOptions {
    return { path: fixture('complete.mjs'), logger: silent };
  }
}

@Module({ providers: [CacheSettings], exports: [CacheSettings] })
class SettingsModule {}

const PATH = 'a path from another provider';

@Module({ providers: [{ provide: PATH, useValue: fixture('complete.mjs') }], exports: [PATH] })
class PathModule {}

@Injectable()
class Consumer {
  constructor(@Inject(CACHE) readonly cache: Cache) {}
}

@Module({ providers: [Consumer] })
class FeatureModule {}

describe('CacheModule', () => {
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
  ])('provides the cache of the plugin, and closes it: $how', async ({ part }) => {
    const app = await start(part);
    const cache = app.get<Cache>(CACHE);
    await cache.set('key', '0', 60_000);
    await expect(cache.get('key')).resolves.toEqual({ status: 'hit', value: '0' });
    expect(refOf(app).status()).toMatchObject({ name: 'cache', state: 'live', plugin: { name: 'complete-fixture' } });
    await app.close();
    expect(events).toEqual(['opened', 'closed']);
  });

  it.each<{ how: string; part: DynamicModule }>([
    { how: 'forRoot', part: CacheModule.forRoot({ logger: silent, isGlobal: true }) },
    {
      how: 'forRootAsync',
      part: CacheModule.forRootAsync({ isGlobal: true, useFactory: () => ({ logger: silent }) }),
    },
  ])('provides its cache to all modules if it is global: $how', async ({ part }) => {
    const app = await start(part, FeatureModule);
    expect(app.get(Consumer, { strict: false }).cache).toBe(app.get(CACHE));
    await app.close();
  });

  it('provides the cache only to importing modules if it is not global', async () => {
    const part = CacheModule.forRoot({ logger: silent });
    const app = await start({ module: FeatureModule, imports: [part] });
    expect(app.get(Consumer, { strict: false }).cache).toBe(app.get(CACHE, { strict: false }));
    await app.close();
    await expect(start(part, FeatureModule)).rejects.toThrow(/Consumer.*pluggable:cache:default/s);
  });

  it.each([undefined, {}, { path: '' }])('serves the no-op cache without a path, and logs it: %j', async (options) => {
    const { logger, lines } = recordingLogger();
    const app = await start(CacheModule.forRoot({ ...options, logger }));
    expect(lines).toEqual([['info', 'no cache plugin configured; using nop cache']]);
    const cache = app.get<Cache>(CACHE);
    await cache.set('key', 'value', 1000);
    await expect(cache.get('key')).resolves.toEqual({ status: 'not-found' });
    expect(refOf(app).status()).toMatchObject({
      state: 'none',
      plugin: null,
      failure: null,
      details: { lookups: { 'not-found': 0, skipped: 1 }, writes: { stored: 0, skipped: 1 } },
    });
    await expect(refOf(app).ping()).resolves.toBe('none');
    await app.close();
  });

  it('needs no options at all', async () => {
    const app = await start(CacheModule.forRoot());
    expect(refOf(app).status()).toMatchObject({ state: 'none' });
    await app.close();
  });

  it.each(['rejecting.mjs', 'never-answers.mjs', 'wrong-answer.mjs'])(
    'turns the failures of %s into misses, counts them in its details and warns once',
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
      const isTimeout = file === 'never-answers.mjs';
      expect(refOf(app).status().details).toMatchObject({
        lookups: { error: isTimeout ? 0 : 2, timeout: isTimeout ? 2 : 0, hit: 0 },
        writes: { error: 0 },
      });
      expect(lines.filter(([level]) => level === 'warn')).toHaveLength(1);
      await app.close();
    },
  );

  it('provides a second cache by its name, with separate counts', async () => {
    @Injectable()
    class Sessions {
      constructor(
        @Inject(CACHE) readonly cache: Cache,
        @InjectPlugin(CACHE_CONTRACT, 'sessions') readonly sessions: Cache,
      ) {}
    }
    const app = await start({
      module: FeatureModule,
      imports: [
        CacheModule.forRoot({ logger: silent }),
        CacheModule.forRoot({ name: 'sessions', path: fixture('complete.mjs'), logger: silent }),
      ],
      providers: [Sessions],
      exports: [Sessions],
    });
    const { cache, sessions } = app.get(Sessions, { strict: false });
    expect(sessions).toBe(app.get(getPluginToken(CACHE_CONTRACT, 'sessions'), { strict: false }));
    await cache.set('key', 'value', 60_000);
    await sessions.set('key', 'value', 60_000);
    await expect(sessions.get('key')).resolves.toEqual({ status: 'hit', value: 'value' });
    const statuses = app.get(PluginRegistry, { strict: false }).plugins.map((ref) => ref.status());
    expect(statuses).toMatchObject([
      { name: 'cache', state: 'none', details: { lookups: { hit: 0 }, writes: { skipped: 1 } } },
      { name: 'cache/sessions', state: 'live', details: { lookups: { hit: 1 }, writes: { stored: 1 } } },
    ]);
    await app.close();
  });

  it('serves the no-op cache while a plugin that is not required cannot start, and logs it', async () => {
    const { logger, lines } = recordingLogger();
    const app = await start(CacheModule.forRoot({ path: fixture('factory-throws.mjs'), required: false, logger }));
    await app.get<Cache>(CACHE).set('key', 'value', 1000);
    expect(refOf(app).status()).toMatchObject({ state: 'failed', details: { writes: { skipped: 1 } } });
    expect(lines).toContainEqual([
      'error',
      'cache plugin not started; using nop cache; the start will be retried',
      expect.objectContaining({ code: 'PLUGIN_FACTORY_THREW', attempts: 1 }),
    ]);
    await app.close();
  });

  it('passes its options to the host', async () => {
    const options: DomainModuleOptions = {
      path: fixture('custom-name.mjs'),
      factoryName: 'createCash',
      settingNames: { factoryName: 'CACHE_PLUGIN_FACTORY_NAME' },
      logger: silent,
    };
    await expect(start(CacheModule.forRoot(options))).rejects.toThrow(
      'wanted a function named "createCash"; export it, or set CACHE_PLUGIN_FACTORY_NAME',
    );
  });

  it('does not fail a call when the logger of the application throws', async () => {
    const logger = { debug: fail, info: fail, warn: fail, error: fail };
    const app = await start(CacheModule.forRoot({ path: fixture('rejecting.mjs'), logger }));
    const cache = app.get<Cache>(CACHE);
    await expect(cache.get('key')).resolves.toMatchObject({ status: 'not-found', failure: 'error' });
    await expect(cache.set('key', 'value', 1000)).resolves.toBeUndefined();
    await app.close();
  });

  it('closes the plugin after the server: a request in flight keeps its cache', async () => {
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
    expect(refOf(app).status().state).toBe('live');

    gate.resolve();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(Buffer.concat(await response.toArray()).toString()).toBe('hit');
    await closed;
    expect(events).toEqual(['opened', 'server closed', 'closed']);
    expect(refOf(app).status().state).toBe('closed');
  });
});
