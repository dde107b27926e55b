// What can go wrong between a path and an answer: one closed code and one sentence each.

/** One code for each way to fail, by the step of a plugin's life in which it happens. Codes do not change. */
export type PluginErrorCode =
  // locate
  | 'PLUGIN_PATH_INVALID'
  | 'PLUGIN_NOT_FOUND'
  | 'PLUGIN_NOT_A_FILE'
  | 'PLUGIN_NOT_READABLE'
  // execute
  | 'PLUGIN_NOT_LOADABLE'
  | 'PLUGIN_NO_FACTORY'
  | 'PLUGIN_FACTORY_NOT_A_FUNCTION'
  // handshake
  | 'PLUGIN_MANIFEST_INVALID'
  | 'PLUGIN_WRONG_KIND'
  | 'PLUGIN_WRONG_CONTRACT_VERSION'
  // configuration
  | 'PLUGIN_CONFIG_INVALID'
  // factory
  | 'PLUGIN_FACTORY_THREW'
  | 'PLUGIN_FACTORY_REJECTED'
  | 'PLUGIN_START_TIMEOUT'
  | 'PLUGIN_WRONG_SHAPE'
  // calls
  | 'PLUGIN_CALL_FAILED'
  | 'PLUGIN_CALL_TIMEOUT'
  | 'PLUGIN_WRONG_ANSWER'
  | 'PLUGIN_CLOSED'
  | 'PLUGIN_CLOSE_FAILED';

export interface PluginErrorParts {
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
  /** The way out. */
  readonly fix: string;
  readonly cause?: unknown;
}

/** The message names the path, what was found, what was wanted and the way out, in one sentence. */
export class PluginError extends Error {
  override readonly name = 'PluginError';

  constructor(
    readonly code: PluginErrorCode,
    { path, found, wanted, fix, cause }: PluginErrorParts,
  ) {
    super(`plugin ${path}: found ${found}, wanted ${wanted}; ${fix}`, cause === undefined ? undefined : { cause });
  }
}

/** Judges by shape, so that two copies of this library understand each other. */
export function isPluginError(error: unknown): error is PluginError {
  return error instanceof Error && error.name === 'PluginError' && 'code' in error;
}

/** What somebody else's error says, on one line; a thrown thing that is no error says itself. */
export function reasonOf(error: unknown): string {
  try {
    return onOneLine(String(error instanceof Error ? error.message || error.name : error));
  } catch {
    return `a thrown ${typeof error} that cannot be shown`;
  }
}

export function onOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
