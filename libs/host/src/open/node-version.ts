// The versions of Node.js that can run plugins: those with `module.registerHooks`.
import { PluginError } from '../plugin.error.js';

/**
 * @param version as in `process.versions.node`
 * @throws PluginError PLUGIN_RUNTIME_UNSUPPORTED
 */
export function refuseOldNode(path: string, version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major >= 24 || (major === 23 && minor >= 5) || (major === 22 && minor >= 15)) return;
  throw new PluginError('PLUGIN_RUNTIME_UNSUPPORTED', {
    path,
    found: `Node.js ${version}`,
    wanted: 'Node.js 22.15 or later',
    fix: 'upgrade Node.js',
  });
}
