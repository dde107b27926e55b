// The module of a domain whose provider is a plugin: what CacheModule is made of.
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { Contract } from '@pluggable/contract';
import type { Decoration, DecorationContext } from '../registry/plugin-ref.js';
import type { PluginModuleOptions, PluginSettings } from '../registry/plugin-ref-options.js';
import { type PluginAsyncOptions, optionsModule, type PluginModuleExtras } from './async-options.js';
import { pluginDynamicModule } from './plugin-providers.js';

/** The definition of a domain module. */
export interface PluginModuleDefinition<T extends object, Decorated extends object = T> {
  readonly contract: Contract<T>;
  /** Makes the fallback of a name: it serves while there is no plugin. @default none: a path is needed */
  readonly createFallback?: (() => T) | undefined;
  /** The name of the fallback in the log. @default 'its fallback' */
  readonly fallbackName?: string | undefined;
  /** Makes of the plugin what is injected. @default the plugin itself */
  readonly decorate?: ((plugin: T, context: DecorationContext) => Decorated) | undefined;
  /** Plain data for status, health and admin route, such as counts. @default nothing */
  readonly details?: ((decorated: Decorated) => Readonly<Record<string, unknown>>) | undefined;
}

/** The options of `forRoot`. */
export interface DomainModuleOptions extends Omit<PluginSettings, 'fallbackName'> {
  /** The plugin's file: a path, from the working directory, or a `file:` URL. @default empty: the fallback serves */
  readonly path?: string | undefined;
  /** Whether a plugin that cannot start fails the start; else the fallback serves, and the plugin is tried again. @default true */
  readonly required?: boolean | undefined;
}

/** A domain module: extend it, and give it a name. */
export interface PluginModuleClass {
  new (): object;
  /** Provides the plugin under `getPluginToken(contract, name)`. @param options @default the fallback serves */
  forRoot(options?: DomainModuleOptions & PluginModuleExtras): DynamicModule;
  /** `forRoot` with what other providers know. A class has the method `createPluginOptions`. */
  forRootAsync(options: PluginAsyncOptions<DomainModuleOptions> & PluginModuleExtras): DynamicModule;
}

/**
 * Makes a module for the plugins of one contract. A second plugin of it has a `name`.
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
