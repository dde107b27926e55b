// Shutdown of an application at difficult moments: time limits and leaks.
import { getEventListeners } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { type PluginLogger } from '@pluggable/contract';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  codeOf,
  eventsOf,
  fallback,
  folderOf,
  gate,
  GREETER,
  greeter,
  type Greeter,
  greeterFile,
  happened,
  RootModule,
  startApp,
} from '../../../../test/support/greeters.js';
import { eventually } from '../../../../test/support/eventually.js';
import { leftovers } from '../../../../test/support/leftovers.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import {
  getPluginRefToken,
  getPluginsToken,
  getPluginToken,
  InjectPlugin,
  ISOLATIONS,
  type PluginMap,
  PluginModule,
  type PluginModuleOptions,
  type PluginRef,
  PluginRegistry,
} from '../index.js';

type Lines = ReturnType<typeof recordingLogger>['lines'];

let logger: PluginLogger;
let lines: Lines;
let before: ReturnType<typeof leftovers>;

beforeEach(() => {
  ({ logger, lines } = recordingLogger());
  before = leftovers();
});

/** Waits until a factory has been called, in any isolation. */
async function begun(plugin: string): Promise<void> {
  await eventually(`the factory of ${plugin}`, () =>
    lines.some(([, message]) => message === `[plugin/${plugin}] begins`),
  );
}

const forPlugin = (options: Partial<PluginModuleOptions<Greeter>> & { readonly name?: string }) =>
  PluginModule.forPlugin(GREETER, { logger, ...options } as PluginModuleOptions<Greeter>);

type App = Awaited<ReturnType<typeof startApp>>;

const refOf = (app: App, name?: string): PluginRef<Greeter> =>
  app.get(getPluginRefToken(GREETER, name), { strict: false });
const mapOf = (app: App): PluginMap<Greeter> => app.get(getPluginsToken(GREETER), { strict: false });

/** An application with a registry and no plugin. */
const EMPTY = () => PluginModule.forDirectory(GREETER, { name: 'empty', directory: folderOf(), logger });

/** Duration of the close, in milliseconds. */
async function close(app: App): Promise<number> {
  const startedMs = performance.now();
  await app.close();
  return performance.now() - startedMs;
}

/** Far below the start limit, and far above the time in which a busy machine ends a guest. */
const SOON_MS = 5_000;

/** Expects no guest, and soon no timer. The test runner has its own timers. */
async function expectNothingLeft(): Promise<void> {
  expect(leftovers()).toMatchObject({ children: 0, threads: 0 });
  await eventually('the end of all timers', () => leftovers().timers <= before.timers);
}

