// Injection tokens of plugins, and names in the registry.
import type { Contract } from '@pluggable/contract';
import { PluginError } from '@pluggable/host';

/** The part of a contract that determines tokens. */
export type NamedContract = Pick<Contract<object>, 'kind'>;

const DEFAULT_NAME = 'default';

/**
 * Returns the injection token of a plugin. It is the same in every copy of this package.
 * @param contract the contract, as in `PluginModule.forPlugin`
 * @param name distinguishes several plugins of one contract: letters, digits, `_`, `.` and `-`. @default 'default'
 * @throws TypeError when the name is invalid
 * @example overrideProvider(getPluginToken(MAILER)).useValue(fakeMailer)
 */
export function getPluginToken(contract: NamedContract, name?: string): symbol {
  return tokenOf(contract, name, '');
}

/** Returns the injection token of the {@link PluginRef} of a plugin. See {@link getPluginToken}. */
export function getPluginRefToken(contract: NamedContract, name?: string): symbol {
  return tokenOf(contract, name, ':ref');
}

/** Returns the injection token of the {@link PluginMap} of a folder. See {@link getPluginToken}. */
export function getPluginsToken(contract: NamedContract, name?: string): symbol {
  return tokenOf(contract, name, ':folder');
}

/** The name in the registry: `kind/name`, or only `kind` for the name 'default'. */
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

/** @returns PluginError PLUGIN_NAME_TAKEN */
export function nameTaken(name: string, path: string, fix: string): PluginError {
  const found = `a second plugin with the name ${JSON.stringify(name)}`;
  return new PluginError('PLUGIN_NAME_TAKEN', { path, found, wanted: 'one plugin for each name', fix });
}
