// The error for a worker or process that the system cannot start.
import { PluginError } from '../plugin.error.js';

/** Fixes by the error code of the system. */
const FIXES: readonly (readonly [code: RegExp, fix: string])[] = [
  [/\b(EMFILE|ENFILE)\b|too many open files/i, 'EMFILE: raise the limit of open files'],
  [/\bEAGAIN\b/, 'raise the limit of processes and threads'],
  [/\bENOMEM\b/, 'give the host more memory'],
  [/\b(ENOENT|EACCES)\b/, 'restart the application: its Node.js was replaced while it ran'],
];

/**
 * @param how reason of the failure
 * @param output the error that the program of the guest printed
 */
export function spawnError(path: string, how: string, output?: string): PluginError {
  const fix = FIXES.find(([code]) => code.test(how))?.[1] ?? 'see the log of the host';
  return new PluginError('PLUGIN_SPAWN_FAILED', {
    path,
    found: `a thread or process that cannot be started (${output === undefined ? how : `${how}: ${output}`})`,
    wanted: 'a thread or process for the plugin',
    fix,
  });
}
