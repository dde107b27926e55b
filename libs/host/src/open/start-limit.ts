// The time limit of a start or restart, and its error, which names the current step.
import { DeadlineExceeded, withDeadline } from '../calls/deadline.js';
import type { FilledPluginOptions } from '../plugin-options.js';
import { PluginError } from '../plugin.error.js';

export interface LimitedStart {
  /** Aborted when the start is given up. */
  readonly signal: AbortSignal;
  /** Called when a step begins. @param path path of the plugin, as soon as it is known */
  readonly onStep: (step: string, path?: string) => void;
}

/**
 * @param caller aborts the start before the limit
 * @throws PluginError PLUGIN_START_TIMEOUT, which names the step
 * @throws the reason of `caller`, when it is aborted
 */
export async function withinStartLimit<Started>(
  path: string,
  { startTimeoutMs, settingNames }: Pick<FilledPluginOptions, 'startTimeoutMs' | 'settingNames'>,
  start: (limited: LimitedStart) => Promise<Started>,
  caller?: AbortSignal,
): Promise<Started> {
  const reached = { step: '', path };
  const onStep: LimitedStart['onStep'] = (step, knownPath = reached.path) => {
    reached.step = step;
    reached.path = knownPath;
  };
  try {
    return await withDeadline(startTimeoutMs, (signal) => start({ signal, onStep }), caller);
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    throw new PluginError('PLUGIN_START_TIMEOUT', {
      path: reached.path,
      found: `a start that took longer than ${startTimeoutMs} ms, while ${reached.step}`,
      wanted: 'a live plugin within that time',
      fix: `check what it waits for, or raise ${settingNames.startTimeoutMs}`,
    });
  }
}
