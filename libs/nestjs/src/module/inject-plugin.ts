// Decorators that inject plugins.
import { Inject } from '@nestjs/common';
import { getPluginRefToken, getPluginsToken, getPluginToken, type NamedContract } from '../registry/plugin-names.js';

/** A decorator for constructor parameters and properties. */
export type InjectionDecorator = PropertyDecorator & ParameterDecorator;

/**
 * Injects the plugin of a contract. The injected object stays the same after a swap.
 * @param contract the contract, as in `PluginModule.forPlugin`
 * @param name as in `PluginModule.forPlugin`. @default 'default'
 * @example constructor(@InjectPlugin(MAILER) private readonly mailer: Mailer) {}
 */
export function InjectPlugin(contract: NamedContract, name?: string): InjectionDecorator {
  return Inject(getPluginToken(contract, name));
}

/**
 * Injects the plugins of a folder, a {@link PluginMap}.
 * @param contract the contract, as in `PluginModule.forDirectory`
 * @param name as in `PluginModule.forDirectory`. @default 'default'
 * @example constructor(@InjectPlugins(PAYMENT) private readonly payments: PluginMap<Payment>) {}
 */
export function InjectPlugins(contract: NamedContract, name?: string): InjectionDecorator {
  return Inject(getPluginsToken(contract, name));
}

/**
 * Injects the {@link PluginRef} of a plugin: its status, ping and swap.
 * @param contract the contract, as in `PluginModule.forPlugin`
 * @param name as in `PluginModule.forPlugin`. @default 'default'
 * @example constructor(@InjectPluginRef(MAILER) private readonly ref: PluginRef<Mailer>) {}
 */
export function InjectPluginRef(contract: NamedContract, name?: string): InjectionDecorator {
  return Inject(getPluginRefToken(contract, name));
}
