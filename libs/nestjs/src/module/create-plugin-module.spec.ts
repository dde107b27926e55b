// Domain modules: fallback, decoration and names.
import { join } from 'node:path';
import { Inject, Injectable, Module } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  fallback,
  folderOf,
  GREETER,
  greeter,
  type Greeter,
  greeterFile,
  happened,
  startApp,
} from '../../../../test/support/greeters.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import {
  createPluginModule,
  type DomainModuleOptions,
  getPluginRefToken,
  getPluginToken,
  InjectPlugin,
  PluginModule,
  type PluginOptionsFactory,
  type PluginRef,
} from '../index.js';

const GREETINGS = getPluginToken(GREETER);

/** Counts what it greets. */
class CountingGreeter {
  count = 0;

  constructor(
    private readonly inner: Greeter,
    readonly hasPlugin: () => boolean,
  ) {}

  async greet(person: string): Promise<string> {
    this.count++;
    return `counted: ${await this.inner.greet(person)}`;
  }
}

let fallbacks = 0;

@Module({})
class GreeterModule extends createPluginModule({
  contract: GREETER,
  createFallback: () => ({ ...fallback, greet: async (person: string) => `fallback ${person}, of ${++fallbacks}` }),
  fallbackName: 'a wave',
  decorate: (plugin, { hasPlugin }) => new CountingGreeter(plugin, hasPlugin),
  details: ({ count }) => ({ count }),
}) {}

@Module({})
class PlainModule extends createPluginModule({ contract: GREETER }) {}

@Module({})
class BrokenModule extends createPluginModule({
  contract: GREETER,
  details: () => {
    throw new Error('no counts');
  },
}) {}

type App = Awaited<ReturnType<typeof startApp>>;
const refOf = (app: App, name?: string): PluginRef<Greeter> => app.get(getPluginRefToken(GREETER, name));

const { logger } = recordingLogger();

describe('A domain module', () => {
  it('provides the decorated plugin, and shows its details in the status', async () => {
    const app = await startApp(GreeterModule.forRoot({ path: greeterFile('decorated'), logger }));
    const plugin = app.get<CountingGreeter>(GREETINGS);
    await expect(plugin.greet('you')).resolves.toBe('counted: decorated you');
    expect([plugin.hasPlugin(), refOf(app).status().details]).toEqual([true, { count: 1 }]);
    await app.close();
    expect(eventsOf('decorated').at(-1)).toBe('closed');
  });

  it('has a status when its details throw, and logs the error', async () => {
    const { logger: recording, lines } = recordingLogger();
    const app = await startApp(BrokenModule.forRoot({ path: greeterFile('undetailed'), logger: recording }));
    expect(refOf(app).status()).toMatchObject({ state: 'live', details: {} });
    expect(lines).toContainEqual(['warn', 'greeter plugin: details() failed', { error: 'no counts' }]);
    await app.close();
  });

  it.each([undefined, {}, { path: '' }, { path: undefined }])(
    'serves its fallback without a path: %j',
    async (options) => {
      const { logger: recording, lines } = recordingLogger();
      const app = await startApp(PluginModule.forRoot({ logger: recording }), GreeterModule.forRoot(options));
      const plugin = app.get<CountingGreeter>(GREETINGS);
      await expect(plugin.greet('you')).resolves.toMatch(/^counted: fallback you/);
      expect([plugin.hasPlugin(), refOf(app).status().details]).toEqual([false, { count: 1 }]);
      expect(lines).toEqual([['info', 'no greeter plugin configured; using a wave']]);
    },
  );

  it('keeps the injected object after a swap', async () => {
    const within = folderOf({ 'a.mjs': greeter('a-domain'), 'b.mjs': greeter('b-domain') });
    const app = await startApp(GreeterModule.forRoot({ within, logger }));
    const plugin = app.get<CountingGreeter>(GREETINGS);
    expect(plugin.hasPlugin()).toBe(false);
    for (const word of ['a', 'b']) {
      await refOf(app).swap({ path: join(within, `${word}.mjs`) });
      await expect(plugin.greet('you')).resolves.toBe(`counted: ${word}-domain you`);
    }
    expect([plugin.hasPlugin(), plugin.count]).toEqual([true, 2]);
    await happened('a-domain', 'closed');
  });

  it('can be imported again with a name, with a separate fallback and details', async () => {
    @Injectable()
    class Consumer {
      constructor(
        @Inject(GREETINGS) readonly one: CountingGreeter,
        @InjectPlugin(GREETER, 'second') readonly second: CountingGreeter,
      ) {}
    }
    @Module({
      imports: [
        GreeterModule.forRoot({ logger }),
        GreeterModule.forRootAsync({ name: 'second', useFactory: () => ({ path: greeterFile('second'), logger }) }),
      ],
      providers: [Consumer],
    })
    class FeatureModule {}
    const app = await startApp(FeatureModule);
    const { one, second } = app.get(Consumer, { strict: false });
    await expect(second.greet('you')).resolves.toBe('counted: second you');
    expect([one.count, one.hasPlugin(), second.count, second.hasPlugin()]).toEqual([0, false, 1, true]);
  });

  it('takes its options from a class', async () => {
    @Injectable()
    class Settings implements PluginOptionsFactory<DomainModuleOptions> {
      createPluginOptions(): DomainModuleOptions {
        return { path: greeterFile('by-class'), logger };
      }
    }
    const app = await startApp(GreeterModule.forRootAsync({ useClass: Settings }));
    await expect(app.get<Greeter>(GREETINGS).greet('you')).resolves.toBe('counted: by-class you');
  });

  it('conflicts with forPlugin for the same contract', async () => {
    const path = greeterFile('both');
    const starting = startApp(
      GreeterModule.forRoot({ path, logger }),
      PluginModule.forPlugin(GREETER, { path, logger }),
    );
    const error: unknown = await starting.then(
      () => 'it starts',
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'PLUGIN_NAME_TAKEN' });
  });

  it('may have neither a fallback nor a decoration', async () => {
    const app = await startApp(PlainModule.forRoot({ path: greeterFile('plain'), logger }));
    await expect(app.get<Greeter>(GREETINGS).greet('you')).resolves.toBe('plain you');
    expect(refOf(app).status().details).toEqual({});
    const error: unknown = await startApp(PlainModule.forRoot({ settingNames: { path: 'GREETER' }, logger })).then(
      () => 'it starts',
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      message:
        'plugin: found neither a path of a greeter plugin nor a fallback, wanted at least one of them; set GREETER, or add a fallback',
    });
  });

  it('fails the start when its decoration throws, and closes the plugin', async () => {
    @Module({})
    class Undecorated extends createPluginModule<Greeter>({
      contract: GREETER,
      decorate: () => {
        throw new Error('no paint today');
      },
    }) {}
    const path = greeterFile('undecorated');
    const error: unknown = await startApp(Undecorated.forRoot({ path, logger })).then(
      () => 'it starts',
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ message: 'no paint today' });
    expect(eventsOf('undecorated').at(-1)).toBe('closed');
  });
});
