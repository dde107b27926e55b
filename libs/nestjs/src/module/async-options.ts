// Options that come from other providers.
import {
  type ConfigurableModuleAsyncOptions,
  ConfigurableModuleBuilder,
  type DynamicModule,
  type Type,
} from '@nestjs/common';

/** The interface of a class for `useClass` or `useExisting`. */
export interface PluginOptionsFactory<Options> {
  createPluginOptions(): Options | Promise<Options>;
}

/** `imports`, `inject`, and one of `useFactory`, `useClass`, `useExisting`. */
export type PluginAsyncOptions<Options> = ConfigurableModuleAsyncOptions<Options, 'createPluginOptions'>;

/** The name of a plugin module, and who sees it. */
export interface PluginModuleExtras {
  /** Tells several plugins of one contract apart: letters, digits, `_`, `.` and `-`. @default 'default' */
  readonly name?: string | undefined;
  /** Whether every module gets it without an import. @default false */
  readonly isGlobal?: boolean | undefined;
}

/** A module that provides options under a token of its own. */
export function optionsModule<Options>(options: PluginAsyncOptions<Options>): {
  readonly module: DynamicModule;
  readonly token: string | symbol;
} {
  const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<Options>()
    .setFactoryMethodName('createPluginOptions')
    .build();
  const configurable = ConfigurableModuleClass as Type & {
    registerAsync(options: PluginAsyncOptions<Options>): DynamicModule;
  };
  return { module: configurable.registerAsync(options), token: MODULE_OPTIONS_TOKEN };
}
