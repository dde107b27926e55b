// What the host and an isolated plugin say to each other. All of it is plain data: it crosses a thread or a process.
import type { PluginLogger } from '@pluggable/plugin-contract';
import { onOneLine, PluginError, type PluginErrorCode, reasonOf } from '../plugin.error.js';
import type { ContractShape, LaunchRequest } from '../launch.js';
import type { Environment } from '../plugin-configuration.js';
import type { FilledManifest } from '../plugin-manifest.js';
import type { PluginSource } from '../plugin-source.js';

/**
 * To be raised with every change of a message. The guest's file is read at every restart of a plugin: it may be newer than the
 * host that runs.
 */
export const PROTOCOL = 1;

/** What the host says. `start` comes once, `variables` answers `manifest`; then calls, and `close` at the end. */
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

/** What the guest says. `manifest` asks for the variables; `live` or `refused` ends the start. */
export type FromGuest =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly step: string }
  | { readonly type: 'manifest'; readonly manifest: SentManifest }
  | { readonly type: 'live'; readonly methods: ReadonlySet<string>; readonly config: Readonly<Record<string, string>> }
  | { readonly type: 'refused'; readonly error: SentError }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: SentError }
  | { readonly type: 'aborted'; readonly id: number }
  | { readonly type: 'beat' }
  | {
      readonly type: 'log';
      readonly level: keyof PluginLogger;
      readonly message: string;
      readonly fields: Record<string, unknown> | undefined;
    }
  | { readonly type: 'closed'; readonly error: SentError | undefined }
  | { readonly type: 'fatal'; readonly error: SentError };

/** The manifest without its schema, which is code and stays with the guest. */
export type SentManifest = Omit<FilledManifest, 'config'>;

/** An error, as far as it can be read on the other side. */
export interface SentError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Those of a PluginError, which is made again. */
  readonly parts: (ConstructorParameters<typeof PluginError>[1] & { readonly code: PluginErrorCode }) | undefined;
}

export function toSent(error: unknown): SentError {
  const message = reasonOf(error);
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : undefined;
  if (!(error instanceof PluginError)) return { message, stack, parts: undefined };
  const { code, path, found, wanted, fix } = error;
  return { message, stack, parts: { code, path, found, wanted, fix } };
}

export function fromSent({ message, stack, parts }: SentError): Error {
  const error = parts === undefined ? new Error(onOneLine(message)) : new PluginError(parts.code, parts);
  if (stack !== undefined) error.stack = stack;
  return error;
}
