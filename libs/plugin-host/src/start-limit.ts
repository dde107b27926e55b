// The time limit of a start, the first one or a later one, and the error that says how far it came.
import { DeadlineExceeded, withDeadline } from './deadline.js';
import type { FilledPluginOptions } from './plugin-options.js';
import { PluginError } from './plugin.error.js';

export interface LimitedStart {
  /** Aborted when the start is given up. */
  readonly signal: AbortSignal;
  /** Told what goes on. */
  readonly onStep: (step: string) => void;
}

/**
 * @param caller gives up before the limit
 * @throws PluginError PLUGIN_START_TIMEOUT
 */
export async function withinStartLimit<Started>(
  path: string,
  { startTimeoutMs, settingNames }: Pick<FilledPluginOptions, 'startTimeoutMs' | 'settingNames'>,
  start: (limited: LimitedStart) => Promise<Started>,
  caller?: AbortSignal,
): Promise<Started> {
  let step = '';
  const onStep = (now: string): void => void (step = now);
  try {
    return await withDeadline(startTimeoutMs, (signal) => start({ signal, onStep }), caller);
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    throw new PluginError('PLUGIN_START_TIMEOUT', {
      path,
      found: `it not live after ${startTimeoutMs} ms, while ${step}`,
      wanted: 'a live plugin by then',
      fix: `see what it waits for, or raise ${settingNames.startTimeoutMs}`,
    });
  }
}
