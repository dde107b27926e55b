// Options from other providers.
import {
  type ConfigurableModuleAsyncOptions,
  ConfigurableModuleBuilder,
  type DynamicModule,
  type Type,
} from '@nestjs/common';

/** Interface of a class for `useClass` or `useExisting`. */
export interface PluginOptionsFactory<Options> {
  /** Returns the options. Called once, while the application starts. */
  createPluginOptions(): Options | Promise<Options>;
}

/** `imports`, `inject`, and one of `useFactory`, `useClass`, `useExisting`. */
export type PluginAsyncOptions<Options> = ConfigurableModuleAsyncOptions<Options, 'createPluginOptions'>;

/** Name and visibility of a plugin module. In the async form they stand beside `useFactory`. */
export interface PluginModuleExtras {
  /** Distinguishes several plugins of one contract. Letters, digits, `_`, `.` and `-`. @default 'default' */
  readonly name?: string | undefined;
  /** Whether all modules can inject the plugin without an import. @default false */
  readonly isGlobal?: boolean | undefined;
}

/** Creates a module that provides the options under a new token. */
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
