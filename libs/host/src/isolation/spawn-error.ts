// A guest that the system gives no thread or process.
import { PluginError } from '../plugin.error.js';

/** What the system lacks, by the code that its error names. */
const LACKS: readonly (readonly [code: RegExp, fix: string])[] = [
  [/\b(EMFILE|ENFILE)\b|too many open files/i, 'EMFILE: raise the limit of open files'],
  [/\bEAGAIN\b/, 'raise the limit of processes and threads'],
  [/\bENOMEM\b/, 'give the host more memory'],
  [/\b(ENOENT|EACCES)\b/, 'restart the application: its Node.js was replaced while it ran'],
];

/** @param how why there is no thread or process */
export function spawnError(path: string, how: string): PluginError {
  const fix = LACKS.find(([code]) => code.test(how))?.[1] ?? 'see the log of the host';
  return new PluginError('PLUGIN_SPAWN_FAILED', {
    path,
    found: `no thread or process for it (${how})`,
    wanted: 'one in which it can start',
    fix,
  });
}
