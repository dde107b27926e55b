// What can go wrong between a path and an answer: one closed code and one sentence each.
import { isError } from './foreign-error.js';
import { deniedPermission } from './permissions.js';

/** One code for each way to fail, by the step of a plugin's life in which it happens. Codes do not change. */
export const PLUGIN_ERROR_CODES = [
  // before the first step
  'PLUGIN_OPTION_INVALID',
  'PLUGIN_RUNTIME_UNSUPPORTED',
  // locate
  'PLUGIN_PATH_INVALID',
  'PLUGIN_NOT_FOUND',
  'PLUGIN_NOT_A_FILE',
  'PLUGIN_NOT_READABLE',
  'PLUGIN_OUTSIDE_DIRECTORY',
  // read and verify
  'PLUGIN_INTEGRITY_INVALID',
  'PLUGIN_INTEGRITY_MISMATCH',
  // execute
  'PLUGIN_NOT_LOADABLE',
  'PLUGIN_NOT_ONE_FILE',
  'PLUGIN_NO_FACTORY',
  'PLUGIN_FACTORY_NOT_A_FUNCTION',
  // handshake
  'PLUGIN_MANIFEST_INVALID',
  'PLUGIN_WRONG_KIND',
  'PLUGIN_WRONG_CONTRACT_VERSION',
  'PLUGIN_VARIABLE_RESERVED',
  // configuration
  'PLUGIN_CONFIG_INVALID',
  // factory
  'PLUGIN_FACTORY_THREW',
  'PLUGIN_FACTORY_REJECTED',
  'PLUGIN_START_TIMEOUT',
  'PLUGIN_WRONG_SHAPE',
  // isolation
  'PLUGIN_SPAWN_FAILED',
  'PLUGIN_ENDED',
  'PLUGIN_BLOCKED',
  'PLUGIN_MISBEHAVED',
  'PLUGIN_DOWN',
  'PLUGIN_HOST_CHANGED',
  // swap
  'PLUGIN_NOT_USABLE',
  'PLUGIN_NOT_SWAPPABLE',
  // several plugins in one application
  'PLUGIN_NAME_TAKEN',
  // calls
  'PLUGIN_WRONG_ARGUMENTS',
  'PLUGIN_BREAKER_OPEN',
  'PLUGIN_OVERLOADED',
  'PLUGIN_CALL_FAILED',
  'PLUGIN_CALL_TIMEOUT',
  'PLUGIN_WRONG_ANSWER',
  'PLUGIN_CLOSED',
  'PLUGIN_CLOSE_FAILED',
] as const;
export type PluginErrorCode = (typeof PLUGIN_ERROR_CODES)[number];

export interface PluginErrorParts {
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
  /** The way out. */
  readonly fix: string;
  readonly cause?: unknown;
}

/** The message names the path, what was found, what was wanted and the way out, in one sentence. */
export class PluginError extends Error implements PluginErrorParts {
  override readonly name = 'PluginError';
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
  readonly fix: string;

  constructor(
    readonly code: PluginErrorCode,
    { path, found, wanted, fix, cause }: PluginErrorParts,
  ) {
    super(
      `plugin${path === '' ? '' : ` ${path}`}: found ${found}, wanted ${wanted}; ${fix}`,
      cause === undefined ? undefined : { cause },
    );
    this.path = path;
    this.found = found;
    this.wanted = wanted;
    this.fix = fix;
  }
}

/** Judges by shape, so that two copies of this library understand each other. */
export function isPluginError(error: unknown): error is PluginError {
  return isError(error) && error.name === 'PluginError' && 'code' in error;
}

/**
 * What somebody else's error says, on one line; a thrown thing that is no error says itself. An access that Node denied names
 * the permission that is missing.
 */
export function reasonOf(error: unknown): string {
  const reason = plainReasonOf(error);
  const permission = deniedPermission(error);
  return permission === undefined ? reason : `${reason} (add "${permission}" to the permissions of its manifest)`;
}

/** {@link reasonOf} without advice. */
export function plainReasonOf(error: unknown): string {
  try {
    return onOneLine(String(isError(error) ? error.message || error.name : error));
  } catch {
    return `a thrown ${typeof error} that cannot be shown`;
  }
}

export function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