describe.each(ISOLATIONS)('An application that closes, plugin in isolation: %s', (isolation) => {
  it('ends a start in progress', async () => {
    const app = await startApp(EMPTY());
    const path = greeterFile(`lazy-${isolation}`, { factory: 'hangs' });
    const loading = codeOf(app.get(LazyModuleLoader).load(() => forPlugin({ path, isolation })));
    await begun(`lazy-${isolation}`);
    expect(await close(app)).toBeLessThan(SOON_MS);
    expect(await loading).toBe('PLUGIN_CLOSED');
    await expectNothingLeft();
  });

  it('ends the start of a folder in progress, and closes its live plugins', async () => {
    const app = await startApp(EMPTY());
    const directory = folderOf({
      'a.mjs': greeter(`ready-${isolation}`),
      'b.mjs': greeter(`hung-${isolation}`, { factory: 'hangs' }),
    });
    const load = () => PluginModule.forDirectory(GREETER, { directory, isolation, logger });
    const loading = codeOf(app.get(LazyModuleLoader).load(load));
    await begun(`hung-${isolation}`);
    await eventually('the other one', () => lines.some(([, message]) => message.startsWith(`greeter/ready-`)));
    expect(await close(app)).toBeLessThan(SOON_MS);
    expect(await loading).toBe('PLUGIN_CLOSED');
    await expectNothingLeft();
  });

  it('ends a swap in progress', async () => {
    const within = folderOf({
      'old.mjs': greeter(`old-${isolation}`),
      'new.mjs': greeter(`new-${isolation}`, { factory: 'hangs' }),
    });
    const app = await startApp(forPlugin({ path: join(within, 'old.mjs'), within, isolation }));
    const swapping = codeOf(refOf(app).swap({ path: join(within, 'new.mjs') }));
    await begun(`new-${isolation}`);
    expect(await close(app)).toBeLessThan(SOON_MS);
    expect(await swapping).toBe('PLUGIN_CLOSED');
    expect(await codeOf(refOf(app).swap({ path: join(within, 'old.mjs') }))).toBe('PLUGIN_CLOSED');
    await expectNothingLeft();
  });

  it.each(['added', 'changed'])('ends a refresh in progress, for a file that was %s', async (how) => {
    const word = `${how}-${isolation}`;
    const directory = folderOf({ 'a.mjs': greeter(word) });
    const app = await startApp(PluginModule.forDirectory(GREETER, { directory, isolation, logger }));
    lines.length = 0;
    const file = how === 'added' ? 'b.mjs' : 'a.mjs';
    writeFileSync(join(directory, file), greeter(word, { name: how === 'added' ? 'added' : word, factory: 'hangs' }));
    const refreshing = [codeOf(mapOf(app).refresh()), codeOf(mapOf(app).refresh())];
    await begun(how === 'added' ? 'added' : word);
    expect(await close(app)).toBeLessThan(SOON_MS);
    expect(await Promise.all(refreshing)).toEqual(['PLUGIN_CLOSED', 'PLUGIN_CLOSED']);
    expect(await codeOf(mapOf(app).refresh())).toBe('PLUGIN_CLOSED');
    expect(mapOf(app).failed.size).toBe(0);
    await expectNothingLeft();
  });

  it('closes started plugins by the signal when another part cannot start', async () => {
    const life = new AbortController();
    const hangs = `starts-${isolation}`;
    const starting = startApp(
      forPlugin({ path: greeterFile(`live-${isolation}`), isolation, signal: life.signal }),
      forPlugin({ name: 'b', path: greeterFile(hangs, { factory: 'hangs' }), isolation, signal: life.signal }),
      PluginModule.forDirectory(GREETER, {
        directory: folderOf({ 'a.mjs': greeter(`foldered-${isolation}`) }),
        isolation,
        signal: life.signal,
        logger,
      }),
    );
    const failing = codeOf(starting);
    await begun(hangs);
    await eventually('the others', () => lines.filter(([, message]) => message.endsWith('plugin live')).length === 2);
    const reason = new Error('another part did not start');
    life.abort(reason);
    expect(await failing).toBe(reason);
    await eventually('the end of the guests', () => leftovers().children + leftovers().threads === 0);
    await expectNothingLeft();
  });

  it('waits for a hanging close only until its time limit', async () => {
    const path = greeterFile(`close-${isolation}`, { close: 'hangs' });
    const app = await startApp(
      forPlugin({ path, isolation, closeTimeoutMs: 50 }),
      forPlugin({ name: 'other', path: greeterFile(`beside-${isolation}`), isolation }),
    );
    expect(await close(app)).toBeLessThan(SOON_MS);
    expect(lines.filter(([level]) => level === 'warn')).toEqual([
      [
        'warn',
        'greeter plugin not closed',
        { code: 'PLUGIN_CLOSE_FAILED', error: expect.stringContaining('wanted a close() that succeeds within 50 ms') },
      ],
    ]);
    expect(refOf(app, 'other').status().state).toBe('closed');
    await expectNothingLeft();
  });
});

describe.each(['worker', 'process'] as const)(
  'An application that closes, and a plugin that blocks its %s',
  (isolation) => {
    it('ends a plugin that blocks during its start', async () => {
      const directory = folderOf();
      const app = await startApp(PluginModule.forDirectory(GREETER, { directory, isolation, logger }));
      writeFileSync(join(directory, 'a.mjs'), greeter(`blocks-${isolation}`, { factory: 'blocks' }));
      const refreshing = codeOf(mapOf(app).refresh());
      await begun(`blocks-${isolation}`);
      expect(await close(app)).toBeLessThan(SOON_MS);
      expect(await refreshing).toBe('PLUGIN_CLOSED');
      await expectNothingLeft();
    });

    it('ends a plugin that blocks in a call, and rejects the call', async () => {
      const path = greeterFile(`blocked-${isolation}`);
      const app = await startApp(forPlugin({ path, isolation, closeTimeoutMs: 200 }));
      const call = codeOf(app.get<Greeter>(getPluginToken(GREETER), { strict: false }).greet('block'));
      expect(await close(app)).toBeLessThan(SOON_MS);
      expect(await call).toBe('PLUGIN_CLOSED');
      await expectNothingLeft();
    });

    it('does not restart a plugin that has ended', async () => {
      const path = greeterFile(`restarts-${isolation}`);
      const app = await startApp(forPlugin({ path, isolation }));
      await app.get<Greeter>(getPluginToken(GREETER), { strict: false }).greet('crash');
      await eventually('the end of the guest', () => refOf(app).status().state === 'restarting');
      expect(await close(app)).toBeLessThan(SOON_MS);
      await expectNothingLeft();
    });
  },
);

