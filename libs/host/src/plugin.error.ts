// The errors between a path and an answer: a closed code and one sentence each.
import { isError } from './foreign-error.js';
import { deniedPermission } from './permissions.js';
import type { PluginErrorCode } from './plugin-error-codes.js';

/** The parts of the message of a {@link PluginError}. */
export interface PluginErrorParts {
  /** Path of the plugin; empty if there is none. */
  readonly path: string;
  /** Found instead of `wanted`, such as `no such file`. */
  readonly found: string;
  /** Expectation of the host, such as `a JavaScript module`. */
  readonly wanted: string;
  /** Instruction for the reader of the message, such as `correct MAILER_PLUGIN`. */
  readonly fix: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * Every failure between a path and an answer. The message is one sentence: `plugin <path>: found <found>, wanted <wanted>; <fix>`.
 * Decide by `code`; docs/errors.md explains each.
 */
export class PluginError extends Error implements PluginErrorParts {
  /** Always `PluginError`. */
  override readonly name = 'PluginError';
  /** As in {@link PluginErrorParts}. */
  readonly path: string;
  /** As in {@link PluginErrorParts}. */
  readonly found: string;
  /** As in {@link PluginErrorParts}. */
  readonly wanted: string;
  /** As in {@link PluginErrorParts}. */
  readonly fix: string;

  constructor(
    /** Identifies the failure. Codes do not change. */
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

/** Whether it is a {@link PluginError} of any copy of this package. */
export function isPluginError(error: unknown): error is PluginError {
  return isError(error) && error.name === 'PluginError' && 'code' in error;
}

/** The message of an error of other code, on one line. Names the missing permission if Node denied an access. */
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
