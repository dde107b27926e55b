// Opens a plugin file as a live, guarded instance of any contract.
export { untilAborted } from './calls/deadline.js';
export { guardedLogger } from './guarded-logger.js';
export { safeLogger } from './log/named-logger.js';
export type { SafeLogger } from './log/named-logger.js';
export type { Mask } from './log/secrets.js';
export { isPluginError, PluginError } from './plugin.error.js';
export type { PluginErrorParts } from './plugin.error.js';
export type { PluginErrorCode, PluginErrorCodes } from './plugin-error-codes.js';
export { DomainError } from './calls/rejection.js';
export type { RejectionParts } from './calls/rejection.js';
export { hashOf } from './open/plugin-source.js';
export { openPlugin } from './plugin-host.js';
export type { CallCounts } from './calls/call-outcomes.js';
export type { OpenPlugin, PluginState, PluginStatus, PluginStatusError } from './live-plugin.js';
export { fillOptions, ISOLATIONS } from './plugin-options.js';
export type {
  CallTimeouts,
  FilledPluginOptions,
  Isolation,
  LogLevel,
  PluginOptions,
  SettingNames,
} from './plugin-options.js';
export { PLUGIN_CHANNELS } from './telemetry/channels.js';
export type {
  CallOutcome,
  LifecycleEvent,
  PluginBreakerMessage,
  PluginCallMessage,
  PluginIdentity,
  PluginLifecycleMessage,
  TracedCall,
} from './telemetry/channels.js';
export type { LibrarySpan } from './telemetry/library-span.js';
export { PluginSlot } from './plugin-slot.js';
export type { SlotOptions, SlotStatus, StartFailure, SwapOptions } from './plugin-slot-options.js';
