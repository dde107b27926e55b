// Creates domain modules, such as CacheModule, for the plugins of one contract.
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { Contract } from '@pluggable/contract';
import type { Decoration, DecorationContext } from '../registry/decoration.js';
import type { PluginModuleOptions, PluginSettings } from '../registry/plugin-ref-options.js';
import { type PluginAsyncOptions, optionsModule, type PluginModuleExtras } from './async-options.js';
import { pluginDynamicModule } from './plugin-providers.js';

/** Definition of a domain module. */
export interface PluginModuleDefinition<T extends object, Decorated extends object = T> {
  /** Contract of the plugins. */
  readonly contract: Contract<T>;
  /** Creates the fallback, which serves while there is no plugin. @default no fallback; then a path is needed */
  readonly createFallback?: (() => T) | undefined;
  /** Name of the fallback in the log. @default 'its fallback' */
  readonly fallbackName?: string | undefined;
  /** Wraps the plugin; the result is injected. @default the plugin itself is injected */
  readonly decorate?: ((plugin: T, context: DecorationContext) => Decorated) | undefined;
  /** Returns plain data for status, health checks and admin routes, such as counters. @default no details */
  readonly details?: ((decorated: Decorated) => Readonly<Record<string, unknown>>) | undefined;
}

/** Options of {@link PluginModuleClass.forRoot}. */
export interface DomainModuleOptions extends Omit<PluginSettings, 'fallbackName'> {
  /** File of the plugin: a path, relative to the working directory, or a `file:` URL. @default '' (the fallback serves) */
  readonly path?: string | undefined;
  /** Whether the application fails to start if the plugin does. If false, the fallback serves and the start is retried. @default true */
  readonly required?: boolean | undefined;
}

/** Base class of a domain module. Extend it with a named class. */
export interface PluginModuleClass {
  /** Called by Nest. */
  new (): object;
  /**
   * Provides the plugin under `getPluginToken(contract, name)`.
   * @param options @default the fallback serves
   * @throws PluginError when the application starts and the plugin cannot be opened; PLUGIN_NAME_TAKEN for a second plugin with
   * the same contract and name
   */
  forRoot(options?: DomainModuleOptions & PluginModuleExtras): DynamicModule;
  /** {@link PluginModuleClass.forRoot} with options from other providers, see {@link PluginAsyncOptions}. */
  forRootAsync(options: PluginAsyncOptions<DomainModuleOptions> & PluginModuleExtras): DynamicModule;
}

/**
 * Creates the base class of a module for the plugins of one contract. Import the module again with another `name` for a second
 * plugin.
 * @example
 * export const MAIL = getPluginToken(MAILER);
 * export class MailModule extends createPluginModule({ contract: MAILER, createFallback: () => new SilentMailer() }) {}
 */
export function createPluginModule<T extends object, Decorated extends object = T>(
  definition: PluginModuleDefinition<T, Decorated>,
): PluginModuleClass {
  const { contract, createFallback, fallbackName } = definition;
  const decoration = decorationOf(definition);

  @Module({})
  class DomainModule {
    static forRoot(
      this: Type,
      { name, isGlobal, ...own }: DomainModuleOptions & PluginModuleExtras = {},
    ): DynamicModule {
      return (this as Type & PluginModuleClass).forRootAsync({ name, isGlobal, useFactory: () => own });
    }

    static forRootAsync(
      this: Type,
      { name, isGlobal, ...options }: PluginAsyncOptions<DomainModuleOptions> & PluginModuleExtras,
    ): DynamicModule {
      const { module, token } = optionsModule(options);
      const complete = Symbol(`options of ${this.name}`);
      const provider = {
        provide: complete,
        inject: [token],
        useFactory: (own: DomainModuleOptions) =>
          ({ ...own, fallback: createFallback?.(), fallbackName }) as PluginModuleOptions<T>,
      };
      const withOptions = { ...module, providers: [...(module.providers ?? []), provider] };
      return pluginDynamicModule(this, withOptions, isGlobal, { contract, name, optionsToken: complete, decoration });
    }
  }
  return DomainModule;
}

function decorationOf<T extends object, Decorated extends object>({
  decorate,
  details,
}: PluginModuleDefinition<T, Decorated>): Decoration<T, object> | undefined {
  if (decorate === undefined && details === undefined) return undefined;
  const decoration: Decoration<T, Decorated> = {
    decorate: decorate ?? ((plugin) => plugin as unknown as Decorated),
    details: details ?? (() => ({})),
  };
  return decoration;
}
