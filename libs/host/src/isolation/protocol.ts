// The messages between the host and an isolated plugin. All of it is plain data: it crosses a thread or a process.
import type { LogLevel } from '../plugin-options.js';
import { onOneLine, PluginError, type PluginErrorCode, reasonOf } from '../plugin.error.js';
import type { ContractShape, LaunchRequest } from '../open/launch.js';
import type { Environment } from '../open/plugin-configuration.js';
import type { FilledManifest } from '../open/plugin-manifest.js';
import type { PluginSource } from '../open/plugin-source.js';

/**
 * Raised with every change of a message. The guest's file is read at every restart of a plugin: it may be newer than the
 * host that runs.
 */
export const PROTOCOL = 2;

/** Messages of the host. `start` comes once, `variables` answers `manifest`; then calls, and `close` at the end. */
export type ToGuest =
  | ({ readonly type: 'start'; readonly protocol: number } & GuestStart)
  | { readonly type: 'variables'; readonly variables: Environment }
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'beat' }
  | { readonly type: 'close' };

export interface GuestStart extends Omit<LaunchRequest['options'], 'logger'> {
  readonly contract: ContractShape;
  readonly source: PluginSource;
  /** Those that the guest was started with. */
  readonly permissions: readonly string[];
}

/**
 * Messages of the guest; guest-messages.ts says when each is allowed. `manifest` asks for the variables; `live` or `refused`
 * ends the start. Each call gets one reply: `answer`, `failure`, or `aborted` when its abortion came first.
 */
export type FromGuest =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly step: string }
  | { readonly type: 'manifest'; readonly manifest: SentManifest }
  | { readonly type: 'live'; readonly methods: readonly string[] }
  | { readonly type: 'refused'; readonly error: SerializedError; readonly parts: SerializedParts | undefined }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: SerializedError }
  | { readonly type: 'aborted'; readonly id: number }
  | { readonly type: 'beat' }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Record<string, unknown> | undefined;
    }
  | { readonly type: 'closed'; readonly error: SerializedError | undefined }
  | { readonly type: 'fatal'; readonly error: SerializedError };

export type MessageOf<Type extends FromGuest['type']> = Extract<FromGuest, { readonly type: Type }>;

/** The manifest without its schema, which is code and stays with the guest. */
export type SentManifest = Omit<FilledManifest, 'config'>;

/** An error, as far as it can be read on the other side. */
export interface SerializedError {
  readonly message: string;
  readonly stack: string | undefined;
}

/** What makes a PluginError again, but for the path, which the host knows. */
export interface SerializedParts {
  readonly code: PluginErrorCode;
  readonly found: string;
  readonly wanted: string;
  readonly fix: string;
}

/** Longest text of an error that crosses, in characters. */
export const MAX_ERROR_CHARS = 16_384;

export function serializeError(error: unknown): SerializedError {
  const stack =
    error instanceof Error && typeof error.stack === 'string' ? cut(error.stack, MAX_ERROR_CHARS) : undefined;
  return { message: cut(reasonOf(error), MAX_ERROR_CHARS), stack };
}

export function serializeParts(error: unknown): SerializedParts | undefined {
  if (!(error instanceof PluginError)) return undefined;
  const { code, found, wanted, fix } = error;
  return {
    code,
    found: cut(found, MAX_ERROR_CHARS),
    wanted: cut(wanted, MAX_ERROR_CHARS),
    fix: cut(fix, MAX_ERROR_CHARS),
  };
}

export function deserializeError({ message, stack }: SerializedError): Error {
  return withStack(new Error(onOneLine(message)), stack);
}

/** @returns the PluginError again when the guest sent its parts */
export function deserializeRefusal({ error, parts }: Omit<MessageOf<'refused'>, 'type'>, path: string): Error {
  if (parts === undefined) return deserializeError(error);
  const { code, ...rest } = parts;
  return withStack(new PluginError(code, { path, ...rest }), error.stack);
}

function withStack(error: Error, stack: string | undefined): Error {
  if (stack !== undefined) error.stack = stack;
  return error;
}

const CUT = '… (cut)';

/** @returns the text, at most so many characters of it; a cut text says so */
export function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - CUT.length)}${CUT}`;
}
