// The injection tokens of a plugin, and its name in the registry.
import type { Contract } from '@pluggable/contract';
import { PluginError } from '@pluggable/host';

/** A contract, as far as names go. */
export type NamedContract = Pick<Contract<object>, 'kind'>;

const DEFAULT_NAME = 'default';

/**
 * The token that provides the plugin of a contract: the same in every copy of this package.
 * @param name tells several plugins of one contract apart: letters, digits, `_`, `.` and `-`. @default 'default'
 * @throws TypeError when the name is none
 * @example overrideProvider(getPluginToken(MAILER)).useValue(fakeMailer)
 */
export function getPluginToken(contract: NamedContract, name?: string): symbol {
  return tokenOf(contract, name, '');
}

/** The token that provides the `PluginRef` of a plugin. See {@link getPluginToken}. */
export function getPluginRefToken(contract: NamedContract, name?: string): symbol {
  return tokenOf(contract, name, ':ref');
}

/** The token that provides the `PluginMap` of a folder. See {@link getPluginToken}. */
export function getPluginsToken(contract: NamedContract, name?: string): symbol {
  return tokenOf(contract, name, ':folder');
}

/** The name in the registry: `kind/name`, or `kind` alone without a name. */
export function registryName({ kind }: NamedContract, name: string = DEFAULT_NAME): string {
  return name === DEFAULT_NAME ? kind : `${kind}/${name}`;
}

function tokenOf({ kind }: NamedContract, name: string = DEFAULT_NAME, suffix: string): symbol {
  if (!/^[\w.-]+$/.test(name)) {
    throw new TypeError(
      `a plugin of the ${kind} contract has the name ${JSON.stringify(name)}; wanted letters, digits, "_", "." and "-"`,
    );
  }
  return Symbol.for(`pluggable:${kind}:${name}${suffix}`);
}

/** @returns PluginError PLUGIN_NAME_TAKEN, of a second plugin with a name in the registry */
export function nameTaken(name: string, path: string, fix: string): PluginError {
  const found = `a second plugin with the name ${JSON.stringify(name)}`;
  return new PluginError('PLUGIN_NAME_TAKEN', { path, found, wanted: 'one', fix });
}
