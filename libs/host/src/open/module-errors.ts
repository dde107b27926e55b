// The errors of the module hooks.
import { PluginError, reasonOf } from '../plugin.error.js';
import type { PluginSource } from './plugin-source.js';

export function otherHook({ path }: PluginSource, cause?: unknown): PluginError {
  return new PluginError('PLUGIN_NOT_LOADABLE', {
    path,
    found: `a module that another module hook loaded${cause === undefined ? '' : ` (${reasonOf(cause)})`}`,
    wanted: 'the bytes that the host read',
    fix: 'remove the hook that a library or --import has registered',
    cause,
  });
}

export function notOneFile(path: string, specifier: string): PluginError {
  return new PluginError('PLUGIN_NOT_ONE_FILE', {
    path,
    found: `an import of ${JSON.stringify(specifier)}`,
    wanted: 'one file that imports only node: modules, because its hash covers no other',
    fix: 'bundle its dependencies into the file, or load it without a hash',
  });
}
