// The messages between the host and a guest. All are plain data.
import type { LogLevel } from '../plugin-options.js';
import type { NotPlain } from '../calls/not-plain.js';
import { cut, MAX_ERROR_CHARS, Rejection, type RejectionParts } from '../calls/rejection.js';
import type { LibrarySpan } from '../telemetry/library-span.js';
import type { PluginErrorCode } from '../plugin-error-codes.js';
import { onOneLine, PluginError } from '../plugin.error.js';
import type { ContractShapes } from '../open/contract-shape.js';
import type { LaunchRequest } from '../open/launch.js';
import type { Environment } from '../open/plugin-configuration.js';
import type { FilledManifest } from '../open/plugin-manifest.js';
import type { PluginSource } from '../open/plugin-source.js';

/** One message, or a batch of messages of one turn of the event loop (batch.ts). */
export type Sent<Message> = Message | readonly Message[];

/** Version of the messages. Increase it with each change: a restarted guest runs the files on the disk, which may be newer. */
export const PROTOCOL = 5;

/** Messages of the host. First `start`, once; then `variables` in reply to `manifest`; then calls, and `close` at the end. */
export type ToGuest =
  | ({ readonly type: 'start'; readonly protocol: number } & GuestStart)
  | { readonly type: 'variables'; readonly variables: Environment }
  | {
      readonly type: 'call';
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
      /** Set for a traced call, whose reply has spans. */
      readonly traceparent?: string;
    }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'beat' }
  | { readonly type: 'close' };

export interface GuestStart extends Omit<LaunchRequest['options'], 'logger'> {
  readonly contracts: ContractShapes;
  readonly source: PluginSource;
  /** The permissions of the guest. */
  readonly permissions: readonly string[];
}

/**
 * Messages of the guest; guest-messages.ts defines when each is allowed. `manifest` requests the variables; `live` or `refused`
 * ends the start. Each call gets one reply: `answer`, `failure`, `unsendable` if the answer is not plain data, or `aborted` if
 * the abort came first.
 */
export type FromGuest =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly step: string }
  | { readonly type: 'manifest'; readonly manifest: SentManifest }
  | { readonly type: 'live'; readonly methods: readonly string[] }
  | { readonly type: 'refused'; readonly error: RejectionParts; readonly parts: SerializedParts | undefined }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown; readonly spans?: Spans }
  | { readonly type: 'failure'; readonly id: number; readonly error: RejectionParts; readonly spans?: Spans }
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

/** The spans of a traced call. */
type Spans = readonly LibrarySpan[] | undefined;

export type MessageOf<Type extends FromGuest['type']> = Extract<FromGuest, { readonly type: Type }>;

/** The manifest without its schema, which is code and stays with the guest. */
export type SentManifest = Omit<FilledManifest, 'config'>;

/** The parts from which the host recreates a {@link NotPlain}. */
export type SentNotPlain = Pick<NotPlain, 'place' | 'found' | 'fix'>;

/** The parts from which the host recreates a PluginError. The host adds the path. */
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
