// The time limit of a start, the first one or a later one, and the error that says how far it came.
import { DeadlineExceeded, withDeadline } from '../calls/deadline.js';
import type { FilledPluginOptions } from '../plugin-options.js';
import { PluginError } from '../plugin.error.js';

export interface LimitedStart {
  /** Aborted when the start is given up. */
  readonly signal: AbortSignal;
  /** Told the step that begins, and where the plugin is as soon as that is known. */
  readonly onStep: (step: string, path?: string) => void;
}

/**
 * @param caller gives up before the limit
 * @throws PluginError PLUGIN_START_TIMEOUT, which names the step
 * @throws the reason of `caller`, when that was aborted
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
      found: `it not live after ${startTimeoutMs} ms, while ${reached.step}`,
      wanted: 'a live plugin by then',
      fix: `see what it waits for, or raise ${settingNames.startTimeoutMs}`,
    });
  }
}
