// The providers of one plugin: its reference, and the token, whose own factory opens it. Overriding the token opens nothing.
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import type { Contract } from '@pluggable/contract';
import { PluginError } from '@pluggable/host';
import { getPluginRefToken, getPluginToken, registryName } from '../registry/plugin-names.js';
import { type Decoration, PluginRef, type PluginRefParts } from '../registry/plugin-ref.js';
import type { PluginDefaults } from '../registry/plugin-ref-options.js';
import { PluginRegistry } from '../registry/plugin-registry.js';
import { PluginRegistryModule } from './plugin-registry.module.js';

/** Provides what `PluginModule.forRoot` was given. */
export const PLUGIN_DEFAULTS = Symbol.for('pluggable:defaults');

const HOOKS = [
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
];

/** Injects what `PluginModule.forRoot` was given, if anything. */
export const OPTIONAL_DEFAULTS = { token: PLUGIN_DEFAULTS, optional: true };

export interface PluginProvision<T extends object> {
  readonly contract: Contract<T>;
  readonly name: string | undefined;
  readonly optionsToken: string | symbol;
  readonly decoration?: Decoration<T, object> | undefined;
}

type OwnOptions<T extends object> = PluginRefParts<T>['options'];

/** A module of the plugin, around one that provides the options. */
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

/** One that cannot be opened leaves the registry, so that a module that is loaded lazily can be loaded again. */
async function openListed(registry: PluginRegistry, ref: PluginRef): Promise<object> {
  try {
    return await ref.open();
  } catch (error) {
    registry.remove(ref);
    throw error;
  }
}

/** Nest calls a method of this name of every injected object. */
function refuseHooks({ kind, methods }: Pick<Contract<object>, 'kind' | 'methods'>): void {
  const hook = HOOKS.find((name) => Object.hasOwn(methods, name));
  if (hook === undefined) return;
  throw new TypeError(`the ${kind} contract has a method ${hook}(), which Nest would call; give it another name`);
}

/** `name` and `isGlobal` come too late in what a factory returns. */
export function refuseExtras(options: object, path = ''): void {
  const name = ['name', 'isGlobal'].find((key) => Object.hasOwn(options, key));
  if (name === undefined) return;
  const found = `the option ${name} among those that a factory returns`;
  const parts = { path, found, wanted: 'it beside useFactory', fix: 'move it there' };
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

/** An option that is not given is the default's, and so is an empty one: a setting without a value takes nothing away. */
export function withDefaults<Options extends object>(own: Options, defaults: PluginDefaults): Options & PluginDefaults {
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && value !== ''));
  return { ...defaults, ...given } as Options & PluginDefaults;
}