describe('An application that closes', () => {
  it('waits for the close of a live plugin while the rest of its folder still starts', async () => {
    gate('closing');
    const directory = folderOf();
    const app = await startApp(PluginModule.forDirectory(GREETER, { directory, logger }));
    writeFileSync(join(directory, 'a.mjs'), greeter('closing', { close: 'gated' }));
    writeFileSync(join(directory, 'b.mjs'), greeter('hanging', { factory: 'hangs' }));
    const refreshing = codeOf(mapOf(app).refresh());
    await happened('hanging', 'begins');
    await eventually('the other one', () => lines.some(([, message]) => message === 'greeter/closing plugin live'));
    const lastEvent = app.close().then(() => eventsOf('closing').at(-1));
    await happened('closing', 'closes');
    gate('closing').resolve();
    expect(await lastEvent).toBe('closed');
    expect(await refreshing).toBe('PLUGIN_CLOSED');
  });

  it('waits for the close of a plugin whose name is taken', async () => {
    gate('twin');
    const directory = folderOf({ 'a.mjs': greeter('first-twin', { name: 'twin' }) });
    const app = await startApp(PluginModule.forDirectory(GREETER, { directory, logger }));
    writeFileSync(join(directory, 'b.mjs'), greeter('twin', { close: 'gated' }));
    const refreshing = mapOf(app).refresh();
    await happened('twin', 'closes');
    const lastEvent = app.close().then(() => eventsOf('twin').at(-1));
    await happened('first-twin', 'closed');
    gate('twin').resolve();
    expect(await lastEvent).toBe('closed');
    expect(await codeOf(refreshing)).toBe('PLUGIN_CLOSED');
  });

  it('ends starts in progress as soon as the shutdown begins', async () => {
    const within = folderOf({ 'old.mjs': greeter('serving'), 'new.mjs': greeter('hung-swap', { factory: 'hangs' }) });
    const directory = folderOf();
    const pending: Promise<unknown>[] = [];
    const codes: unknown[] = [];

    @Injectable()
    class Consumer implements BeforeApplicationShutdown {
      constructor(@InjectPlugin(GREETER) private readonly plugin: Greeter) {}

      async beforeApplicationShutdown(): Promise<void> {
        codes.push(...(await Promise.all(pending)), await this.plugin.greet('you'));
      }
    }
    const app = await startApp({
      module: RootModule,
      imports: [
        forPlugin({ path: join(within, 'old.mjs'), within }),
        PluginModule.forDirectory(GREETER, { directory, logger }),
      ],
      providers: [Consumer],
    });
    writeFileSync(join(directory, 'a.mjs'), greeter('hung-refresh', { factory: 'hangs' }));
    pending.push(
      codeOf(refOf(app).swap({ path: join(within, 'new.mjs') })),
      codeOf(mapOf(app).refresh()),
      codeOf(
        app
          .get(LazyModuleLoader)
          .load(() => forPlugin({ name: 'lazy', path: greeterFile('hung-start', { factory: 'hangs' }) })),
      ),
    );
    for (const word of ['hung-swap', 'hung-refresh', 'hung-start']) await happened(word, 'begins');
    await app.close();
    expect(codes).toEqual(['PLUGIN_CLOSED', 'PLUGIN_CLOSED', 'PLUGIN_CLOSED', 'serving you']);
  });

  it('keeps a plugin usable in every lifecycle hook of a consumer', async () => {
    const greetings: string[] = [];
    @Injectable()
    class Consumer implements OnModuleDestroy, OnApplicationShutdown {
      constructor(@InjectPlugin(GREETER) private readonly plugin: Greeter) {}

      async onModuleDestroy(): Promise<void> {
        greetings.push(await this.plugin.greet('destroy'));
      }

      async onApplicationShutdown(): Promise<void> {
        greetings.push(await this.plugin.greet('shutdown'));
      }
    }
    @Module({ imports: [forPlugin({ path: greeterFile('hooked') })], providers: [Consumer] })
    class FeatureModule {}
    const app = await startApp(FeatureModule);
    await app.close();
    expect(greetings).toEqual(['hooked destroy', 'hooked shutdown']);
    expect(eventsOf('hooked').at(-1)).toBe('closed');
  });

  it('answers calls in flight, and refuses later ones', async () => {
    gate('in-flight');
    const app = await startApp(forPlugin({ path: greeterFile('in-flight') }));
    const plugin = app.get<Greeter>(getPluginToken(GREETER), { strict: false });
    const slow = plugin.greet('slow');
    const closed = app.close();
    await eventually('the drain', () => refOf(app).status().state === 'draining');
    expect(await codeOf(plugin.greet('late'))).toBe('PLUGIN_CLOSED');
    gate('in-flight').resolve();
    await expect(slow).resolves.toBe('in-flight slow');
    await closed;
    expect(eventsOf('in-flight').slice(-2)).toEqual(['closes', 'closed']);
  });

  it('does not retry a plugin that is not required and did not start', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const app = await startApp(forPlugin({ path: join(folderOf(), 'absent.mjs'), required: false, fallback }));
    const registry = app.get(PluginRegistry, { strict: false });
    expect(registry.get('greeter')?.status()).toMatchObject({ state: 'failed', failure: { attempts: 1 } });
    expect(vi.getTimerCount()).toBe(1);
    await app.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('closes a plugin once, even if it is closed repeatedly', async () => {
    const app = await startApp(forPlugin({ path: greeterFile('once-closed', { close: 'hangs' }), closeTimeoutMs: 20 }));
    await Promise.all([app.close(), app.close()]);
    await app.close();
    expect(eventsOf('once-closed')).toEqual(['begins', 'opened', 'closes']);
    expect(lines.filter(([, message]) => message === 'greeter plugin not closed')).toHaveLength(1);
  });

  it('closes its plugins even if it was never initialised', async () => {
    const app = await Test.createTestingModule({
      imports: [forPlugin({ path: greeterFile('uninitialised') })],
    }).compile();
    await app.close();
    expect(eventsOf('uninitialised').at(-1)).toBe('closed');
  });

  it('leaves no listener on the signal of its start', async () => {
    const { signal } = new AbortController();
    const directory = folderOf({ 'a.mjs': greeter('received'), 'b.mjs': greeter('withdrawn') });
    const app = await startApp(
      forPlugin({ path: greeterFile('signalled'), signal }),
      PluginModule.forDirectory(GREETER, { directory, signal, logger }),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(3);
    rmSync(join(directory, 'b.mjs'));
    await mapOf(app).refresh();
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    await app.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('opens no plugin of a module that is loaded after its close', async () => {
    const app = await startApp(EMPTY());
    await app.close();
    const loading = app.get(LazyModuleLoader).load(() => forPlugin({ path: greeterFile('afterwards') }));
    expect(await codeOf(loading)).toBe('PLUGIN_CLOSED');
    const directory = folderOf({ 'a.mjs': greeter('afterwards') });
    const folder = () => PluginModule.forDirectory(GREETER, { directory, logger });
    expect(await codeOf(app.get(LazyModuleLoader).load(folder))).toBe('PLUGIN_CLOSED');
    expect(eventsOf('afterwards')).toEqual([]);
  });

  it('does not affect another application in the same process', async () => {
    const within = folderOf({ 'one.mjs': greeter('shared-file'), 'two.mjs': greeter('its-own') });
    const path = join(within, 'one.mjs');
    const directory = folderOf({ 'a.mjs': greeter('shared-folder') });
    const parts = () => [forPlugin({ path, within }), PluginModule.forDirectory(GREETER, { directory, logger })];
    const one = await startApp(...parts());
    const other = await startApp(...parts());
    expect(mapOf(one).get('shared-folder')).not.toBe(mapOf(other).get('shared-folder'));
    await refOf(one).swap({ path: join(within, 'two.mjs') });
    await one.close();
    const plugin = other.get<Greeter>(getPluginToken(GREETER), { strict: false });
    await expect(plugin.greet('you')).resolves.toBe('shared-file you');
    await expect(mapOf(other).get('shared-folder')?.greet('you')).resolves.toBe('shared-folder you');
    await expect(mapOf(other).refresh()).resolves.toEqual({ added: [], changed: [], removed: [], failed: [] });
    expect(refOf(other).status()).toMatchObject({ state: 'live', swaps: 0 });
  });
});

describe('A start that fails', () => {
  it('opens nothing if its signal is already aborted', async () => {
    const reason = new Error('given up');
    const signal = AbortSignal.abort(reason);
    expect(await codeOf(startApp(forPlugin({ path: greeterFile('given-up'), signal })))).toBe(reason);
    const directory = folderOf({ 'a.mjs': greeter('given-up') });
    expect(await codeOf(startApp(PluginModule.forDirectory(GREETER, { directory, signal, logger })))).toBe(reason);
    expect(eventsOf('given-up')).toEqual([]);
  });

  it('closes all plugins by its signal, while one still starts', async () => {
    const life = new AbortController();
    const path = greeterFile('under-way', { factory: 'hangs' });

    @Injectable()
    class Broken {
      constructor(@Inject(getPluginToken(GREETER, 'fine')) plugin: Greeter) {
        throw new Error(`no part today, ${typeof plugin}`);
      }
    }
    const fine = forPlugin({ name: 'fine', path: greeterFile('fine'), signal: life.signal });
    @Module({ imports: [fine], providers: [Broken] })
    class BrokenModule {}
    const error: unknown = await startApp(BrokenModule, forPlugin({ path, signal: life.signal })).then(
      () => null,
      (reason) => reason,
    );
    expect(error).toMatchObject({ message: 'no part today, object' });
    life.abort(error);
    await happened('fine', 'closed');
    await expectNothingLeft();
  });
});
