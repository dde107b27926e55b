// The versions of Node.js that can run plugins: those with `module.registerHooks`, without the odd version 23.
import { isAtLeast } from '../node-version.js';
import { PluginError } from '../plugin.error.js';

/**
 * @param version as in `process.versions.node`
 * @throws PluginError PLUGIN_RUNTIME_UNSUPPORTED
 */
export function refuseOldNode(path: string, version: string = process.versions.node): void {
  if (isAtLeast(version, 24) || (isAtLeast(version, 22, 15) && !isAtLeast(version, 23))) return;
  throw new PluginError('PLUGIN_RUNTIME_UNSUPPORTED', {
    path,
    found: `Node.js ${version}`,
    wanted: 'Node.js 22.15 or later, but not 23',
    fix: 'upgrade Node.js',
  });
}

/**
 * Whether CommonJS that an `import` loads through a load hook cannot `require` ES modules: "module is not linked". Express requires
 * some, by the condition `module-sync`.
 *
 * @param version as in `process.versions.node`
 */
export function isRequireBrokenByHooks(version: string = process.versions.node): boolean {
  return !isAtLeast(version, 24, 12) && (isAtLeast(version, 23) || !isAtLeast(version, 22, 23));
}
