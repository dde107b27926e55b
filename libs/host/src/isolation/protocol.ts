// The messages between the host and an isolated plugin. All of it is plain data: it crosses a thread or a process.
import type { LogLevel } from '../plugin-options.js';
import type { NotPlain } from '../calls/not-plain.js';
import { cut, MAX_ERROR_CHARS, Rejection, type RejectionParts } from '../calls/rejection.js';
import type { PluginErrorCode } from '../plugin-error-codes.js';
import { onOneLine, PluginError } from '../plugin.error.js';
import type { ContractShapes } from '../open/contract-shape.js';
import type { LaunchRequest } from '../open/launch.js';
import type { Environment } from '../open/plugin-configuration.js';
import type { FilledManifest } from '../open/plugin-manifest.js';
import type { PluginSource } from '../open/plugin-source.js';

/**
 * Messages of one turn of the event loop cross as a list, a batch (batch.ts); each counts as if it had come alone. What must not
 * wait crosses at once.
 */
export type Sent<Message> = Message | readonly Message[];

/**
 * Raised with every change of a message. The guest's file is read at every restart of a plugin: it may be newer than the
 * host that runs.
 */
export const PROTOCOL = 4;

/** Messages of the host. `start` comes once, `variables` answers `manifest`; then calls, and `close` at the end. */
export type ToGuest =
  | ({ readonly type: 'start'; readonly protocol: number } & GuestStart)
  | { readonly type: 'variables'; readonly variables: Environment }
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'beat' }
  | { readonly type: 'close' };

export interface GuestStart extends Omit<LaunchRequest['options'], 'logger'> {
  readonly contracts: ContractShapes;
  readonly source: PluginSource;
  /** Those that the guest was started with. */
  readonly permissions: readonly string[];
}

/**
 * Messages of the guest; guest-messages.ts says when each is allowed. `manifest` asks for the variables; `live` or `refused`
 * ends the start. Each call gets one reply: `answer`, `failure`, `unsendable` when the answer is no plain data, or `aborted` when
 * its abortion came first.
 */
export type FromGuest =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly step: string }
  | { readonly type: 'manifest'; readonly manifest: SentManifest }
  | { readonly type: 'live'; readonly methods: readonly string[] }
  | { readonly type: 'refused'; readonly error: RejectionParts; readonly parts: SerializedParts | undefined }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: RejectionParts }
  | { readonly type: 'unsendable'; readonly id: number; readonly what: SentNotPlain }
  | { readonly type: 'aborted'; readonly id: number }
  | { readonly type: 'beat' }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Record<string, unknown> | undefined;
    }
  | { readonly type: 'closed'; readonly error: RejectionParts | undefined }
  | { readonly type: 'fatal'; readonly error: RejectionParts };

export type MessageOf<Type extends FromGuest['type']> = Extract<FromGuest, { readonly type: Type }>;

/** The manifest without its schema, which is code and stays with the guest. */
export type SentManifest = Omit<FilledManifest, 'config'>;

/** What makes a {@link NotPlain} again. */
export type SentNotPlain = Pick<NotPlain, 'place' | 'found' | 'fix'>;

/** What makes a PluginError again, but for the path, which the host knows. */
export interface SerializedParts {
  readonly code: PluginErrorCode;
  readonly found: string;
  readonly wanted: string;
  readonly fix: string;
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

/** @returns the PluginError again when the guest sent its parts */
export function deserializeRefusal({ error, parts }: Omit<MessageOf<'refused'>, 'type'>, path: string): Error {
  if (parts === undefined) return new Rejection({ ...error, message: onOneLine(error.message) });
  const { code, ...rest } = parts;
  const refusal = new PluginError(code, { path, ...rest });
  if (error.stack !== undefined) refusal.stack = error.stack;
  return refusal;
}
