// The errors between a path and an answer: a closed code and one sentence each.
import { isError } from './foreign-error.js';
import { deniedPermission } from './permissions.js';
import type { PluginErrorCode } from './plugin-error-codes.js';

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
