// forRoot and forRootAsync, and what they take.
import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { PluginLogger } from '@pluggable/contract';
import type { PluginOptions } from '@pluggable/host';

export interface CacheModuleOptions extends Omit<PluginOptions, 'path' | 'directory' | 'logger' | 'signal'> {
  /** The plugin's file: a path, from the working directory, or a `file:` URL. @default empty: the no-op cache */
  readonly path?: string | undefined;
  /** Whether a plugin that cannot start fails the start; else the no-op cache serves, and it is tried again. @default true */
  readonly required?: boolean | undefined;
  /** The only folder from which `CachePlugin.swap` loads, symbolic links resolved. @default empty: it loads nothing */
  readonly directory?: string | undefined;
  /**
   * Aborted by an application whose own start fails after the plugin has opened, which Nest does not tell the module: ends the
   * plugin, or its start. For `abortOnError: false`; else Nest ends the process. @default never
   */
  readonly signal?: AbortSignal | undefined;
  /** Where the module and the plugin log. @default Nest's Logger */
  readonly logger?: PluginLogger | undefined;
}

/** What a class for `useClass` or `useExisting` implements. */
export interface CacheOptionsFactory {
  createCacheOptions(): CacheModuleOptions | Promise<CacheModuleOptions>;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<CacheModuleOptions>()
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createCacheOptions')
    .setExtras({ isGlobal: false }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();

export type CacheModuleAsyncOptions = typeof ASYNC_OPTIONS_TYPE;
