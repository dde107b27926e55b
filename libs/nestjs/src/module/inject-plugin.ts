// The decorators that inject plugins.
import { Inject } from '@nestjs/common';
import { getPluginRefToken, getPluginsToken, getPluginToken, type NamedContract } from '../registry/plugin-names.js';

type Injection = PropertyDecorator & ParameterDecorator;

/**
 * Injects the plugin of a contract: an object that stays the same, whichever plugin is behind it.
 * @param name as in `PluginModule.forPlugin`. @default 'default'
 * @example constructor(@InjectPlugin(MAILER) private readonly mailer: Mailer) {}
 */
export function InjectPlugin(contract: NamedContract, name?: string): Injection {
  return Inject(getPluginToken(contract, name));
}

/**
 * Injects the plugins of a folder, a `PluginMap`.
 * @param name as in `PluginModule.forDirectory`. @default 'default'
 * @example constructor(@InjectPlugins(PAYMENT) private readonly payments: PluginMap<Payment>) {}
 */
export function InjectPlugins(contract: NamedContract, name?: string): Injection {
  return Inject(getPluginsToken(contract, name));
}

/**
 * Injects the `PluginRef` of a plugin: its status, ping and swap.
 * @param name as in `PluginModule.forPlugin`. @default 'default'
 * @example constructor(@InjectPluginRef(MAILER) private readonly ref: PluginRef<Mailer>) {}
 */
export function InjectPluginRef(contract: NamedContract, name?: string): Injection {
  return Inject(getPluginRefToken(contract, name));
}
