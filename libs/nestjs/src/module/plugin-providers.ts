// The providers of one plugin: its PluginRef, and its token, whose factory opens the plugin. A test that overrides the token opens
// nothing.
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import type { Contract } from '@pluggable/contract';
import { PluginError } from '@pluggable/host';
import { getPluginRefToken, getPluginToken, registryName } from '../registry/plugin-names.js';
import type { Decoration } from '../registry/decoration.js';
import { PluginRef, type PluginRefParts } from '../registry/plugin-ref.js';
import type { PluginDefaults } from '../registry/plugin-ref-options.js';
import { PluginRegistry } from '../registry/plugin-registry.js';
import { PluginRegistryModule } from './plugin-registry.module.js';

/** Token of the options of `PluginModule.forRoot`. */
export const PLUGIN_DEFAULTS = Symbol.for('pluggable:defaults');

const HOOKS = [
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
];

/** Injects the options of `PluginModule.forRoot`; undefined if it is not imported. */
export const OPTIONAL_DEFAULTS = { token: PLUGIN_DEFAULTS, optional: true };

export interface PluginProvision<T extends object> {
  readonly contract: Contract<T>;
  readonly name: string | undefined;
  readonly optionsToken: string | symbol;
  readonly decoration?: Decoration<T, object> | undefined;
}

type OwnOptions<T extends object> = PluginRefParts<T>['options'];

/** Creates the dynamic module of a plugin. @param options a module that provides the options */
export function pluginDynamicModule<T extends object>(
  module: Type,
  options: DynamicModule,
  isGlobal: boolean | undefined,
  { contract, name, optionsToken, decoration }: PluginProvision<T>,
): DynamicModule {
  refuseHooks(contract);
  const token = getPluginToken(contract, name);
  const refToken = getPluginRefToken(contract, name);
  const nameOf = (): string => registryName(contract, name);
  const providers: Provider[] = [
    {
      provide: refToken,
      inject: [PluginRegistry, optionsToken, OPTIONAL_DEFAULTS],
      useFactory: (registry: PluginRegistry, given?: OwnOptions<T>, defaults: PluginDefaults = {}): PluginRef<T> => {
        const own = given ?? {};
        refuseExtras(own, own.path);
        const ref = new PluginRef({ contract, nameOf, options: withDefaults(own, defaults), decoration });
        registry.addConfigured(ref, own.path ?? '');
        return ref;
      },
    },
    { provide: token, inject: [PluginRegistry, refToken], useFactory: openListed },
  ];
  return withProviders(module, options, isGlobal, providers, [token, refToken]);
}

/** A plugin that cannot be opened leaves the registry, so that a lazy module can be loaded again. */
async function openListed(registry: PluginRegistry, ref: PluginRef): Promise<object> {
  try {
    return await ref.open();
  } catch (error) {
    registry.remove(ref);
    throw error;
  }
}

/** Nest calls its lifecycle hooks on every injected object. */
function refuseHooks({ kind, methods }: Pick<Contract<object>, 'kind' | 'methods'>): void {
  const hook = HOOKS.find((name) => Object.hasOwn(methods, name));
  if (hook === undefined) return;
  throw new TypeError(
    `the ${kind} contract has a method ${hook}(), which Nest would call as a lifecycle hook; rename the method`,
  );
}

/** `name` and `isGlobal` are needed before an options factory runs. */
export function refuseExtras(options: object, path = ''): void {
  const name = ['name', 'isGlobal'].find((key) => Object.hasOwn(options, key));
  if (name === undefined) return;
  const found = `the option ${name} in the result of an options factory`;
  const parts = { path, found, wanted: 'this option beside useFactory', fix: 'move it there' };
  throw new PluginError('PLUGIN_OPTION_INVALID', parts);
}

export function withProviders(
  module: Type,
  options: DynamicModule,
  isGlobal: boolean | undefined,
  providers: readonly Provider[],
  exported: readonly symbol[],
): DynamicModule {
  return {
    ...options,
    module,
    global: isGlobal ?? false,
    imports: [PluginRegistryModule, ...(options.imports ?? [])],
    providers: [...(options.providers ?? []), ...providers],
    exports: [...exported],
  };
}

/** An undefined or empty option has its default: a setting without a value changes nothing. */
export function withDefaults<Options extends object>(own: Options, defaults: PluginDefaults): Options & PluginDefaults {
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && value !== ''));
  return { ...defaults, ...given } as Options & PluginDefaults;
}
